#include <error_forcing/objective_gradient.hpp>
#include <error_forcing/rtrl.hpp>
#include <error_forcing/statistics.hpp>
#include <error_forcing/truncated_adjoint.hpp>

#include "precision.hpp"
#include "random_case.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

template <typename Scalar>
class RtrlIn : public ::testing::Test {};
TYPED_TEST_SUITE(RtrlIn, test::DoubleAndQuad, test::PrecisionName);

template <typename Scalar>
Parameters<Scalar> forward(const test::RandomCase<Scalar>& c, const Penalties& penalties,
                           const Matrix<Scalar>& B) {
  auto t = test::displaced_trajectory(c, 91);
  Sensitivity<Scalar> sensitivity(c.network.units(), c.network.inputs());
  auto gradient = zero_like(c.network.parameters);
  rtrl_gradient(c.network, c.batch, penalties, B, t, sensitivity, gradient);
  return gradient;
}

// (S7), every block, both penalties, every activation, two tiles.
TYPED_TEST(RtrlIn, EqualsBackPropagation) {
  using Scalar = TypeParam;
  for (Activation activation : {Activation::identity, Activation::tanh, Activation::relu,
                                Activation::softplus, Activation::logistic})
    for (double leak : {0.3, 1.0}) {
      const auto c = test::random_case<Scalar>(
          {.trials = 35, .steps = 12, .leak = leak, .activation = activation}, 91);
      auto t = test::displaced_trajectory(c, 91);
      auto want = zero_like(c.network.parameters);
      objective_gradient_held(c.network, c.batch, {0.3, 0.2}, t, want);
      EXPECT_LE(relative_distance(forward(c, {0.3, 0.2}, symmetric_feedback(c.network)), want),
                test::rounding<Scalar>())
          << to_string(activation) << " " << leak;
    }
}

// Where W is diagonal, SnAp-1 drops nothing: the feedback is random in both.
TYPED_TEST(RtrlIn, EqualsSnap1WhereTheJacobianIsDiagonal) {
  using Scalar = TypeParam;
  auto c = test::random_case<Scalar>({.trials = 35}, 91);
  auto& W = c.network.parameters.W;
  W = Matrix<Scalar>(W.diagonal().asDiagonal());
  auto t = test::displaced_trajectory(c, 91);
  const auto B = random_feedback<Scalar>(5, 2, 1);
  auto want = zero_like(c.network.parameters);
  truncated_gradient(KeptJacobian::diagonal, c.network, c.batch, no_penalties, B, t, want);
  EXPECT_LE(relative_distance(forward(c, no_penalties, B), want), test::rounding<Scalar>());
}

TEST(Rtrl, RefusesLargeNetworksAndMemoryOfAnother) {
  test::expect_refusal([] { Sensitivity<double>(201, 3); }, "rtrl: 201 units need");
  const auto c = test::random_case({}, 92);
  auto t = test::displaced_trajectory(c, 92);
  Sensitivity<double> other(5, 1);
  auto gradient = zero_like(c.network.parameters);
  test::expect_refusal(
      [&] {
        rtrl_gradient(c.network, c.batch, no_penalties, symmetric_feedback(c.network), t, other,
                      gradient);
      },
      "sensitivity: want 5 units and 2 inputs, got 5 and 1");
}

}  // namespace
}  // namespace error_forcing
