#include <error_forcing/finite_difference.hpp>
#include <error_forcing/objective.hpp>
#include <error_forcing/rollout.hpp>

#include <cmath>

#include "precision.hpp"
#include "random_case.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

template <typename Scalar>
class ObjectiveIn : public ::testing::Test {};
TYPED_TEST_SUITE(ObjectiveIn, test::AllPrecisions, test::PrecisionName);

TYPED_TEST(ObjectiveIn, IsTheMaskedMeanSquareAndTheMeanSquareOfTheForcedStates) {
  using Scalar = TypeParam;
  using std::abs;
  for (Index trials : {1, 33, 70}) {
    const auto c = test::random_case<Scalar>({.outputs = 3, .trials = trials}, 61);
    const auto t = test::displaced_trajectory(c, 61);
    Scalar squares(0), observed(0), activity(0), states(0);
    for (Index trial = 0; trial < trials; ++trial)
      for (Index step = 1; step <= 6; ++step) {
        for (Index k = 0; k < 3; ++k) {
          if (c.batch.mask(trial, step, k) == 0) continue;
          const Scalar e = c.batch.targets(trial, step, k) - t.outputs(trial, step, k);
          squares += e * e;
          observed += 1;
        }
        for (Index i = 0; i < 5; ++i) {
          activity += t.states(trial, step, i) * t.states(trial, step, i);
          states += 1;
        }
      }
    const auto parts = objective(c.network, c.batch, t, {.activity = 0.25, .readout = 0});
    const auto near = [&](Scalar value, Scalar expected) {
      EXPECT_LE(abs(value - expected), test::rounding<Scalar>() * expected);
    };
    near(parts.loss, squares / observed);  // (M8)
    near(parts.activity, activity / states / 4);
    EXPECT_EQ(parts.readout, Scalar(0));
    EXPECT_EQ(parts.total(), parts.loss + parts.activity);
    const auto weighted = objective(c.network, c.batch, t, {.activity = 0, .readout = 0.5});
    EXPECT_EQ(weighted.readout, readout_penalty(c.network.parameters.C) / 2);
    EXPECT_EQ(weighted.activity, Scalar(0));
  }
}

TEST(Penalties, AreThePapersByDefault) {
  EXPECT_EQ(Penalties{}.activity, 1e-5);
  EXPECT_EQ(Penalties{}.readout, 1e-6);
}

TYPED_TEST(ObjectiveIn, KnownPenaltiesOfTheReadout) {
  using Scalar = TypeParam;
  using std::abs;
  Matrix<Scalar> one(1, 2), several = Matrix<Scalar>::Zero(2, 3);
  one << Scalar(3), Scalar(-4);
  EXPECT_LE(abs(readout_penalty(one) - 16), 16 * test::rounding<Scalar>());
  several(0, 2) = Scalar(-6);
  several(1, 0) = Scalar(2);
  EXPECT_LE(abs(readout_penalty(several) - 4), 4 * test::rounding<Scalar>());
  EXPECT_EQ(readout_penalty(Matrix<Scalar>(Matrix<Scalar>::Zero(1, 3))), Scalar(1));
}

template <typename Scalar>
class ReadoutPenaltyIn : public ::testing::Test {};
TYPED_TEST_SUITE(ReadoutPenaltyIn, test::DoubleAndQuad, test::PrecisionName);

TYPED_TEST(ReadoutPenaltyIn, GradientAddsTheWeightedDerivative) {
  using Scalar = TypeParam;
  for (Index outputs : {1, 2, 4}) {
    const auto C = test::random_case<Scalar>({.outputs = outputs}, 62).network.parameters.C;
    Matrix<Scalar> gradient = Matrix<Scalar>::Constant(outputs, 5, Scalar(2));
    add_readout_penalty_gradient(C, Scalar(3), gradient);
    const Matrix<Scalar> claimed = (gradient.array() - 2) / 3;
    const auto penalty = [](const Matrix<Scalar>& moved) { return readout_penalty(moved); };
    const Scalar tolerance(std::is_same_v<Scalar, quad> ? 1e-27 : 1e-10);
    const auto verdict = compare(claimed, finite_difference(penalty, C), tolerance);
    EXPECT_TRUE(verdict.agrees()) << outputs << " outputs: " << describe(verdict);
  }
}

TYPED_TEST(ReadoutPenaltyIn, OfASilentOutputHasNoDirection) {
  using Scalar = TypeParam;
  Matrix<Scalar> gradient = Matrix<Scalar>::Zero(1, 3);
  add_readout_penalty_gradient(Matrix<Scalar>(Matrix<Scalar>::Zero(1, 3)), Scalar(1), gradient);
  EXPECT_EQ(gradient.cwiseAbs().maxCoeff(), Scalar(0));
}

TYPED_TEST(ReadoutPenaltyIn, RefusesParallelOutputs) {
  using Scalar = TypeParam;
  const Matrix<Scalar> parallel = Matrix<Scalar>::Ones(2, 3);
  const Matrix<Scalar> too_many = Matrix<Scalar>::Identity(3, 2);
  Matrix<Scalar> gradient = Matrix<Scalar>::Zero(2, 3);
  test::expect_refusal([&] { readout_penalty(parallel); }, "singular value of 0");
  test::expect_refusal([&] { readout_penalty(too_many); }, "singular value of 0");
  test::expect_refusal([&] { add_readout_penalty_gradient(parallel, Scalar(1), gradient); },
                       "singular value of 0");
}

}  // namespace
}  // namespace error_forcing
