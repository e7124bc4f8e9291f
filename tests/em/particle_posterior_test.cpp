#include <error_forcing/particle_posterior.hpp>

#include "linear_gaussian.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using namespace test;

TEST(ParticlePosteriorLaw, ManyParticlesAreTheExactPosterior) {
  const auto [model, batch] = model_case(linear_case, 2);
  const auto trial = trial_of(batch, 0);
  const auto want = dense_posterior(model, trial);
  auto engine = random_engine(3);
  const auto run = particle_run({.particles = 40000}, model, trial, engine);
  EXPECT_NEAR(run.log_evidence, want.log_evidence, 0.05);
  for (Index t = 0; t <= trial.steps(); ++t) {
    const auto s = static_cast<std::size_t>(t);
    const Vector<double> mean = run.paths.states[s] * run.paths.weights;
    const Matrix<double> gap = run.paths.states[s].colwise() - mean;
    expect_close(mean, want.mean.col(t), 0.05);
    expect_close(gap * run.paths.weights.asDiagonal() * gap.transpose(), want.covariance[s], 0.05);
  }
}

// One observed step: the proposal is the posterior, so every weight is 1/K and the evidence exact.
TEST(ParticlePosteriorKnownAnswer, OneStepIsExactForOneParticle) {
  auto options = linear_case;
  options.steps = 1;
  options.observed_share = 1;
  const auto [model, batch] = model_case(options, 4);
  const auto trial = trial_of(batch, 0);
  for (const Index K : {1, 7}) {
    auto engine = random_engine(1);
    const auto run = particle_run({.particles = K}, model, trial, engine);
    EXPECT_NEAR(run.log_evidence, dense_posterior(model, trial).log_evidence, 1e-12);
    EXPECT_NEAR(run.smallest_sample, static_cast<double>(K), 1e-9);
  }
}

TEST(ParticlePosteriorLaw, PathsAreAncestralTheWeightsSumToOneAndRunsRepeat) {
  const auto [model, batch] = model_case({.steps = 12}, 5);
  const auto trial = trial_of(batch, 0);
  auto first = random_engine(9), second = random_engine(9);
  const auto run = particle_run({.particles = 50, .resample_below = 1}, model, trial, first);
  const auto again = particle_run({.particles = 50, .resample_below = 1}, model, trial, second);
  EXPECT_NEAR(run.paths.weights.sum(), 1, 1e-12);
  EXPECT_EQ(run.log_evidence, again.log_evidence);
  EXPECT_EQ(run.paths.states.back(), again.paths.states.back());
  EXPECT_LT(run.distinct_starts, 50);  // resampling has merged lineages
  EXPECT_GE(run.distinct_starts, 1);
  // Along a lineage the displacement is a draw from Q at most a few deviations away; a path made of
  // two lineages jumps by the difference of two states.
  const double largest = std::sqrt(model.noise.Q.trace());
  for (std::size_t t = 1; t < run.paths.states.size(); ++t) {
    const Matrix<double> nu =
        run.paths.states[t] - transition<double>(model.network, run.paths.states[t - 1],
                                                 trial.inputs.col(static_cast<Index>(t)));
    EXPECT_LT(nu.colwise().norm().maxCoeff(), 8 * largest) << t;
  }
}

TEST(ParticlePosteriorLaw, WithoutResamplingLineagesNeverMerge) {
  const auto [model, batch] = model_case({.steps = 12}, 5);
  auto engine = random_engine(9);
  const auto run =
      particle_run({.particles = 50, .resample_below = 0}, model, trial_of(batch, 0), engine);
  EXPECT_EQ(run.distinct_starts, 50);
}

TEST(LogMean, IsTheLogarithmOfTheMeanWithItsError) {
  const auto [value, error] = log_mean({std::log(1.0), std::log(3.0)});
  EXPECT_NEAR(value, std::log(2.0), 1e-15);
  EXPECT_NEAR(error, 0.5, 1e-15);  // deviation sqrt 2, over sqrt 2, over the mean 2
  EXPECT_NEAR(log_mean({-1000.0, -1000.0}).value, -1000, 1e-12);
}

TEST(ParticlePosteriorHostile, OptionsOutOfRangeAreRefusedAndLossIsReported) {
  auto [model, batch] = model_case({}, 1);
  const auto trial = trial_of(batch, 0);
  auto engine = random_engine(1);
  expect_refusal([&, &model = model] { particle_run({.particles = 0}, model, trial, engine); },
                 "want at least 1");
  expect_refusal([&, &model = model] { particle_run({.resample_below = 2}, model, trial, engine); },
                 "share in [0, 1]");
  auto lost = trial;
  for (Index t = 1; t <= trial.steps(); ++t) lost.targets.col(t).setConstant(1e200);
  EXPECT_THROW(particle_run({.particles = 10}, model, lost, engine), Divergence);
}

}  // namespace
}  // namespace error_forcing
