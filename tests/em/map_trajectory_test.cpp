#include <error_forcing/map_trajectory.hpp>
#include <error_forcing/smoother.hpp>

#include "linear_gaussian.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using namespace test;

TEST(MapTrajectoryLaw, BothFormsFindTheSameStationaryPoint) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto [model, batch] = model_case({}, seed);
    const auto trial = trial_of(batch, 0);
    const auto dual = map_trajectory({.form = MapForm::dual}, model, trial);
    const auto smoother = map_trajectory({.form = MapForm::smoother}, model, trial);
    EXPECT_TRUE(dual.converged) << dual.stationarity;
    EXPECT_TRUE(smoother.converged) << smoother.stationarity;
    EXPECT_NEAR(dual.energy, smoother.energy, 1e-10 * (1 + dual.energy));
    expect_close(dual.states, smoother.states, 1e-8);
  }
}

// No direction lowers E: checked by evaluating E, not its gradient.
TEST(MapTrajectoryLaw, NoSmallMoveLowersTheEnergy) {
  const auto [model, batch] = model_case({}, 5);
  const auto trial = trial_of(batch, 0);
  const auto path = map_trajectory({}, model, trial);
  EXPECT_NEAR(energy(model, trial, path.noises), path.energy, 1e-13 * path.energy);
  auto engine = random_engine(5);
  for (int k = 0; k < 50; ++k) {
    Matrix<double> move = normal_matrix(engine, 5, trial.steps() + 1, 1e-3);
    move.col(0).setZero();
    EXPECT_GE(energy<double>(model, trial, path.noises + move), path.energy);
  }
}

TEST(MapTrajectoryLaw, LinearIsThePosteriorMeanAndLaplaceTheEvidence) {
  const auto [model, batch] = model_case(linear_case, 6);
  const auto trial = trial_of(batch, 0);
  const auto want = dense_posterior(model, trial);
  const auto path = map_trajectory({}, model, trial);
  expect_close(path.states, want.mean);
  EXPECT_NEAR(path.log_evidence, want.log_evidence, 1e-10);
}

TEST(MapTrajectoryLaw, MoreStartsNeverGiveAHigherEnergy) {
  const auto [model, batch] = model_case({.recurrent_gain = 3}, 7);
  const auto trial = trial_of(batch, 2);
  const auto few = map_trajectory({}, model, trial);
  const auto many = map_trajectory({.random_starts = 6}, model, trial);
  EXPECT_LE(many.energy, few.energy);
}

// One step at a time, from where the last one led, is the search; and it ends at no stationarity.
TEST(MapTrajectoryLaw, OneStepAtATimeIsTheSameSearch) {
  const auto [model, batch] = model_case({.recurrent_gain = 2}, 8);
  const auto trial = trial_of(batch, 1);
  const Matrix<double> start = Matrix<double>::Zero(5, trial.steps() + 1);
  const auto whole = map_trajectory_from({}, model, trial, start);
  auto path = map_trajectory_from({.iterations = 1}, model, trial, start);
  EXPECT_LT(path.energy, energy(model, trial, start));
  for (Index k = 1; k < whole.iterations; ++k) {
    EXPECT_GT(path.stationarity, whole.stationarity);
    path = map_trajectory_from({.iterations = 1}, model, trial, path.noises);
  }
  EXPECT_EQ(path.noises, whole.noises);
  EXPECT_EQ(stationarity(model, trial, whole.noises), whole.stationarity);
  EXPECT_LT(whole.stationarity, 1e-10);
  EXPECT_GE(whole.energy, map_trajectory({.random_starts = 3}, model, trial).energy - 1e-12);
}

TEST(MapTrajectoryHostile, OptionsAndNoiseOutOfRangeAreRefused) {
  auto [model, batch] = model_case({}, 1);
  const auto trial = trial_of(batch, 0);
  expect_refusal([&, &model = model] { map_trajectory({.iterations = 0}, model, trial); },
                 "want iterations >= 1");
  model.noise.Q.setZero();
  expect_refusal([&, &model = model] { map_trajectory({.form = MapForm::smoother}, model, trial); },
                 "use the dual form");
  model.noise.R.setZero();
  expect_refusal([&, &model = model] { map_trajectory({}, model, trial); }, "raise sigma_y");
}

TEST(MapTrajectory, SaysThatItDidNotConverge) {
  const auto [model, batch] = model_case({.recurrent_gain = 3}, 7);
  const auto path =
      map_trajectory({.iterations = 1, .tolerance = 1e-14}, model, trial_of(batch, 0));
  EXPECT_FALSE(path.converged);
  EXPECT_GT(path.stationarity, 1e-14);
}

}  // namespace
}  // namespace error_forcing
