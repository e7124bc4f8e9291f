#include <error_forcing/output_jacobian.hpp>

#include "linear_gaussian.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using namespace test;

struct Scene {
  ModelCase drawn;
  ObservedTrial<double> trial;
  Matrix<double> nu, states;
};

Scene scene(std::uint64_t seed) {
  Scene s{model_case({}, seed), {}, {}, {}};
  s.trial = trial_of(s.drawn.batch, 1);
  auto engine = random_engine(seed, 11);
  s.nu = normal_matrix(engine, 5, s.trial.steps() + 1, 0.3);
  s.states = displaced_states(s.drawn.model.network, s.trial, s.nu);
  return s;
}

TEST(OutputJacobianLaw, TheAdjointIsTheTransposeOfTheTangent) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto s = scene(seed);
    const auto& network = s.drawn.model.network;
    auto engine = random_engine(seed, 12);
    Matrix<double> direction = normal_matrix(engine, 5, s.trial.steps() + 1);
    direction.col(0).setZero();
    const auto Dv = output_tangent(network, s.trial, s.states, direction);
    const Vector<double> mu = normal_matrix(engine, Dv.size(), 1);
    const auto Dmu = output_adjoint(network, s.trial, s.states, mu);
    EXPECT_NEAR(mu.dot(Dv), Dmu.cwiseProduct(direction).sum(), 1e-12 * (1 + std::abs(mu.dot(Dv))));
  }
}

// The residual falls by D v h as the displacements move by v h.
TEST(OutputJacobianLaw, TheTangentIsTheDerivativeOfTheOutputs) {
  const auto s = scene(3);
  const auto& model = s.drawn.model;
  auto engine = random_engine(13);
  const auto v = normal_matrix(engine, 5, s.trial.steps() + 1);
  const double h = 1e-5;
  const auto residual_at = [&](double step) {
    return observed_residual(model, s.trial,
                             displaced_states<double>(model.network, s.trial, s.nu + step * v));
  };
  const Matrix<double> slope = (residual_at(-h) - residual_at(h)) / (2 * h);
  expect_close(output_tangent(model.network, s.trial, s.states, v), slope, 1e-8);
}

TEST(OutputJacobianLaw, TheGramMatrixIsThatOfTheColumns) {
  const auto s = scene(4);
  const auto& [network, noise] = s.drawn.model;
  const auto columns = output_adjoints(network, s.trial, s.states);
  const Index n = columns[1].cols();
  Matrix<double> gram = Matrix<double>::Zero(n, n);
  for (const auto& Lambda : columns) gram += Lambda.transpose() * noise.Q * Lambda;
  expect_close(output_gram(s.drawn.model, s.trial, s.states), gram);
  for (Index j = 0; j < n; ++j) {
    const auto one = output_adjoint<double>(network, s.trial, s.states, Vector<double>::Unit(n, j));
    for (Index t = 1; t <= s.trial.steps(); ++t)
      expect_close(columns[static_cast<std::size_t>(t)].col(j), one.col(t));
  }
}

TEST(OutputJacobianLaw, ADiagonalQGivesWhatTheSameFullQGives) {
  auto s = scene(5);
  s.drawn.model.noise.Q = Matrix<double>(s.drawn.model.noise.Q.diagonal().asDiagonal());
  const auto diagonal = output_gram(s.drawn.model, s.trial, s.states);
  s.drawn.model.noise.Q(0, 1) = s.drawn.model.noise.Q(1, 0) = 1e-300;
  expect_close(output_gram(s.drawn.model, s.trial, s.states), diagonal);
}

TEST(OutputJacobianHostile, ASingularRIsRefused) {
  auto s = scene(6);
  s.drawn.model.noise.R.setZero();
  expect_refusal(
      [&] {
        weighted_by_precision(s.drawn.model, s.trial,
                              observed_residual(s.drawn.model, s.trial, s.states));
      },
      "R: not positive definite");
}

}  // namespace
}  // namespace error_forcing
