#include <gtest/gtest.h>
#include <error_forcing/delayed_match_to_sample.hpp>
#include <error_forcing/errors.hpp>

#include <limits>
#include <random>
#include <vector>

#include "lib/uniform_counts.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using test::chi_squared, test::chi_squared_limit;

constexpr std::uint64_t match_seed = 20240612;

Batch<double> draw_match(const DelayedMatch& task, Index trials, std::uint64_t stream = 0) {
  auto engine = random_engine(match_seed, stream);
  return delayed_match<double>(task, trials, engine);
}

// The one input that is on at a step.
Index shown(const Batch<double>& batch, Index trial, Index step) {
  Index which = -1;
  for (Index k = 0; k < batch.inputs.rows(); ++k)
    if (batch.inputs(trial, step, k) != 0) which = which < 0 ? k : batch.inputs.rows();
  return which;
}

Index sample_of(const Batch<double>& batch, Index trial) { return shown(batch, trial, 1); }
Index test_of(const DelayedMatch& task, const Batch<double>& batch, Index trial) {
  return shown(batch, trial, task.pulse + task.delay + 1);
}

TEST(DelayedMatchLaw, EveryStepOfEveryTrialIsAsTheTableSays) {
  SCOPED_TRACE(match_seed);
  for (const DelayedMatch& task :
       {DelayedMatch{}, DelayedMatch{.delay = 0, .stimuli = 2, .pulse = 1},
        DelayedMatch{.delay = 33, .stimuli = 9, .pulse = 7}}) {
    const auto batch = draw_match(task, 70);
    const Index D = task.pulse, T = 3 * D + task.delay;
    ASSERT_EQ(batch.layout().steps, T);
    ASSERT_EQ(batch.inputs.rows(), task.stimuli);
    for (Index trial = 0; trial < 70; ++trial) {
      const Index a = sample_of(batch, trial), b = test_of(task, batch, trial);
      for (const Index stimulus : {a, b}) {
        ASSERT_GE(stimulus, 0);
        ASSERT_LT(stimulus, task.stimuli);
      }
      for (Index step = 1; step <= T; ++step) {
        const bool testing = step > D + task.delay && step <= 2 * D + task.delay;
        const bool answering = step > T - D;
        for (Index k = 0; k < task.stimuli; ++k)
          ASSERT_EQ(batch.inputs(trial, step, k),
                    (step <= D && k == a) || (testing && k == b) ? 1 : 0);
        ASSERT_EQ(batch.mask(trial, step, 0), answering ? 1 : 0);
        ASSERT_EQ(batch.targets(trial, step, 0), !answering ? 0 : a == b ? 1 : -1);
      }
    }
  }
}

// Half are matches, of every stimulus as often; the others are every other pair as often.
TEST(DelayedMatchLaw, HalfOfTheTrialsAreMatchesAndPairsAreUniform) {
  SCOPED_TRACE(match_seed);
  const DelayedMatch task{.delay = 1, .stimuli = 5, .pulse = 1};
  const auto batch = draw_match(task, 8000, 1);
  std::vector<double> kinds(2), matches(5), others(20);
  for (Index trial = 0; trial < 8000; ++trial) {
    const Index a = sample_of(batch, trial), b = test_of(task, batch, trial);
    ++kinds[a == b ? 1 : 0];
    if (a == b) ++matches[static_cast<std::size_t>(a)];
    if (a != b) ++others[static_cast<std::size_t>(4 * a + (b - a + 5) % 5 - 1)];
  }
  for (const auto& counts : {kinds, matches, others})
    EXPECT_LT(chi_squared(counts), chi_squared_limit(counts.size()));
}

TEST(DelayedMatchLaw, SuccessiveTrialsAreIndependent) {
  SCOPED_TRACE(match_seed);
  const DelayedMatch task{.delay = 0, .stimuli = 2, .pulse = 1};
  const auto batch = draw_match(task, 8000, 2);
  const auto pair = [&](Index trial) {
    return 2 * sample_of(batch, trial) + test_of(task, batch, trial);
  };
  std::vector<double> cells(16);
  for (Index trial = 1; trial < 8000; ++trial)
    ++cells[static_cast<std::size_t>(4 * pair(trial - 1) + pair(trial))];
  EXPECT_LT(chi_squared(cells), chi_squared_limit(cells.size()));
}

// The same numbers from the standard library's engine: equal intervals of its 64 bits.
TEST(DelayedMatchKnownAnswer, TheStandardEngineDrawsTheSame) {
  const DelayedMatch task{.delay = 3, .stimuli = 7, .pulse = 2};
  const auto batch = draw_match(task, 200, 7);
  std::seed_seq words{std::uint32_t{match_seed}, std::uint32_t{0}, std::uint32_t{7},
                      std::uint32_t{0}};
  std::mt19937_64 standard(words);
  const auto below = [&](std::uint64_t values) {
    return static_cast<Index>(standard() /
                              (std::numeric_limits<std::uint64_t>::max() / values + 1));
  };
  for (Index trial = 0; trial < 200; ++trial) {
    const Index sample = below(7);
    const bool match = below(2) == 1;
    ASSERT_EQ(sample_of(batch, trial), sample);
    ASSERT_EQ(test_of(task, batch, trial), match ? sample : (sample + 1 + below(6)) % 7);
  }
}

TEST(DelayedMatchHostile, OptionsOutOfRangeAreNamedWithTheirRange) {
  constexpr Index huge = std::numeric_limits<Index>::max();
  const auto refuse = [](const DelayedMatch& task, const std::string& part) {
    test::expect_refusal([&] { draw_match(task, 2); }, part);
  };
  for (const Index stimuli : {Index(1), Index(0), Index(-4), Index(65), huge})
    refuse({.stimuli = stimuli}, "stimuli: want 2 to 64, got " + std::to_string(stimuli));
  for (const Index pulse : {Index(0), Index(-1), huge}) refuse({.pulse = pulse}, "pulse: want 1");
  for (const Index delay : {Index(-1), huge}) refuse({.delay = delay}, "delay: want 0 to 100000");
  refuse({.delay = 99'971}, "delay 99971 and pulse 10 make trials of more than 100000 steps");
  EXPECT_NO_THROW(draw_match({.delay = 99'970}, 1));
  for (const Index trials : {0, -3})
    test::expect_refusal([&] { draw_match({}, trials); },
                         "at least 1 trial, got " + std::to_string(trials));
}

}  // namespace
}  // namespace error_forcing
