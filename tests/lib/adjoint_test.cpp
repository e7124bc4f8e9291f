#include <error_forcing/adjoint.hpp>
#include <error_forcing/finite_difference.hpp>
#include <error_forcing/rollout.hpp>
#include <error_forcing/statistics.hpp>

#include "precision.hpp"
#include "random_case.hpp"

namespace error_forcing {
namespace {

using test::CaseOptions;

template <typename Scalar>
class AdjointIn : public ::testing::Test {};
TYPED_TEST_SUITE(AdjointIn, test::DoubleAndQuad, test::PrecisionName);

template <typename Scalar>
Matrix<Scalar> random_matrix(Index rows, Index cols, std::uint64_t stream) {
  auto engine = random_engine(5, stream);
  return normal_matrix(engine, rows, cols).template cast<Scalar>();
}

std::vector<Activation> smooth_activations() {
  return {Activation::identity, Activation::tanh, Activation::softplus, Activation::logistic};
}

constexpr Index step = 2;

// <weights, u_step> as a function of h_{step-1} and of the network, by one forward step.
template <typename Scalar>
Scalar weighted_prediction(const Network<Scalar>& network, const Batch<Scalar>& batch,
                           const Matrix<Scalar>& h, const Matrix<Scalar>& weights) {
  auto t = make_trajectory(network, batch);
  t.states.at(0, step - 1) = h;
  predict(network, batch, 0, step, t);
  return weights.cwiseProduct(t.states_before.at(0, step)).sum();
}

TYPED_TEST(AdjointIn, OfTheDynamicsIsTheTransposedDerivativeOfOneStep) {
  using Scalar = TypeParam;
  for (Activation activation : smooth_activations()) {
    const auto c = test::random_case<Scalar>({.activation = activation}, 51);
    auto t = test::displaced_trajectory(c, 51);
    const Matrix<Scalar> h = t.states.at(0, step - 1), lambda = random_matrix<Scalar>(5, 3, 1);
    t.adjoint = lambda;
    auto gradient = zero_like(c.network.parameters);
    add_recurrent_gradient(c.network, c.batch, 0, step, t, gradient);
    back_through_dynamics(c.network, 0, step, t);

    const auto of_state = [&](const Matrix<Scalar>& moved) {
      return weighted_prediction(c.network, c.batch, moved, lambda);
    };
    const auto of_weights = [&](const Parameters<Scalar>& moved) {
      auto network = c.network;
      network.parameters = moved;
      return weighted_prediction(network, c.batch, h, lambda);
    };
    const auto in_state = compare(t.adjoint, finite_difference(of_state, h), Scalar(0));
    EXPECT_TRUE(in_state.agrees()) << to_string(activation) << ": " << describe(in_state);
    const auto in_weights =
        compare(gradient, finite_difference(of_weights, c.network.parameters), Scalar(0));
    EXPECT_TRUE(in_weights.agrees()) << to_string(activation) << ": " << describe(in_weights);
  }
}

// (M7) formed as a matrix, for tanh.
TYPED_TEST(AdjointIn, OfTheDynamicsIsTheTransposedJacobian) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({}, 52);
  auto t = test::displaced_trajectory(c, 52);
  const Scalar a = c.network.leak;
  const Matrix<Scalar> lambda = random_matrix<Scalar>(5, 3, 2);
  t.adjoint = lambda;
  back_through_dynamics(c.network, 0, step, t);
  for (Index trial = 0; trial < 3; ++trial) {
    Matrix<Scalar> J = (1 - a) * Matrix<Scalar>::Identity(5, 5);
    for (Index j = 0; j < 5; ++j) {
      using std::cosh;
      const Scalar C = cosh(t.states(trial, step - 1, j));
      J.col(j) += a / (C * C) * c.network.parameters.W.col(j);
    }
    const Matrix<Scalar> expected = J.transpose() * lambda.col(trial);
    EXPECT_LE(relative_distance(Matrix<Scalar>(t.adjoint.col(trial)), expected),
              test::rounding<Scalar>());
  }
}

TYPED_TEST(AdjointIn, OfTheReadoutIsTheDerivativeOfItsOutputs) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({}, 53);
  auto t = test::displaced_trajectory(c, 53);
  const Matrix<Scalar> u = t.states_before.at(0, step), dL_dy = random_matrix<Scalar>(2, 3, 3);
  const auto weighted_outputs = [&](const Parameters<Scalar>& p, const Matrix<Scalar>& state) {
    return Scalar(dL_dy.cwiseProduct(Matrix<Scalar>((p.C * state).colwise() + p.d)).sum());
  };
  const auto of_state = [&](const Matrix<Scalar>& moved) {
    return weighted_outputs(c.network.parameters, moved);
  };
  const auto of_weights = [&](const Parameters<Scalar>& moved) {
    return weighted_outputs(moved, u);
  };
  t.adjoint.setZero();
  t.output_adjoint = dL_dy;
  auto gradient = zero_like(c.network.parameters);
  add_readout_gradient(std::as_const(t.states_before).at(0, step), t, gradient);
  back_through_readout(c.network, 3, t);
  const auto in_state = compare(t.adjoint, finite_difference(of_state, u), Scalar(0));
  EXPECT_TRUE(in_state.agrees()) << describe(in_state);
  const auto in_weights =
      compare(gradient, finite_difference(of_weights, c.network.parameters), Scalar(0));
  EXPECT_TRUE(in_weights.agrees()) << describe(in_weights);
}

TYPED_TEST(AdjointIn, AddsToTheGradientAndTheReadoutAddsToTheAdjoint) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({}, 54);
  auto t = test::displaced_trajectory(c, 54);
  auto once = zero_like(c.network.parameters), twice = once;
  const auto run = [&](Parameters<Scalar>& gradient) {
    t.adjoint.setOnes();
    t.output_adjoint.setOnes();
    add_readout_gradient(std::as_const(t.states_before).at(0, step), t, gradient);
    back_through_readout(c.network, 3, t);
    EXPECT_EQ(t.adjoint(0, 0), 1 + c.network.parameters.C.col(0).sum());
    add_recurrent_gradient(c.network, c.batch, 0, step, t, gradient);
  };
  run(once);
  run(twice);
  run(twice);
  add_scaled(once, Scalar(1), Parameters<Scalar>(once));
  EXPECT_LE(relative_distance(twice, once), test::rounding<Scalar>());
}

TYPED_TEST(AdjointIn, WalksBackThroughEveryTileFromTheLastStepWithANewAdjoint) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({.trials = 33, .steps = 3}, 55);
  auto t = test::displaced_trajectory(c, 55);
  auto gradient = zero_like(c.network.parameters);
  std::vector<std::pair<Index, Index>> visited;
  const auto at_step = [&](Index tile, Index at) {
    if (at == 3) {
      EXPECT_EQ(t.adjoint.cwiseAbs().maxCoeff(), Scalar(0));
    }
    t.adjoint.setOnes();
    visited.emplace_back(tile, at);
  };
  backpropagate(c.network, c.batch, at_step, t, gradient);
  EXPECT_EQ(visited,
            (std::vector<std::pair<Index, Index>>{{0, 3}, {0, 2}, {0, 1}, {1, 3}, {1, 2}, {1, 1}}));
  // dL/db = a sum lambda with lambda = 1 on the 33 lanes in use
  using std::abs;
  EXPECT_LE(abs(gradient.b(0) - c.network.leak * 33 * 3), 100 * test::rounding<Scalar>());
}

}  // namespace
}  // namespace error_forcing
