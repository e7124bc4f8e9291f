#include <gtest/gtest.h>
#include <error_forcing/errors.hpp>
#include <error_forcing/lorenz_prediction.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "lib/uniform_counts.hpp"
#include "refusal.hpp"
#include "sanitized.hpp"

namespace error_forcing {
namespace {

constexpr std::uint64_t lorenz_seed = 20240612;

Batch<double> draw_lorenz(const LorenzPrediction& task, Index trials, std::uint64_t stream = 0) {
  auto engine = random_engine(lorenz_seed, stream);
  return lorenz_prediction<double>(task, trials, engine);
}

using Point = std::array<long double, 3>;

// So much later: the Taylor series of the solution, whose coefficients follow from those before,
// x_{n+1} = 10 (y_n - x_n) / (n + 1) and so on with products as convolutions. No Runge, no Kutta.
Point taylor(const Point& start, long double time) {
  constexpr std::size_t order = 30;
  constexpr int parts = 4;
  Point now = start;
  for (int part = 0; part < parts; ++part) {
    std::array<Point, order + 1> c{now};
    for (std::size_t n = 0; n < order; ++n) {
      long double xy = 0, xz = 0;
      for (std::size_t k = 0; k <= n; ++k) {
        xy += c[k][0] * c[n - k][1];
        xz += c[k][0] * c[n - k][2];
      }
      const auto next = static_cast<long double>(n + 1);
      c[n + 1] = {10 * (c[n][1] - c[n][0]) / next, (28 * c[n][0] - xz - c[n][1]) / next,
                  (xy - 8 * c[n][2] / 3) / next};
    }
    long double power = 1;
    for (std::size_t n = 1; n <= order; ++n) {
      power *= time / parts;
      for (std::size_t k = 0; k < 3; ++k) now[k] += c[n][k] * power;
    }
  }
  return now;
}

Point state_at(const History<double>& history, Index trial, Index step) {
  return {20 * history(trial, step, 0), 20 * history(trial, step, 1),
          20 * history(trial, step, 2) + 25};
}

TEST(LorenzPredictionLaw, EveryStepSolvesTheEquations) {
  SCOPED_TRACE(lorenz_seed);
  const auto batch = draw_lorenz({}, 6);
  ASSERT_EQ(batch.layout().steps, 200);
  for (Index trial = 0; trial < 6; ++trial)
    for (Index step = 1; step < 200; ++step) {
      const Point want = taylor(state_at(batch.inputs, trial, step), 0.02L);
      const Point got = state_at(batch.inputs, trial, step + 1);
      for (std::size_t k = 0; k < 3; ++k)
        ASSERT_NEAR(static_cast<double>(got[k]), static_cast<double>(want[k]), 2e-5) << step;
    }
}

TEST(LorenzPredictionLaw, TargetsAreTheInputsOfLaterSteps) {
  SCOPED_TRACE(lorenz_seed);
  for (const LorenzPrediction& task :
       {LorenzPrediction{}, LorenzPrediction{.horizon = 1, .steps = 9},
        LorenzPrediction{.horizon = 60, .steps = 20}}) {
    const auto batch = draw_lorenz(task, 40);
    const auto later = draw_lorenz({.horizon = 1, .steps = task.steps + task.horizon}, 40);
    for (Index trial = 0; trial < 40; ++trial)
      for (Index step = 1; step <= task.steps; ++step)
        for (Index k = 0; k < 3; ++k) {
          ASSERT_EQ(batch.inputs(trial, step, k), later.inputs(trial, step, k));
          ASSERT_EQ(batch.targets(trial, step, k), later.inputs(trial, step + task.horizon, k));
          ASSERT_EQ(batch.mask(trial, step, k), 1);
        }
  }
}

// The first state of a trial once more: three numbers of the standard library's engine, and the
// series for 500 steps. Errors grow 10 000-fold over them.
TEST(LorenzPredictionKnownAnswer, StartsWhereTheStandardEngineAndTheSeriesDo) {
  for (std::uint32_t stream = 0; stream < 10; ++stream) {
    const auto batch = draw_lorenz({.steps = 1}, 1, stream);
    std::seed_seq words{std::uint32_t{lorenz_seed}, std::uint32_t{0}, stream, std::uint32_t{0}};
    std::mt19937_64 standard(words);
    Point want{};
    for (auto& value : want)
      value = 20 * std::ldexp(static_cast<long double>(standard()), -64) - 10;
    want[2] += 25;
    for (int step = 0; step < 500; ++step) want = taylor(want, 0.02L);
    const Point got = state_at(batch.inputs, 0, 1);
    for (std::size_t k = 0; k < 3; ++k)
      EXPECT_NEAR(static_cast<double>(got[k]), static_cast<double>(want[k]), 0.05) << stream;
  }
}

// The attractor, from many trials: both lobes as often, and the mean of z, known to be 23.5.
TEST(LorenzPredictionKnownAnswer, TrialsLieOnTheAttractor) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  SCOPED_TRACE(lorenz_seed);
  const Index trials = 600;
  const auto batch = draw_lorenz({.steps = 1}, trials);
  double right = 0, z = 0;
  for (Index trial = 0; trial < trials; ++trial) {
    const Point state = state_at(batch.inputs, trial, 1);
    right += state[0] > 0;
    z += static_cast<double>(state[2]) / static_cast<double>(trials);
    EXPECT_LT(std::abs(static_cast<double>(state[0])), 20);
    EXPECT_LT(std::abs(static_cast<double>(state[1])), 28);
    EXPECT_GT(state[2], 0);
    EXPECT_LT(state[2], 50);
  }
  EXPECT_NEAR(right, 300, 5 * std::sqrt(150.0));
  EXPECT_NEAR(z, 23.55, 5 * 8.6 / std::sqrt(600.0));
}

TEST(LorenzPredictionHostile, OptionsOutOfRangeAreNamedWithTheirRange) {
  constexpr Index huge = std::numeric_limits<Index>::max();
  const auto refuse = [](const LorenzPrediction& task, const std::string& part) {
    test::expect_refusal([&] { draw_lorenz(task, 2); }, part);
  };
  for (const Index horizon : {Index(0), Index(-3), Index(100'001), huge})
    refuse({.horizon = horizon}, "horizon: want 1 to 100000 steps, got " + std::to_string(horizon));
  for (const Index steps : {Index(0), Index(-3), Index(100'001), huge})
    refuse({.steps = steps}, "steps: want 1 to 100000 steps, got " + std::to_string(steps));
  for (const Index trials : {0, -3})
    test::expect_refusal([&] { draw_lorenz({}, trials); },
                         "at least 1 trial, got " + std::to_string(trials));
}

}  // namespace
}  // namespace error_forcing
