#include <error_forcing/local.hpp>
#include <error_forcing/non_centred_gradient.hpp>
#include <error_forcing/particle_posterior.hpp>
#include <error_forcing/reparameterised.hpp>

#include "linear_gaussian.hpp"
#include "refusal.hpp"
#include "settings.hpp"

namespace error_forcing {
namespace {

using namespace test;

WeightedPaths<double> some_paths(const GenerativeModel<double>& model,
                                 const ObservedTrial<double>& trial) {
  auto engine = random_engine(3, 62);
  return particle_run({.particles = 7, .resample_below = 0}, model, trial, engine).paths;
}

// The engine's (S2) on the same states.
TEST(NonCentredGradient, IsTheReparameterisedMStepOfTheEngine) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto [model, batch] = model_case({}, seed);
    auto trajectory = displaced_trajectory<double>({model.network, batch}, seed);
    const auto want =
        ascent_direction(Reparameterised<double>{model.noise.R}, model.network, batch, trajectory);
    auto sum = zero_like(want);
    for (Index k = 0; k < batch.layout().trials; ++k)
      add_scaled(sum, 1.0,
                 non_centred_gradient(model, trial_of(batch, k), columns_of(trajectory.states, k)));
    expect_close(sum, want);
  }
}

TEST(NonCentredGradientLaw, OverWeightedPathsIsTheWeightedMean) {
  for (const auto horizon : {Horizon::trial, Horizon::immediate}) {
    const auto [model, batch] = model_case({}, 4);
    const auto trial = trial_of(batch, 1);
    const auto paths = some_paths(model, trial);
    auto mean = zero_like(model.network.parameters);
    Matrix<double> path(model.network.units(), trial.steps() + 1);
    for (Index k = 0; k < paths.weights.size(); ++k) {
      for (Index t = 0; t < path.cols(); ++t)
        path.col(t) = paths.states[static_cast<std::size_t>(t)].col(k);
      add_scaled(mean, paths.weights(k), non_centred_gradient(model, trial, path, horizon));
    }
    expect_close(non_centred_gradient(model, trial, paths, horizon), mean);
  }
}

// Nothing is carried back where W = 0 and the leak is 1.
TEST(NonCentredGradientLaw, WithoutDynamicsTheImmediatePartIsAll) {
  auto [model, batch] = model_case({.leak = 1}, 5);
  model.network.parameters.W.setZero();
  const auto trial = trial_of(batch, 0);
  const auto paths = some_paths(model, trial);
  expect_close(non_centred_gradient(model, trial, paths, Horizon::immediate),
               non_centred_gradient(model, trial, paths));
}

// (I2): Q^-1 K = C' S^-1 and R^-1 (e - C K e) = S^-1 e.
TEST(NonCentredGradientLaw, AlongTheGreedyPosteriorTheImmediatePartIsTheLocalMStep) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto [model, batch] = model_case({}, seed);
    auto trajectory =
        inferred<double>(GreedyPosterior<double>{model.noise}, {model.network, batch});
    const auto want =
        ascent_direction(Local<double>{model.noise}, model.network, batch, trajectory);
    auto sum = zero_like(want);
    for (Index k = 0; k < batch.layout().trials; ++k)
      add_scaled(sum, 1.0,
                 non_centred_gradient(model, trial_of(batch, k), columns_of(trajectory.states, k),
                                      Horizon::immediate));
    expect_close(sum, want);
  }
}

TEST(NonCentredGradientHostile, AnRThatIsNotPositiveDefiniteIsRefused) {
  auto [model, batch] = model_case({}, 1);
  const auto trial = trial_of(batch, 0);
  const auto paths = some_paths(model, trial);
  model.noise.R.setZero();
  expect_refusal([&, &model = model] { non_centred_gradient(model, trial, paths); },
                 "raise sigma_y");
}

}  // namespace
}  // namespace error_forcing
