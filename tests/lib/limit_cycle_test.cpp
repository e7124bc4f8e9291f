#include <gtest/gtest.h>
#include <error_forcing/errors.hpp>
#include <error_forcing/limit_cycle.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "lib/uniform_counts.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using test::chi_squared, test::chi_squared_limit;

constexpr std::uint64_t cycle_seed = 20240612;
const double full_turn = 2 * std::acos(-1.0);

Batch<double> draw_cycles(const LimitCycle& task, Index trials, std::uint64_t stream = 0) {
  auto engine = random_engine(cycle_seed, stream);
  return limit_cycle<double>(task, trials, engine);
}

// The differential equation in x and y, by the rule of Runge and Kutta in long double: no closed
// form, no angle.
class Spiral {
  using Long = long double;

 public:
  Spiral(double x, double y, Index period)
      : x_(x), y_(y), rate_(2 / Long(period)), turn_(2 * std::acos(Long(-1)) / Long(period)) {}
  double x() const { return static_cast<double>(x_); }
  double y() const { return static_cast<double>(y_); }

  void step() {
    constexpr int parts = 64;
    for (int k = 0; k < parts; ++k) advance(Long(1) / parts);
  }

 private:
  struct Slope {
    Long x, y;
  };
  Slope slope(Long x, Long y) const {
    const Long growth = rate_ * (1 - x * x - y * y);
    return {growth * x - turn_ * y, growth * y + turn_ * x};
  }
  void advance(Long dt) {
    const Slope a = slope(x_, y_), b = slope(x_ + dt / 2 * a.x, y_ + dt / 2 * a.y);
    const Slope c = slope(x_ + dt / 2 * b.x, y_ + dt / 2 * b.y);
    const Slope d = slope(x_ + dt * c.x, y_ + dt * c.y);
    x_ += dt / 6 * (a.x + 2 * b.x + 2 * c.x + d.x);
    y_ += dt / 6 * (a.y + 2 * b.y + 2 * c.y + d.y);
  }

  Long x_, y_, rate_, turn_;
};

TEST(LimitCycleLaw, TargetsSolveTheDifferentialEquationFromThePointShown) {
  SCOPED_TRACE(cycle_seed);
  for (const LimitCycle& task : {LimitCycle{}, LimitCycle{.period = 13, .steps = 60},
                                 LimitCycle{.period = 1000, .steps = 6}}) {
    const auto batch = draw_cycles(task, 8);
    ASSERT_EQ(batch.layout().steps, task.steps);
    for (Index trial = 0; trial < 8; ++trial) {
      const double x = batch.inputs(trial, 1, 0), y = batch.inputs(trial, 1, 1);
      Spiral want(x, y, task.period);
      for (Index step = 1; step <= task.steps; ++step) {
        const bool shown = step <= 5;
        ASSERT_EQ(batch.inputs(trial, step, 0), shown ? x : 0);
        ASSERT_EQ(batch.inputs(trial, step, 1), shown ? y : 0);
        for (Index output = 0; output < 2; ++output)
          ASSERT_EQ(batch.mask(trial, step, output), shown ? 0 : 1);
        ASSERT_NEAR(batch.targets(trial, step, 0), shown ? 0 : want.x(), 1e-8) << step;
        ASSERT_NEAR(batch.targets(trial, step, 1), shown ? 0 : want.y(), 1e-8) << step;
        if (!shown) want.step();
      }
    }
  }
}

TEST(LimitCycleLaw, EveryTrialEndsOnTheCircleAtAPhaseOfItsOwn) {
  SCOPED_TRACE(cycle_seed);
  const auto batch = draw_cycles({.period = 20, .steps = 300}, 400);
  std::vector<double> sectors(8);
  for (Index trial = 0; trial < 400; ++trial) {
    const double x = batch.targets(trial, 300, 0), y = batch.targets(trial, 300, 1);
    ASSERT_NEAR(std::hypot(x, y), 1, 1e-12);
    const double angle = std::atan2(y, x) / full_turn;
    ++sectors[static_cast<std::size_t>(std::min(7.0, 8 * (angle < 0 ? angle + 1 : angle)))];
  }
  EXPECT_LT(chi_squared(sectors), chi_squared_limit(8));
}

TEST(LimitCycleLaw, RadiusAndPhaseAreUniformAndIndependent) {
  SCOPED_TRACE(cycle_seed);
  const auto batch = draw_cycles({.steps = 6}, 8000, 1);
  std::vector<double> cells(48);
  for (Index trial = 0; trial < 8000; ++trial) {
    const double x = batch.inputs(trial, 1, 0), y = batch.inputs(trial, 1, 1);
    const double radius = std::hypot(x, y) - 0.5, angle = std::atan2(y, x) / full_turn;
    ASSERT_GE(radius, -1e-12);
    ASSERT_LE(radius, 1 + 1e-12);
    const auto ring = static_cast<std::size_t>(std::clamp(6 * radius, 0.0, 5.0));
    ++cells[8 * ring +
            static_cast<std::size_t>(std::min(7.0, 8 * (angle < 0 ? angle + 1 : angle)))];
  }
  EXPECT_LT(chi_squared(cells), chi_squared_limit(cells.size()));
}

// A difficulty slows the cycle and changes nothing that is drawn.
TEST(LimitCycleLaw, ThePeriodChangesNothingThatIsDrawn) {
  const auto fast = draw_cycles({.period = 10, .steps = 50}, 40);
  const auto slow = draw_cycles({.period = 20, .steps = 50}, 40);
  EXPECT_TRUE(test::equal(fast.inputs, slow.inputs));
  for (Index trial = 0; trial < 40; ++trial)
    for (Index t = 0; t < 22; ++t)
      EXPECT_NEAR(fast.targets(trial, 6 + t, 0), slow.targets(trial, 6 + 2 * t, 0), 1e-14);
}

TEST(LimitCycleHostile, OptionsOutOfRangeAreNamedWithTheirRange) {
  constexpr Index huge = std::numeric_limits<Index>::max();
  const auto refuse = [](const LimitCycle& task, const std::string& part) {
    test::expect_refusal([&] { draw_cycles(task, 2); }, part);
  };
  for (const Index period : {Index(1), Index(0), Index(-3), Index(100'001), huge})
    refuse({.period = period}, "period: want 2 to 100000 steps, got " + std::to_string(period));
  for (const Index steps : {Index(5), Index(0), Index(-3), Index(100'001), huge})
    refuse({.steps = steps}, "steps: want 6 to 100000 steps, got " + std::to_string(steps));
  for (const Index trials : {0, -3})
    test::expect_refusal([&] { draw_cycles({}, trials); },
                         "at least 1 trial, got " + std::to_string(trials));
}

}  // namespace
}  // namespace error_forcing
