#include <gtest/gtest.h>
#include <error_forcing/delayed_xor.hpp>
#include <error_forcing/errors.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "lib/uniform_counts.hpp"
#include "precision.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using test::chi_squared, test::chi_squared_limit, test::equal;

constexpr std::uint64_t xor_seed = 20240612;

// A trial as someone who only sees the batch would describe it.
struct Seen {
  double first, second, answer;
  Index window, jitter;
};

Seen look(const DelayedXor& task, const Batch<double>& batch, Index trial) {
  Seen seen{};
  seen.first = batch.inputs(trial, 1, 0);
  seen.second = batch.inputs(trial, 2 * task.pulse + 1, 1);
  seen.window = 1;
  while (seen.window <= batch.layout().steps && batch.mask(trial, seen.window, 0) == 0)
    ++seen.window;
  seen.jitter = seen.window - 1 - 3 * task.pulse - task.delay;
  seen.answer = batch.targets(trial, seen.window, 0);
  return seen;
}

Batch<double> draw_xor(const DelayedXor& task, Index trials = 2) {
  auto engine = random_engine(xor_seed);
  return delayed_xor<double>(task, trials, engine);
}

void refuse(const DelayedXor& task, const std::string& part, Index trials = 2) {
  test::expect_refusal([&] { draw_xor(task, trials); }, part);
}

const std::vector<DelayedXor> xor_tasks{{.delay = 5, .pulse = 10},
                                        {.delay = 1, .pulse = 2},
                                        {.delay = 50, .pulse = 10},
                                        {.delay = 30, .pulse = 50},
                                        {.delay = 300, .pulse = 6}};

TEST(DelayedXorLaw, EveryStepOfEveryTrialIsAsTheTableSays) {
  SCOPED_TRACE(xor_seed);
  for (const auto& task : xor_tasks) {
    auto engine = random_engine(xor_seed);
    const auto batch = delayed_xor<double>(task, 70, engine);
    const Index D = task.pulse;
    ASSERT_EQ(batch.layout().steps, D + 2 * D + D + D / 2 + task.delay);
    for (Index trial = 0; trial < 70; ++trial) {
      const Seen seen = look(task, batch, trial);
      ASSERT_EQ(std::abs(seen.first), 1);
      ASSERT_EQ(std::abs(seen.second), 1);
      ASSERT_GE(seen.jitter, -D / 2);
      ASSERT_LE(seen.jitter, D / 2 - 1);
      for (Index step = 1; step <= batch.layout().steps; ++step) {
        const bool answering = step >= seen.window && step < seen.window + D;
        const double agree = seen.first == seen.second ? 1 : -1;
        ASSERT_EQ(batch.inputs(trial, step, 0), step <= D ? seen.first : 0);
        ASSERT_EQ(batch.inputs(trial, step, 1), step > 2 * D && step <= 3 * D ? seen.second : 0);
        ASSERT_EQ(batch.inputs(trial, step, 2), answering ? 0 : 1);
        ASSERT_EQ(batch.mask(trial, step, 0), answering ? 1 : 0);
        ASSERT_EQ(batch.targets(trial, step, 0), answering ? agree : 0);
      }
    }
  }
}

TEST(DelayedXorLaw, TheWindowFollowsTheSecondPulseAndEndsInsideTheTrial) {
  SCOPED_TRACE(xor_seed);
  const DelayedXor task{.delay = 5, .pulse = 10};  // the shortest delay
  auto engine = random_engine(xor_seed);
  const auto batch = delayed_xor<double>(task, 2000, engine);
  Index earliest = 1000, latest = 0;
  for (Index trial = 0; trial < 2000; ++trial) {
    const Index window = look(task, batch, trial).window;
    earliest = std::min(earliest, window);
    latest = std::max(latest, window + task.pulse - 1);
  }
  EXPECT_EQ(earliest, 3 * task.pulse + 1);
  EXPECT_EQ(latest, batch.layout().steps - 1);
}

TEST(DelayedXorLaw, DrawingThreeAndThenThirtySevenTrialsIsDrawingForty) {
  SCOPED_TRACE(xor_seed);
  const DelayedXor task{.delay = 20};
  auto once = random_engine(xor_seed), twice = random_engine(xor_seed);
  const auto all = delayed_xor<double>(task, 40, once);
  const auto head = delayed_xor<double>(task, 3, twice);
  const auto tail = delayed_xor<double>(task, 37, twice);
  EXPECT_EQ(once, twice);
  for (Index trial = 0; trial < 40; ++trial) {
    const auto& part = trial < 3 ? head : tail;
    const Seen seen = look(task, part, trial < 3 ? trial : trial - 3);
    const Seen want = look(task, all, trial);
    EXPECT_EQ(seen.first, want.first);
    EXPECT_EQ(seen.second, want.second);
    EXPECT_EQ(seen.jitter, want.jitter);
  }
}

TEST(DelayedXorLaw, DrawingIntoAUsedBatchIsDrawingANewOne) {
  SCOPED_TRACE(xor_seed);
  const DelayedXor task{.delay = 20};
  auto engine = random_engine(xor_seed);
  auto used = delayed_xor<double>(task, 40, engine);
  auto left = random_engine(xor_seed, 1), right = random_engine(xor_seed, 1);
  for (auto* history : {&used.inputs, &used.targets, &used.mask}) history->fill(7);
  draw_delayed_xor(task, left, used);
  const auto fresh = delayed_xor<double>(task, 40, right);
  EXPECT_TRUE(equal(used.inputs, fresh.inputs));
  EXPECT_TRUE(equal(used.targets, fresh.targets));
  EXPECT_TRUE(equal(used.mask, fresh.mask));
}

TEST(DelayedXorLaw, EveryPrecisionDrawsTheSameTrials) {
  SCOPED_TRACE(xor_seed);
  const DelayedXor task{.delay = 20};
  auto a = random_engine(xor_seed), b = random_engine(xor_seed), c = random_engine(xor_seed);
  const auto in_double = delayed_xor<double>(task, 9, a);
  EXPECT_TRUE(equal(cast<double>(delayed_xor<float>(task, 9, b)).inputs, in_double.inputs));
  EXPECT_TRUE(
      equal(cast<double>(delayed_xor<test::Widest>(task, 9, c)).targets, in_double.targets));
}

TEST(DelayedXorLaw, PulsesAndJitterAreUniformAndIndependent) {
  SCOPED_TRACE(xor_seed);
  const DelayedXor task{.delay = 10, .pulse = 10};
  const Index trials = 8000;
  auto engine = random_engine(xor_seed);
  const auto batch = delayed_xor<double>(task, trials, engine);
  std::vector<double> cells(static_cast<std::size_t>(4 * task.pulse));  // s_1 x s_2 x jitter
  for (Index trial = 0; trial < trials; ++trial) {
    const Seen seen = look(task, batch, trial);
    const Index pair = 2 * (seen.first > 0) + (seen.second > 0);
    ++cells[static_cast<std::size_t>(pair * task.pulse + seen.jitter + task.pulse / 2)];
  }
  EXPECT_LT(chi_squared(cells), chi_squared_limit(cells.size()));
}

TEST(DelayedXorLaw, SuccessiveTrialsAreIndependent) {
  SCOPED_TRACE(xor_seed);
  const DelayedXor task{.delay = 10};
  const Index trials = 8000;
  auto engine = random_engine(xor_seed, 1);
  const auto batch = delayed_xor<double>(task, trials, engine);
  std::vector<double> cells(16);
  const auto pair = [&](Index trial) {
    const Seen seen = look(task, batch, trial);
    return 2 * (seen.first > 0) + (seen.second > 0);
  };
  for (Index trial = 1; trial < trials; ++trial)
    ++cells[static_cast<std::size_t>(4 * pair(trial - 1) + pair(trial))];
  EXPECT_LT(chi_squared(cells), chi_squared_limit(cells.size()));
}

// Written down once: another machine, compiler or library must draw the same.
TEST(DelayedXorKnownAnswer, TheFirstTrialsOfSeedOne) {
  const DelayedXor task{.delay = 20};
  auto engine = random_engine(1);
  const auto batch = delayed_xor<double>(task, 6, engine);
  std::vector<std::vector<double>> drawn;
  for (Index trial = 0; trial < 6; ++trial) {
    const Seen seen = look(task, batch, trial);
    drawn.push_back({seen.first, seen.second, static_cast<double>(seen.jitter)});
  }
  const std::vector<std::vector<double>> want{{-1, -1, -4}, {-1, -1, -2}, {1, 1, -1},
                                              {-1, -1, -1}, {-1, 1, 3},   {-1, 1, -4}};
  EXPECT_EQ(drawn, want);
}

// The same numbers from the standard library's engine: equal intervals of its 64 bits.
TEST(DelayedXorKnownAnswer, TheStandardEngineDrawsTheSame) {
  const DelayedXor task{.delay = 20, .pulse = 10};
  auto engine = random_engine(xor_seed, 7);
  const auto batch = delayed_xor<double>(task, 200, engine);
  std::seed_seq words{std::uint32_t{xor_seed}, std::uint32_t{0}, std::uint32_t{7},
                      std::uint32_t{0}};
  std::mt19937_64 standard(words);
  const auto below = [&](std::uint64_t values) {
    return static_cast<double>(standard() /
                               (std::numeric_limits<std::uint64_t>::max() / values + 1));
  };
  for (Index trial = 0; trial < 200; ++trial) {
    const Seen seen = look(task, batch, trial);
    EXPECT_EQ(seen.first, 2 * below(2) - 1);
    EXPECT_EQ(seen.second, 2 * below(2) - 1);
    EXPECT_EQ(static_cast<double>(seen.jitter), below(10) - 5) << "trial " << trial;
  }
}

TEST(DelayedXorKnownAnswer, Lengths) {
  EXPECT_EQ(trial_steps(DelayedXor{.delay = 300, .pulse = 10}), 345);
  EXPECT_EQ(trial_steps(DelayedXor{.delay = 5, .pulse = 10}), 50);
  EXPECT_EQ(trial_steps(DelayedXor{.delay = 100, .pulse = 50}), 325);
  EXPECT_EQ(trial_steps(DelayedXor{.delay = 1, .pulse = 2}), 10);
}

TEST(DelayedXorHostile, OptionsOutOfRangeAreNamedWithTheirRange) {
  constexpr Index huge = std::numeric_limits<Index>::max();
  for (const Index pulse : {Index(-2), Index(0), Index(1), Index(7), huge, huge - 1})
    refuse({.delay = 100, .pulse = pulse}, "pulse: want an even number");
  for (const Index delay : {Index(4), Index(0), Index(-1), std::numeric_limits<Index>::min()})
    refuse({.delay = delay, .pulse = 10}, "delay: want at least 5");
  for (const Index delay : {Index(100'000), huge})
    refuse({.delay = delay, .pulse = 10}, "more than 100000 steps");
  EXPECT_NO_THROW(draw_xor({.delay = 5, .pulse = 10}));
  EXPECT_NO_THROW(draw_xor({.delay = 100'000 - 45, .pulse = 10}, 1));
}

TEST(DelayedXorHostile, NoTrialsOrABatchOfAnotherShapeIsRefused) {
  refuse(DelayedXor{}, "at least 1 trial, got 0", 0);
  refuse(DelayedXor{}, "got -3", -3);
  const DelayedXor task{.delay = 20};
  const Layout layout = tiled(4, trial_steps(task));
  const auto refuses = [&](Batch<double> batch) {
    auto engine = random_engine(xor_seed);
    EXPECT_THROW(draw_delayed_xor(task, engine, batch), InvalidInput);
  };
  refuses(zero_batch<double>(layout, 2, 1));
  refuses(zero_batch<double>(layout, 3, 2));
  refuses(zero_batch<double>(tiled(4, trial_steps(task) - 1), 3, 1));
  refuses(Batch<double>{});
  const Layout fewer = tiled(3, layout.steps);
  const auto whole = zero_batch<double>(layout, 3, 1);
  refuses({History<double>(fewer, 3), whole.targets, whole.mask});
  refuses({whole.inputs, whole.targets, History<double>(fewer, 1)});
  refuses({whole.inputs, whole.targets, History<double>(layout, 2)});
}

}  // namespace
}  // namespace error_forcing
