#include <error_forcing/posterior_sampling.hpp>

#include "linear_gaussian.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using namespace test;

// Five standard errors of every mean and second moment, the lag-one moments too.
TEST(PosteriorSamplingLaw, MomentsAreThoseOfTheDensePosterior) {
  const auto [model, batch] = model_case(linear_case, 1);
  const auto trial = trial_of(batch, 1);
  const auto want = dense_posterior(model, trial);
  auto engine = random_engine(1, 63);
  constexpr Index K = 4000;
  const auto samples = posterior_samples(model, trial, K, engine);
  for (std::size_t t = 1; t < samples.states.size(); ++t) {
    const auto column = static_cast<Index>(t);
    const Vector<double> mean = samples.states[t] * samples.weights;
    const Matrix<double> gap = samples.states[t].colwise() - want.mean.col(column).eval();
    const Matrix<double> last = samples.states[t - 1].colwise() - want.mean.col(column - 1).eval();
    const auto& V = want.covariance[t];
    const auto& V_last = want.covariance[t - 1];
    for (Index i = 0; i < V.rows(); ++i) {
      EXPECT_NEAR(mean(i), want.mean(i, column), 5 * std::sqrt(V(i, i) / K));
      for (Index j = 0; j < V.rows(); ++j) {
        const double spread = std::sqrt((V(i, i) * V(j, j) + V(i, j) * V(i, j)) / K);
        EXPECT_NEAR(gap.row(i).dot(gap.row(j)) / K, V(i, j), 5 * spread);
        const double lag = want.lag_one[t](i, j);
        const double lag_spread = std::sqrt((V(i, i) * V_last(j, j) + lag * lag) / K);
        EXPECT_NEAR(gap.row(i).dot(last.row(j)) / K, lag, 5 * lag_spread + 1e-12);
      }
    }
  }
}

TEST(PosteriorSamplingLaw, WithoutOutputNoiseEverySampleMakesTheTargets) {
  auto [model, batch] = model_case(linear_case, 2);
  model.noise.R *= 1e-16;
  const auto trial = trial_of(batch, 0);
  auto engine = random_engine(2, 63);
  const auto samples = posterior_samples(model, trial, 3, engine);
  for (Index t = 1; t <= trial.steps(); ++t) {
    const auto seen = observation_at(model, trial, t);
    if (seen.empty()) continue;
    const Matrix<double> outputs =
        (seen.C * samples.states[static_cast<std::size_t>(t)]).colwise() + seen.d;
    EXPECT_LT((outputs.colwise() - seen.target).cwiseAbs().maxCoeff(), 1e-6) << t;
  }
}

TEST(PosteriorSamplingLaw, WhereNothingIsSeenTheyAreDrawsOfThePrior) {
  auto [model, batch] = model_case(linear_case, 3);
  batch.mask.fill(0);
  const auto trial = trial_of(batch, 0);
  auto engine = random_engine(3, 63);
  auto again = engine;
  const auto samples = posterior_samples(model, trial, 1, engine);
  Matrix<double> nu =
      noise_factor(model.noise.Q) * normal_matrix(again, model.network.units(), trial.steps() + 1);
  nu.col(0).setZero();
  const auto prior = displaced_states(model.network, trial, nu);
  for (Index t = 0; t <= trial.steps(); ++t)
    expect_close(samples.states[static_cast<std::size_t>(t)], Matrix<double>(prior.col(t)));
}

TEST(PosteriorSamplingHostile, WhatItCannotDoIsRefused) {
  const auto [nonlinear, batch] = model_case({}, 4);
  auto engine = random_engine(4);
  expect_refusal([&, &model = nonlinear,
                  &batch = batch] { posterior_samples(model, trial_of(batch, 0), 1, engine); },
                 "only for phi = identity, got tanh");
  auto [linear, data] = model_case(linear_case, 4);
  const auto trial = trial_of(data, 0);
  expect_refusal([&, &model = linear] { posterior_samples(model, trial, 0, engine); },
                 "at least one");
  linear.noise.R.setZero();
  linear.noise.Q.setZero();
  expect_refusal([&, &model = linear] { posterior_samples(model, trial, 1, engine); },
                 "raise sigma_y");
}

}  // namespace
}  // namespace error_forcing
