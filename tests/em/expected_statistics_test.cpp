#include <error_forcing/expected_statistics.hpp>
#include <error_forcing/local.hpp>

#include "linear_gaussian.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using namespace test;

void expect_same(const ExpectedStatistics<double>& a, const ExpectedStatistics<double>& b) {
  expect_close(a.transition.features, b.transition.features);
  expect_close(a.transition.cross, b.transition.cross);
  expect_close(a.transition.residuals, b.transition.residuals);
  EXPECT_EQ(a.transition.count, b.transition.count);
  ASSERT_EQ(a.readout.size(), b.readout.size());
  for (const auto& [o, sums] : a.readout) {
    expect_close(sums.features, b.readout.at(o).features);
    expect_close(sums.cross, b.readout.at(o).cross);
    expect_close(sums.residuals, b.readout.at(o).residuals);
    EXPECT_EQ(sums.count, b.readout.at(o).count);
  }
}

TEST(ExpectedStatisticsLaw, EqualPathsOfAnyWeightsAreOnePath) {
  const auto [model, batch] = model_case({}, 1);
  const auto trial = trial_of(batch, 0);
  auto engine = random_engine(1);
  const auto states = displaced_states<double>(model.network, trial,
                                               normal_matrix(engine, 5, trial.steps() + 1, 0.3));
  auto one = empty_statistics(model.network), three = one;
  const auto path = point_path(states);
  add_paths(model.network, trial, path, one);
  WeightedPaths<double> copies{{}, Vector<double>(3)};
  copies.weights << 0.2, 0.5, 0.3;
  for (const auto& h : path.states) copies.states.push_back(h.replicate(1, 3));
  add_paths(model.network, trial, copies, three);
  expect_same(three, one);
}

TEST(ExpectedStatisticsLaw, AGaussianWithoutSpreadIsItsMean) {
  const auto [model, batch] = model_case(linear_case, 2);
  const auto trial = trial_of(batch, 0);
  auto posterior = adjoint_smoother(kalman_filter(model, trial)).states;
  for (auto* covariances : {&posterior.covariance, &posterior.lag_one})
    for (auto& V : *covariances) V.setZero();
  auto moments = empty_statistics(model.network), mean = moments;
  add_posterior(model.network, trial, posterior, moments);
  add_paths(model.network, trial, point_path(posterior.mean), mean);
  expect_same(moments, mean);
}

// Two paths at mean +- s: their statistics are those of the Gaussian with covariance s s'.
TEST(ExpectedStatisticsLaw, TwoSymmetricPathsHaveTheMomentsOfTheirCovariance) {
  const auto [model, batch] = model_case(linear_case, 3);
  const auto trial = trial_of(batch, 1);
  auto engine = random_engine(4);
  const auto mean = normal_matrix(engine, 3, trial.steps() + 1);
  Matrix<double> s = normal_matrix(engine, 3, trial.steps() + 1);
  s.col(0).setZero();
  GaussianPosterior<double> posterior{mean, {}, {}};
  WeightedPaths<double> paths{{}, Vector<double>::Constant(2, 0.5)};
  for (Index t = 0; t < mean.cols(); ++t) {
    posterior.covariance.push_back(s.col(t) * s.col(t).transpose());
    const Vector<double> last = s.col(std::max<Index>(t - 1, 0));  // s_0 = 0
    posterior.lag_one.push_back(s.col(t) * last.transpose());
    Matrix<double> pair(3, 2);
    pair << mean.col(t) + s.col(t), mean.col(t) - s.col(t);
    paths.states.push_back(pair);
  }
  auto from_moments = empty_statistics(model.network), from_paths = from_moments;
  add_posterior(model.network, trial, posterior, from_moments);
  add_paths(model.network, trial, paths, from_paths);
  expect_same(from_moments, from_paths);
}

// (S4) of the engine, on the trajectory it was given.
TEST(CentredGradient, IsTheLocalMStepOfTheEngine) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto [model, batch] = model_case({.outputs = 3}, seed);
    auto trajectory = displaced_trajectory<double>({model.network, batch}, seed);
    const auto want =
        ascent_direction(Local<double>{model.noise}, model.network, batch, trajectory);
    auto statistics = empty_statistics(model.network);
    for (Index k = 0; k < batch.layout().trials; ++k)
      add_paths(model.network, trial_of(batch, k), point_path(columns_of(trajectory.states, k)),
                statistics);
    expect_close(centred_gradient(model, statistics), want);
  }
}

TEST(ExpectedStatisticsHostile, MomentsOfANonlinearModelAndASingularQAreRefused) {
  auto [model, batch] = model_case(linear_case, 1);
  const auto trial = trial_of(batch, 0);
  const auto posterior = adjoint_smoother(kalman_filter(model, trial)).states;
  auto statistics = empty_statistics(model.network);
  add_posterior(model.network, trial, posterior, statistics);
  model.noise.Q.setZero();
  expect_refusal([&, &model = model] { centred_gradient(model, statistics); },
                 "Q: not positive definite");
  model.network.activation = Activation::tanh;
  expect_refusal(
      [&, &model = model] { add_posterior(model.network, trial, posterior, statistics); },
      "only for phi = identity, got tanh");
}

}  // namespace
}  // namespace error_forcing
