#include <gtest/gtest.h>
#include <error_forcing/errors.hpp>
#include <error_forcing/quad.hpp>
#include <error_forcing/sine_generation.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "lib/uniform_counts.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using test::chi_squared, test::chi_squared_limit, test::equal;

constexpr std::uint64_t seed = 20240612;
const std::vector<Index> periods{90, 105, 120, 135, 150, 165, 180};

// The period of a trial as someone who only sees the batch would read it from the input.
Index period_of(const Batch<double>& batch, Index trial) {
  return static_cast<Index>(std::lround(90 * batch.inputs(trial, 1, 0)));
}

std::vector<Index> periods_of(const Batch<double>& batch) {
  std::vector<Index> seen;
  for (Index trial = 0; trial < batch.layout().trials; ++trial)
    seen.push_back(period_of(batch, trial));
  return seen;
}

// Which of the seven periods.
std::size_t place_of(Index period) {
  return static_cast<std::size_t>(std::find(periods.begin(), periods.end(), period) -
                                  periods.begin());
}

Batch<double> draw_sines(const SineGeneration& task, Index trials = 2, std::uint64_t stream = 0) {
  auto engine = random_engine(seed, stream);
  return sine_generation<double>(task, trials, engine);
}

void refuse(const SineGeneration& task, const std::string& part, Index trials = 2) {
  test::expect_refusal([&] { draw_sines(task, trials); }, part);
}

const std::vector<SineGeneration> sine_tasks{{},
                                             {.difficulty = -55},
                                             {.difficulty = -88, .steps = 30},
                                             {.difficulty = 0, .steps = 1},
                                             {.difficulty = 1000, .steps = 70}};

// The two targets once more without a cosine but of the first step: a rotation by the angle of a
// step, repeated in long double, where T roundings do not show.
class Rotation {
  using Long = long double;

 public:
  explicit Rotation(Index period)
      : turn_cos_(std::cos(2 * std::acos(Long(-1)) / Long(period))),
        turn_sin_(std::sin(2 * std::acos(Long(-1)) / Long(period))) {}
  Long first() const { return x_; }
  Long second() const { return (x_ - y_) / std::sqrt(Long(2)); }
  void turn() {
    const Long x = turn_cos_ * x_ - turn_sin_ * y_;
    y_ = turn_sin_ * x_ + turn_cos_ * y_;
    x_ = x;
  }

 private:
  Long turn_cos_, turn_sin_, x_ = 1, y_ = 0;
};

TEST(SineGenerationLaw, EveryStepOfEveryTrialIsAsTheTableSays) {
  SCOPED_TRACE(seed);
  for (const auto& task : sine_tasks) {
    const auto batch = draw_sines(task, 40);
    ASSERT_EQ(batch.layout().steps, task.steps);
    ASSERT_EQ(batch.inputs.rows(), 1);
    ASSERT_EQ(batch.targets.rows(), 2);
    for (Index trial = 0; trial < 40; ++trial) {
      const Index period = period_of(batch, trial);
      ASSERT_LT(place_of(period - task.difficulty), periods.size()) << period;
      Rotation want(period);
      for (Index step = 1; step <= task.steps; ++step, want.turn()) {
        ASSERT_EQ(batch.inputs(trial, step, 0), static_cast<double>(period) / 90);
        ASSERT_NEAR(batch.targets(trial, step, 0), static_cast<double>(want.first()), 2e-15);
        ASSERT_NEAR(batch.targets(trial, step, 1), static_cast<double>(want.second()), 2e-15);
        ASSERT_EQ(batch.mask(trial, step, 0), 1);
        ASSERT_EQ(batch.mask(trial, step, 1), 1);
      }
    }
    ASSERT_EQ(observed_entries(batch), 40 * task.steps * 2);
  }
}

TEST(SineGenerationLaw, TargetsRepeatAfterAPeriodBitForBit) {
  SCOPED_TRACE(seed);
  const SineGeneration task{.difficulty = -55, .steps = 400};
  const auto batch = draw_sines(task, 40);
  for (Index trial = 0; trial < 40; ++trial)
    for (Index step = period_of(batch, trial) + 1; step <= task.steps; ++step)
      for (Index output = 0; output < 2; ++output)
        ASSERT_EQ(batch.targets(trial, step, output),
                  batch.targets(trial, step - period_of(batch, trial), output));
}

TEST(SineGenerationLaw, DrawingThreeAndThenThirtySevenTrialsIsDrawingForty) {
  SCOPED_TRACE(seed);
  const SineGeneration task{.steps = 20};
  auto once = random_engine(seed), twice = random_engine(seed);
  const auto all = sine_generation<double>(task, 40, once);
  const auto head = sine_generation<double>(task, 3, twice);
  const auto tail = sine_generation<double>(task, 37, twice);
  EXPECT_EQ(once, twice);
  const auto rows = [](const Batch<double>& batch) { return to_row_major<double>(batch.targets); };
  auto joined = rows(head);
  for (const double value : rows(tail)) joined.push_back(value);
  EXPECT_EQ(joined, rows(all));
  auto seen = periods_of(head);
  for (const Index period : periods_of(tail)) seen.push_back(period);
  EXPECT_EQ(seen, periods_of(all));
}

TEST(SineGenerationLaw, DrawingIntoAUsedBatchIsDrawingANewOne) {
  SCOPED_TRACE(seed);
  const SineGeneration task{.difficulty = -55, .steps = 90};
  auto used = draw_sines(task, 40);
  for (auto* history : {&used.inputs, &used.targets, &used.mask}) history->fill(7);
  auto engine = random_engine(seed, 1);
  draw_sine_generation(task, engine, used);
  const auto fresh = draw_sines(task, 40, 1);
  EXPECT_TRUE(equal(used.inputs, fresh.inputs));
  EXPECT_TRUE(equal(used.targets, fresh.targets));
  EXPECT_TRUE(equal(used.mask, fresh.mask));
}

TEST(SineGenerationLaw, EveryPrecisionRoundsTheSameTrials) {
  SCOPED_TRACE(seed);
  const SineGeneration task{.steps = 100};
  const auto in_double = draw_sines(task, 9);
  auto a = random_engine(seed);
  const auto in_float = sine_generation<float>(task, 9, a);
#ifndef ERROR_FORCING_WITHOUT_QUAD
  auto b = random_engine(seed);
  const auto in_quad = sine_generation<quad>(task, 9, b);
  EXPECT_TRUE(equal(cast<double>(in_quad.inputs), in_double.inputs));
  EXPECT_TRUE(equal(cast<double>(in_quad.targets), in_double.targets));
#endif
  EXPECT_TRUE(equal(cast<double>(in_float.inputs), cast<double>(cast<float>(in_double.inputs))));
  EXPECT_TRUE(equal(cast<double>(in_float.targets), cast<double>(cast<float>(in_double.targets))));
  EXPECT_TRUE(equal(cast<double>(in_float.mask), in_double.mask));
}

TEST(SineGenerationLaw, PeriodsAreUniformAndSuccessiveOnesIndependent) {
  SCOPED_TRACE(seed);
  const auto drawn = periods_of(draw_sines({.steps = 1}, 8000));
  std::vector<double> single(7), pairs(49);
  for (std::size_t trial = 0; trial < drawn.size(); ++trial) {
    ++single.at(place_of(drawn[trial]));
    if (trial > 0) ++pairs.at(7 * place_of(drawn[trial - 1]) + place_of(drawn[trial]));
  }
  EXPECT_LT(chi_squared(single), chi_squared_limit(single.size()));
  EXPECT_LT(chi_squared(pairs), chi_squared_limit(pairs.size()));
}

TEST(SineGenerationLaw, TheDifficultyMovesEveryPeriodAndNothingThatIsDrawn) {
  SCOPED_TRACE(seed);
  const auto plain = periods_of(draw_sines({.steps = 1}, 50));
  for (const Index difficulty : {-88, -55, 3, 400}) {
    const auto moved = periods_of(draw_sines({.difficulty = difficulty, .steps = 1}, 50));
    for (std::size_t trial = 0; trial < 50; ++trial)
      EXPECT_EQ(moved[trial], plain[trial] + difficulty);
  }
}

// Written down once: another machine, compiler or library must draw the same.
TEST(SineGenerationKnownAnswer, TheFirstPeriodsOfSeedOne) {
  auto engine = random_engine(1);
  const auto batch = sine_generation<double>({.steps = 1}, 8, engine);
  EXPECT_EQ(periods_of(batch), (std::vector<Index>{120, 120, 105, 105, 90, 120, 165, 165}));
}

// The same numbers from the standard library's engine: equal intervals of its 64 bits.
TEST(SineGenerationKnownAnswer, TheStandardEngineDrawsTheSame) {
  const auto drawn = periods_of(draw_sines({.steps = 1}, 200, 7));
  std::seed_seq words{std::uint32_t{seed}, std::uint32_t{0}, std::uint32_t{7}, std::uint32_t{0}};
  std::mt19937_64 standard(words);
  constexpr auto interval = std::numeric_limits<std::uint64_t>::max() / 7 + 1;
  for (std::size_t trial = 0; trial < 200; ++trial)
    EXPECT_EQ(drawn[trial], periods[standard() / interval]) << "trial " << trial;
}

// A period of 8 steps turns by an eighth: the second output is the first one step ahead.
TEST(SineGenerationKnownAnswer, APeriodOfEightSteps) {
  const double half = std::sqrt(0.5);
  const std::vector<double> want{1, half, 0, -half, -1, -half, 0, half, 1, half};
  const SineGeneration task{.difficulty = 8 - 90, .steps = 9};
  const auto batch = draw_sines(task, 40);
  const auto drawn = periods_of(batch);
  const auto found = std::find(drawn.begin(), drawn.end(), 8);
  ASSERT_NE(found, drawn.end());
  const Index trial = found - drawn.begin();
  for (Index step = 1; step <= 9; ++step) {
    EXPECT_EQ(batch.inputs(trial, step, 0), 8.0 / 90);
    EXPECT_NEAR(batch.targets(trial, step, 0), want[static_cast<std::size_t>(step - 1)], 1e-15);
    EXPECT_NEAR(batch.targets(trial, step, 1), want[static_cast<std::size_t>(step)], 1e-15);
  }
}

TEST(SineGenerationKnownAnswer, ThePublishedTaskIsTheDefault) {
  const SineGeneration task;
  EXPECT_EQ(trial_steps(task), 500);
  EXPECT_EQ(trial_steps(SineGeneration{.difficulty = -55, .steps = 30}), 30);
  const auto drawn = periods_of(draw_sines(task, 60));
  for (const Index period : periods)
    EXPECT_NE(std::count(drawn.begin(), drawn.end(), period), 0) << period;
}

TEST(SineGenerationHostile, OptionsOutOfRangeAreNamedWithTheirRange) {
  constexpr Index huge = std::numeric_limits<Index>::max();
  constexpr Index lowest = std::numeric_limits<Index>::min();
  for (const Index difficulty : {Index(-89), Index(-90), Index(-1000), lowest})
    refuse({.difficulty = difficulty}, "difficulty: want -88");
  for (const Index difficulty : {Index(100'001), huge})
    refuse({.difficulty = difficulty}, "difficulty: want -88 to 100000");
  for (const Index steps : {Index(0), Index(-1), Index(100'001), huge, lowest})
    refuse({.steps = steps}, "steps: want 1 to 100000, got " + std::to_string(steps));
  EXPECT_NO_THROW(draw_sines({.difficulty = -88}));
  EXPECT_NO_THROW(draw_sines({.difficulty = 100'000, .steps = 3}));
  EXPECT_NO_THROW(draw_sines({.steps = 100'000}, 1));
}

TEST(SineGenerationHostile, NoTrialsOrABatchOfAnotherShapeIsRefused) {
  refuse(SineGeneration{}, "at least 1 trial, got 0", 0);
  refuse(SineGeneration{}, "got -3", -3);
  const SineGeneration task{.steps = 20};
  const Layout layout = tiled(4, 20);
  const auto refuses = [&](Batch<double> batch) {
    auto engine = random_engine(seed);
    EXPECT_THROW(draw_sine_generation(task, engine, batch), InvalidInput);
  };
  refuses(zero_batch<double>(layout, 2, 2));
  refuses(zero_batch<double>(layout, 1, 1));
  refuses(zero_batch<double>(tiled(4, 19), 1, 2));
  refuses(Batch<double>{});
  const Layout fewer = tiled(3, 20);
  const auto whole = zero_batch<double>(layout, 1, 2);
  refuses({History<double>(fewer, 1), whole.targets, whole.mask});
  refuses({whole.inputs, whole.targets, History<double>(fewer, 2)});
  refuses({whole.inputs, whole.targets, History<double>(layout, 1)});
}

}  // namespace
}  // namespace error_forcing
