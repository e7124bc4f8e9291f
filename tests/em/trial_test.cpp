#include <error_forcing/trial.hpp>

#include "linear_gaussian.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using namespace test;

TEST(Trial, HoldsWhatTheBatchHoldsByColumns) {
  const auto [network, batch] = random_case<double>({}, 2);
  const auto trial = trial_of(batch, 1);
  EXPECT_EQ(trial.steps(), batch.layout().steps);
  for (Index t = 1; t <= trial.steps(); ++t) {
    EXPECT_EQ(trial.observed[static_cast<std::size_t>(t)], observed_at(batch, 1, t));
    for (Index i = 0; i < network.inputs(); ++i)
      EXPECT_EQ(trial.inputs(i, t), batch.inputs(1, t, i));
  }
}

TEST(TrialLaw, DisplacedStatesAreThoseOfTheEngine) {
  for (const auto activation : {Activation::tanh, Activation::softplus, Activation::relu}) {
    const auto drawn = random_case<double>({.activation = activation}, 4);
    const auto trajectory = displaced_trajectory(drawn, 4);
    for (Index k = 0; k < drawn.batch.layout().trials; ++k) {
      const auto trial = trial_of(drawn.batch, k);
      const auto nu = columns_of(trajectory.displacements, k);
      const auto states = displaced_states(drawn.network, trial, nu);
      expect_close(states, columns_of(trajectory.states, k));
      expect_close(displacements_of(drawn.network, trial, states), nu);
    }
  }
}

TEST(TrialLaw, TheJacobianIsTheDerivativeOfTheTransition) {
  const auto [network, batch] = random_case<double>({}, 6);
  auto engine = random_engine(6);
  const Vector<double> h = normal_matrix(engine, network.units(), 1);
  const Vector<double> x = normal_matrix(engine, network.inputs(), 1);
  const auto J = transition_jacobian(network, h);
  const double step = 1e-5;
  for (Index j = 0; j < network.units(); ++j) {
    const Vector<double> e = Vector<double>::Unit(network.units(), j) * step;
    const Matrix<double> slope =
        (transition<double>(network, h + e, x) - transition<double>(network, h - e, x)) /
        (2 * step);
    expect_close(J.col(j), slope, 1e-9);
  }
  const auto V = normal_matrix(engine, network.units(), 3);
  expect_close(push_forward<double>(network, h, V), J * V);
  expect_close(pull_back<double>(network, h, V), J.transpose() * V);
}

TEST(TrialKnownAnswer, NormalDensityInTwoDimensions) {
  Matrix<double> S(2, 2);
  S << 2, 1, 1, 2;  // determinant 3, inverse (2 -1; -1 2)/3
  const Vector<double> x = Vector<double>::Ones(2);
  EXPECT_NEAR(log_normal<double>(x, S),
              -0.5 * (2.0 / 3 + std::log(3.0)) - std::log(2 * std::acos(-1.0)), 1e-14);
}

TEST(TrialHostile, DivergenceNamesTheStepAndASingularCovarianceIsRefused) {
  auto [network, batch] = random_case<double>({.activation = Activation::identity}, 7);
  network.parameters.W *= 1e200;
  const auto trial = trial_of(batch, 0);
  const Matrix<double> none = Matrix<double>::Zero(network.units(), trial.steps() + 1);
  try {
    displaced_states(network, trial, none);
    FAIL() << "did not diverge";
  } catch (const Divergence& divergence) {
    EXPECT_GE(divergence.step, 1);
  }
  expect_refusal([] { log_normal<double>(Vector<double>::Ones(1), Matrix<double>::Zero(1, 1)); },
                 "not positive definite");
}

}  // namespace
}  // namespace error_forcing
