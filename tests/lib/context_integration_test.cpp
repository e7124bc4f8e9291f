#include <gtest/gtest.h>
#include <error_forcing/context_integration.hpp>
#include <error_forcing/errors.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "lib/uniform_counts.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using test::chi_squared, test::chi_squared_limit;

constexpr std::uint64_t context_seed = 20240612;
const std::vector<double> coherences{-0.4, -0.2, -0.1, 0.1, 0.2, 0.4};

Batch<double> draw_context(const ContextIntegration& task, Index trials, std::uint64_t stream = 0) {
  auto engine = random_engine(context_seed, stream);
  return context_integration<double>(task, trials, engine);
}

// Without noise the coherence of stream 0 or 1 can be read from the inputs.
std::size_t place_of(const Batch<double>& batch, Index trial, Index stream) {
  const auto found =
      std::find(coherences.begin(), coherences.end(), batch.inputs(trial, 1, stream));
  return static_cast<std::size_t>(found - coherences.begin());
}

TEST(ContextIntegrationLaw, EveryStepOfEveryTrialIsAsTheTableSays) {
  SCOPED_TRACE(context_seed);
  for (const Index delay : {0, 1, 40}) {
    const auto batch = draw_context({.delay = delay, .noise = 0}, 70);
    const Index T = 85 + delay;
    ASSERT_EQ(batch.layout().steps, T);
    for (Index trial = 0; trial < 70; ++trial) {
      ASSERT_LT(place_of(batch, trial, 0), 6U);
      ASSERT_LT(place_of(batch, trial, 1), 6U);
      const Index counts = batch.inputs(trial, 1, 2) == 1 ? 0 : 1;
      const double answer = batch.inputs(trial, 1, counts) > 0 ? 1 : -1;
      for (Index step = 1; step <= T; ++step) {
        for (Index k = 0; k < 2; ++k) {
          ASSERT_EQ(batch.inputs(trial, step, k), step <= 75 ? batch.inputs(trial, 1, k) : 0);
          ASSERT_EQ(batch.inputs(trial, step, 2 + k), k == counts ? 1 : 0);
        }
        ASSERT_EQ(batch.mask(trial, step, 0), step > T - 10 ? 1 : 0);
        ASSERT_EQ(batch.targets(trial, step, 0), step > T - 10 ? answer : 0);
      }
    }
  }
}

TEST(ContextIntegrationLaw, CoherencesAndContextAreUniformAndIndependent) {
  SCOPED_TRACE(context_seed);
  const auto batch = draw_context({.delay = 0, .noise = 0}, 7200, 1);
  std::vector<double> cells(72);
  for (Index trial = 0; trial < 7200; ++trial)
    ++cells[12 * place_of(batch, trial, 0) + 2 * place_of(batch, trial, 1) +
            (batch.inputs(trial, 1, 2) == 1 ? 0 : 1)];
  EXPECT_LT(chi_squared(cells), chi_squared_limit(cells.size()));
}

// What noise adds to the coherence nearest to the mean over the stimulus: mean 0, variance s^2, no
// correlation from step to step or between the streams, each within five deviations.
TEST(ContextIntegrationLaw, TheNoiseIsWhiteAndOfItsDeviation) {
  SCOPED_TRACE(context_seed);
  const double s = 0.03;  // small, so that the coherence can still be told
  const auto batch = draw_context({.noise = s}, 400, 2);
  double count = 0, sum = 0, squares = 0, next = 0, across = 0;
  const auto noise = [&](Index trial, Index step, Index stream) {
    double mean = 0;
    for (Index t = 1; t <= 75; ++t) mean += batch.inputs(trial, t, stream) / 75;
    double nearest = coherences[0];
    for (const double c : coherences)
      if (std::abs(c - mean) < std::abs(nearest - mean)) nearest = c;
    return (batch.inputs(trial, step, stream) - nearest) / s;
  };
  for (Index trial = 0; trial < 400; ++trial)
    for (Index step = 1; step < 75; step += 2) {
      const double a = noise(trial, step, 0);
      ++count;
      sum += a;
      squares += a * a;
      next += a * noise(trial, step + 1, 0);
      across += a * noise(trial, step, 1);
    }
  const double bound = 5 * std::sqrt(count);
  EXPECT_LT(std::abs(sum), bound);
  EXPECT_LT(std::abs(squares - count), bound * std::sqrt(2.0));
  EXPECT_LT(std::abs(next), bound);
  EXPECT_LT(std::abs(across), bound);
}

TEST(ContextIntegrationKnownAnswer, Lengths) {
  EXPECT_EQ(trial_steps(ContextIntegration{.delay = 15}), 100);
  EXPECT_EQ(trial_steps(ContextIntegration{.delay = 0}), 85);
}

// The same numbers from the standard library's engine: equal intervals of its 64 bits.
TEST(ContextIntegrationKnownAnswer, TheStandardEngineDrawsTheSame) {
  const std::vector<double> levels{0.1, 0.2, 0.4, -0.1, -0.2, -0.4};
  for (std::uint32_t stream = 0; stream < 100; ++stream) {
    const auto batch = draw_context({.noise = 0}, 1, stream);
    std::seed_seq words{std::uint32_t{context_seed}, std::uint32_t{0}, stream, std::uint32_t{0}};
    std::mt19937_64 standard(words);
    const auto below = [&](std::uint64_t values) {
      return standard() / (std::numeric_limits<std::uint64_t>::max() / values + 1);
    };
    for (const Index k : {0, 1}) ASSERT_EQ(batch.inputs(0, 1, k), levels[below(6)]) << stream;
    ASSERT_EQ(batch.inputs(0, 1, 3), static_cast<double>(below(2))) << stream;
  }
}

TEST(ContextIntegrationLaw, TheNoiseChangesNothingElseThatIsDrawn) {
  SCOPED_TRACE(context_seed);
  const auto still = draw_context({.noise = 0}, 40), noisy = draw_context({.noise = 2}, 40);
  EXPECT_TRUE(test::equal(still.targets, noisy.targets));
  for (Index trial = 0; trial < 40; ++trial)
    EXPECT_EQ(still.inputs(trial, 85, 2), noisy.inputs(trial, 85, 2));
}

TEST(ContextIntegrationHostile, OptionsOutOfRangeAreNamedWithTheirRange) {
  const auto refuse = [](const ContextIntegration& task, const std::string& part) {
    test::expect_refusal([&] { draw_context(task, 2); }, part);
  };
  for (const Index delay : {Index(-1), Index(99'916), std::numeric_limits<Index>::max(),
                            std::numeric_limits<Index>::min()})
    refuse({.delay = delay}, "delay: want 0 to 99915 steps, got " + std::to_string(delay));
  for (const double noise : {-0.1, test::nan, test::infinity})
    refuse({.noise = noise}, "noise: want a finite deviation >= 0");
  EXPECT_NO_THROW(draw_context({.delay = 99'915}, 1));
  for (const Index trials : {0, -3})
    test::expect_refusal([&] { draw_context({}, trials); },
                         "at least 1 trial, got " + std::to_string(trials));
}

}  // namespace
}  // namespace error_forcing
