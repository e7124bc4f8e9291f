#include <error_forcing/objective_gradient.hpp>
#include <error_forcing/statistics.hpp>
#include <error_forcing/truncated_adjoint.hpp>

#include "precision.hpp"
#include "random_case.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

template <typename Scalar>
class TruncatedAdjointIn : public ::testing::Test {};
TYPED_TEST_SUITE(TruncatedAdjointIn, test::DoubleAndQuad, test::PrecisionName);

constexpr test::CaseOptions two_tiles{.trials = 35};
constexpr Penalties visible_penalties{0.3, 0.2};

template <typename Scalar>
Parameters<Scalar> truncated(KeptJacobian kept, const test::RandomCase<Scalar>& c) {
  auto t = test::displaced_trajectory(c, 71);
  auto gradient = zero_like(c.network.parameters);
  truncated_gradient<Scalar>(kept, c.network, c.batch, visible_penalties,
                             symmetric_feedback(c.network), t, gradient);
  return gradient;
}

template <typename Scalar>
Parameters<Scalar> back_propagated(const test::RandomCase<Scalar>& c) {
  auto t = test::displaced_trajectory(c, 71);
  auto gradient = zero_like(c.network.parameters);
  objective_gradient_held(c.network, c.batch, visible_penalties, t, gradient);
  return gradient;
}

// W = 0 for RFLO, W diagonal for SnAp-1.
TYPED_TEST(TruncatedAdjointIn, IsExactWhereNothingIsDropped) {
  using Scalar = TypeParam;
  for (Activation activation : {Activation::tanh, Activation::softplus, Activation::identity}) {
    auto options = two_tiles;
    options.activation = activation;
    auto c = test::random_case<Scalar>(options, 72);
    auto& W = c.network.parameters.W;
    W = Matrix<Scalar>(W.diagonal().asDiagonal());
    EXPECT_LE(relative_distance(truncated(KeptJacobian::diagonal, c), back_propagated(c)),
              test::rounding<Scalar>());
    EXPECT_GT(relative_distance(truncated(KeptJacobian::leak, c), back_propagated(c)),
              Scalar(0.01));
    W.setZero();
    EXPECT_LE(relative_distance(truncated(KeptJacobian::leak, c), back_propagated(c)),
              test::rounding<Scalar>());
  }
}

TYPED_TEST(TruncatedAdjointIn, DiffersElsewhereButInTheReadout) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>(two_tiles, 73);
  const auto exact = back_propagated(c), rflo = truncated(KeptJacobian::leak, c),
             snap1 = truncated(KeptJacobian::diagonal, c);
  EXPECT_GT(relative_distance(rflo, exact), Scalar(0.01));
  EXPECT_GT(relative_distance(snap1, exact), Scalar(0.01));
  EXPECT_GT(relative_distance(snap1, rflo), Scalar(0.01));
  for (const auto& found : {rflo, snap1}) {
    EXPECT_LE((found.C - exact.C).cwiseAbs().maxCoeff(), test::rounding<Scalar>());
    EXPECT_LE((found.d - exact.d).cwiseAbs().maxCoeff(), test::rounding<Scalar>());
  }
}

// At the last step nothing has been dropped yet: T = 1 is exact whatever W.
TYPED_TEST(TruncatedAdjointIn, IsExactForOneStep) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({.steps = 1}, 74);
  for (KeptJacobian kept : {KeptJacobian::leak, KeptJacobian::diagonal})
    EXPECT_LE(relative_distance(truncated(kept, c), back_propagated(c)), test::rounding<Scalar>());
}

// With B = C' the random matrix is the readout; another B moves W, U, b and nothing of the readout.
TYPED_TEST(TruncatedAdjointIn, IsLinearInTheFeedback) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>(two_tiles, 75);
  auto t = test::displaced_trajectory(c, 75);
  const auto by = [&](const Matrix<Scalar>& B) {
    auto gradient = zero_like(c.network.parameters);
    truncated_gradient(KeptJacobian::diagonal, c.network, c.batch, no_penalties, B, t, gradient);
    return gradient;
  };
  const auto B = random_feedback<Scalar>(5, 2, 1), D = random_feedback<Scalar>(5, 2, 2);
  auto sum = by(B);
  const auto of_D = by(D), of_both = by(Matrix<Scalar>(B + D));
  EXPECT_LE((sum.W + of_D.W - of_both.W).cwiseAbs().maxCoeff(), test::rounding<Scalar>());
  EXPECT_GT((sum.W - of_D.W).cwiseAbs().maxCoeff(), Scalar(0.001));
  EXPECT_TRUE(sum.C == of_D.C);
  EXPECT_TRUE(sum.d == of_D.d);
}

TEST(TruncatedAdjoint, RefusesAWorkspaceOfAnotherShape) {
  const auto c = test::random_case({}, 76);
  Trajectory<double> other(c.batch.layout(), 4, 2);
  auto gradient = zero_like(c.network.parameters);
  test::expect_refusal(
      [&] {
        truncated_gradient<double>(KeptJacobian::leak, c.network, c.batch, no_penalties,
                                   symmetric_feedback(c.network), other, gradient);
      },
      "4");
}

}  // namespace
}  // namespace error_forcing
