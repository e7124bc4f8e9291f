#include <boost/random/uniform_01.hpp>
#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/limit_cycle.hpp>
#include <numbers>

#include "trial_shape.hpp"

namespace error_forcing {

namespace {

constexpr double attraction = 2;  // k p

struct PolarPoint {
  double radius = 1, phase = 0;
  double x() const { return radius * std::cos(phase); }
  double y() const { return radius * std::sin(phase); }
};

PolarPoint draw_start(RandomEngine& engine) {
  boost::random::uniform_01<double> uniform;
  PolarPoint start;
  start.radius = 0.5 + uniform(engine);
  start.phase = 2 * std::numbers::pi * uniform(engine);
  return start;
}

// So many periods after the start.
PolarPoint after(const PolarPoint& start, double periods) {
  const double excess = 1 / (start.radius * start.radius) - 1;
  return {1 / std::sqrt(1 + excess * std::exp(-2 * attraction * periods)),
          start.phase + 2 * std::numbers::pi * periods};
}

template <typename Scalar>
void write_trial(const LimitCycle& task, const PolarPoint& start, Index trial,
                 Batch<Scalar>& batch) {
  for (Index step = 1; step <= limit_cycle_cue; ++step) {
    batch.inputs(trial, step, 0) = Scalar(start.x());
    batch.inputs(trial, step, 1) = Scalar(start.y());
  }
  for (Index step = limit_cycle_cue + 1; step <= task.steps; ++step) {
    const auto time = static_cast<double>(step - limit_cycle_cue - 1);
    const PolarPoint now = after(start, time / static_cast<double>(task.period));
    batch.targets(trial, step, 0) = Scalar(now.x());
    batch.targets(trial, step, 1) = Scalar(now.y());
    batch.mask(trial, step, 0) = batch.mask(trial, step, 1) = Scalar(1);
  }
}

TrialShape shape_of(const LimitCycle& task) {
  return {trial_steps(task), limit_cycle_inputs, limit_cycle_outputs};
}

}  // namespace

void validate(const LimitCycle& task) {
  require_steps("limit cycle", "difficulty, the period", 2, task.period);
  require_steps("limit cycle", "steps", limit_cycle_cue + 1, task.steps);
}

Index trial_steps(const LimitCycle& task) { return task.steps; }

template <typename Scalar>
void draw_limit_cycle(const LimitCycle& task, RandomEngine& engine, Batch<Scalar>& batch) {
  validate(task);
  clear_batch("limit cycle", shape_of(task), batch);
  for (Index trial = 0; trial < batch.layout().trials; ++trial)
    write_trial(task, draw_start(engine), trial, batch);
}

template <typename Scalar>
Batch<Scalar> limit_cycle(const LimitCycle& task, Index trials, RandomEngine& engine) {
  validate(task);
  auto batch = empty_batch<Scalar>("limit cycle", shape_of(task), trials);
  draw_limit_cycle(task, engine, batch);
  return batch;
}

#define INSTANTIATE(Scalar)                                                         \
  template void draw_limit_cycle(const LimitCycle&, RandomEngine&, Batch<Scalar>&); \
  template Batch<Scalar> limit_cycle(const LimitCycle&, Index, RandomEngine&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
