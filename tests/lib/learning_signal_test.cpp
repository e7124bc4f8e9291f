#include <error_forcing/learning_signal.hpp>
#include <error_forcing/statistics.hpp>

#include "precision.hpp"
#include "random_case.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

template <typename Scalar>
class LearningSignalIn : public ::testing::Test {};
TYPED_TEST_SUITE(LearningSignalIn, test::DoubleAndQuad, test::PrecisionName);

// Entry by entry, on top of what the adjoint held before.
TYPED_TEST(LearningSignalIn, IsItsFormula) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({.trials = 35}, 61);
  auto t = test::displaced_trajectory(c, 61);
  const auto B = random_feedback<Scalar>(5, 2, 3);
  const auto signal = learning_signal(c.network, c.batch, {.activity = 0.5}, B);
  const Scalar entries(35 * 6 * 5), observed(observed_entries(c.batch));
  for (Index trial : {0, 34}) {
    t.adjoint.setConstant(Scalar(7));
    add_learning_signal(signal, trial / 32, 4, t);
    for (Index i = 0; i < 5; ++i) {
      Scalar want = 7 + 2 * Scalar(0.5) / entries * t.states(trial, 4, i);
      for (Index k = 0; k < 2; ++k) want -= 2 * B(i, k) * t.errors(trial, 4, k) / observed;
      EXPECT_LE(abs(t.adjoint(i, trial % 32) - want), 8 * test::rounding<Scalar>());
    }
    for (Index k = 0; k < 2; ++k)
      EXPECT_LE(abs(t.output_adjoint(k, trial % 32) + 2 * t.errors(trial, 4, k) / observed),
                test::rounding<Scalar>());
  }
}

TEST(RandomFeedback, IsDrawnBySeedWithColumnsOfLengthNearOne) {
  const auto B = random_feedback<double>(400, 3, 1);
  EXPECT_TRUE(B == random_feedback<double>(400, 3, 1));
  EXPECT_FALSE(B == random_feedback<double>(400, 3, 2));
  for (Index k = 0; k < 3; ++k) EXPECT_NEAR(B.col(k).norm(), 1, 0.15);
}

TEST(RandomFeedback, SharesNothingWithTheNetworkOfItsSeed) {
  const auto W = random_network({.units = 400}, 1).parameters.W;
  const auto B = random_feedback<double>(400, 1, 1);
  const double cosine = B.col(0).dot(W.row(0).transpose()) / (B.norm() * W.row(0).norm());
  EXPECT_LT(std::abs(cosine), 0.2);
}

TEST(SymmetricFeedback, IsTheTransposedReadout) {
  const auto c = test::random_case({}, 62);
  EXPECT_TRUE(symmetric_feedback(c.network) == c.network.parameters.C.transpose());
}

TEST(LearningSignal, RefusesFeedbackOfAnotherShape) {
  const auto c = test::random_case({}, 63);
  const Matrix<double> B = Matrix<double>::Zero(2, 5);
  test::expect_refusal([&] { learning_signal(c.network, c.batch, no_penalties, B); },
                       "feedback: want 5 units x 2 outputs, got 2 x 5");
}

}  // namespace
}  // namespace error_forcing
