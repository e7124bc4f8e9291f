#include <gtest/gtest.h>
#include <error_forcing/errors.hpp>
#include <error_forcing/flip_flop.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "refusal.hpp"

namespace error_forcing {
namespace {

constexpr std::uint64_t flip_flop_seed = 20240612;

Batch<double> draw_flips(const FlipFlop& task, Index trials, std::uint64_t stream = 0) {
  auto engine = random_engine(flip_flop_seed, stream);
  return flip_flop<double>(task, trials, engine);
}

const std::vector<FlipFlop> some_flip_flops{
    {},
    {.interval = 1, .bits = 2, .pulse = 1, .steps = 40},
    {.interval = 7, .bits = 1, .pulse = 3, .steps = 90},
    {.interval = 100'000, .bits = 16, .pulse = 4, .steps = 5}};

TEST(FlipFlopLaw, EveryOutputIsTheSignOfTheLastPulse) {
  SCOPED_TRACE(flip_flop_seed);
  for (const auto& task : some_flip_flops) {
    const auto batch = draw_flips(task, 40);
    ASSERT_EQ(batch.layout().steps, task.steps);
    ASSERT_EQ(batch.inputs.rows(), task.bits);
    for (Index trial = 0; trial < 40; ++trial)
      for (Index bit = 0; bit < task.bits; ++bit) {
        double last = 0;
        for (Index step = 1; step <= task.steps; ++step) {
          const double input = batch.inputs(trial, step, bit);
          ASSERT_TRUE(input == 0 || std::abs(input) == 1);
          if (input != 0) last = input;
          ASSERT_EQ(std::abs(last), 1);
          ASSERT_EQ(batch.targets(trial, step, bit), last);
          ASSERT_EQ(batch.mask(trial, step, bit), step > task.pulse ? 1 : 0);
        }
      }
  }
}

// Steps of input and of silence alternate: the first stretch of input is one pulse, later ones are
// whole pulses too, several if they touch, and the last may be cut by the end.
TEST(FlipFlopLaw, PulsesAreWhole) {
  SCOPED_TRACE(flip_flop_seed);
  const FlipFlop task{.interval = 9, .bits = 2, .pulse = 4, .steps = 150};
  const auto batch = draw_flips(task, 40);
  for (Index trial = 0; trial < 40; ++trial)
    for (Index bit = 0; bit < 2; ++bit) {
      Index length = 0;
      for (Index step = 1; step <= task.steps; ++step) {
        const bool on = batch.inputs(trial, step, bit) != 0;
        if (step <= task.pulse) {
          ASSERT_TRUE(on);
        }
        if (!on) {
          ASSERT_EQ(length % task.pulse, 0);
        }
        length = on ? length + 1 : 0;
      }
    }
}

// At each step without a pulse before it one begins with probability 1/L, and its sign is fair.
// Within five deviations of a binomial each, which one seed in a million misses.
TEST(FlipFlopLaw, PulsesBeginAtTheirRateWithFairSigns) {
  SCOPED_TRACE(flip_flop_seed);
  const FlipFlop task{.interval = 12, .bits = 3, .pulse = 1, .steps = 400};
  const auto batch = draw_flips(task, 60, 1);
  double chances = 0, begun = 0, up = 0, both = 0;
  for (Index trial = 0; trial < 60; ++trial)
    for (Index step = 2; step <= task.steps; ++step) {
      for (Index bit = 0; bit < 3; ++bit) {
        ++chances;
        begun += batch.inputs(trial, step, bit) != 0;
        up += batch.inputs(trial, step, bit) > 0;
      }
      both += batch.inputs(trial, step, 0) != 0 && batch.inputs(trial, step, 1) != 0;
    }
  const auto expect_share = [](double count, double of, double share) {
    EXPECT_NEAR(count, of * share, 5 * std::sqrt(of * share * (1 - share)));
  };
  expect_share(begun, chances, 1.0 / 12);
  expect_share(up, begun, 0.5);
  expect_share(both, chances / 3, 1.0 / 144);  // the channels are independent
}

TEST(FlipFlopLaw, SuccessiveSignsAreIndependent) {
  SCOPED_TRACE(flip_flop_seed);
  const auto batch = draw_flips({.interval = 1, .bits = 1, .pulse = 1, .steps = 10'000}, 1, 2);
  double same = 0;
  for (Index step = 2; step <= 10'000; ++step)
    same += batch.inputs(0, step, 0) == batch.inputs(0, step - 1, 0);
  EXPECT_NEAR(same, 9'999 / 2.0, 5 * std::sqrt(9'999 / 4.0));
}

// The same numbers from the standard library's engine: equal intervals of its 64 bits.
TEST(FlipFlopKnownAnswer, TheStandardEngineDrawsTheSame) {
  const FlipFlop task{.interval = 8, .bits = 2, .pulse = 2, .steps = 60};
  const auto batch = draw_flips(task, 20, 7);
  std::seed_seq words{std::uint32_t{flip_flop_seed}, std::uint32_t{0}, std::uint32_t{7},
                      std::uint32_t{0}};
  std::mt19937_64 standard(words);
  const auto below = [&](std::uint64_t values) {
    if (values == 1) return std::uint64_t{0};
    return standard() / (std::numeric_limits<std::uint64_t>::max() / values + 1);
  };
  for (Index trial = 0; trial < 20; ++trial)
    for (Index bit = 0; bit < 2; ++bit) {
      std::vector<double> pulses(62, 0.0);
      for (std::size_t step = 1; step <= 60;) {
        if (step > 1 && below(8) != 0) {
          ++step;
          continue;
        }
        pulses[step] = pulses[step + 1] = 2 * static_cast<double>(below(2)) - 1;
        step += 2;
      }
      for (Index step = 1; step <= 60; ++step)
        ASSERT_EQ(batch.inputs(trial, step, bit), pulses[static_cast<std::size_t>(step)])
            << trial << ' ' << bit << ' ' << step;
    }
}

TEST(FlipFlopHostile, OptionsOutOfRangeAreNamedWithTheirRange) {
  constexpr Index huge = std::numeric_limits<Index>::max();
  const auto refuse = [](const FlipFlop& task, const std::string& part) {
    test::expect_refusal([&] { draw_flips(task, 2); }, part);
  };
  for (const Index bits : {Index(0), Index(-1), Index(17), huge})
    refuse({.bits = bits}, "bits: want 1 to 16, got " + std::to_string(bits));
  for (const Index interval : {Index(0), Index(-5), huge})
    refuse({.interval = interval}, "difficulty");
  for (const Index pulse : {Index(0), Index(-5), huge}) refuse({.pulse = pulse}, "pulse: want 1");
  for (const Index steps : {Index(5), Index(0), Index(-1), huge})
    refuse({.steps = steps}, "want 6 to 100000 steps, got " + std::to_string(steps));
  EXPECT_NO_THROW(draw_flips({.pulse = 1, .steps = 2}, 1));
  for (const Index trials : {0, -3})
    test::expect_refusal([&] { draw_flips({}, trials); },
                         "at least 1 trial, got " + std::to_string(trials));
}

}  // namespace
}  // namespace error_forcing
