#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/sine_generation.hpp>
#include <numbers>

#include "trial_shape.hpp"

namespace error_forcing {

namespace {

constexpr Index shortest_period = 2;
constexpr double unit_period = 90;  // whose input is 1

Index draw_period(const SineGeneration& task, RandomEngine& engine) {
  boost::random::uniform_int_distribution<int> choice(0, int(sine_generation_periods.size()) - 1);
  return sine_generation_periods[static_cast<std::size_t>(choice(engine))] + task.difficulty;
}

// Cosines for one period, copies of them for the others.
template <typename Scalar>
void write_targets(Index period, Index trial, History<Scalar>& targets) {
  const Index steps = targets.layout().steps;
  for (Index step = 1; step <= std::min(period, steps); ++step) {
    const double angle =
        2 * std::numbers::pi * static_cast<double>(step - 1) / static_cast<double>(period);
    targets(trial, step, 0) = Scalar(std::cos(angle));
    targets(trial, step, 1) = Scalar(std::cos(angle + std::numbers::pi / 4));
  }
  for (Index step = period + 1; step <= steps; ++step)
    for (Index output = 0; output < sine_generation_outputs; ++output)
      targets(trial, step, output) = targets(trial, step - period, output);
}

template <typename Scalar>
void write_trial(Index period, Index trial, Batch<Scalar>& batch) {
  const auto input = Scalar(static_cast<double>(period) / unit_period);
  for (Index step = 1; step <= batch.layout().steps; ++step) batch.inputs(trial, step, 0) = input;
  write_targets(period, trial, batch.targets);
}

TrialShape shape_of(const SineGeneration& task) {
  return {trial_steps(task), sine_generation_inputs, sine_generation_outputs};
}

}  // namespace

void validate(const SineGeneration& task) {
  const Index lowest = shortest_period - sine_generation_periods.front();
  require(task.difficulty >= lowest && task.difficulty <= longest_trial,
          "sine generation: difficulty: want {} to {} steps, so that every period, {} + difficulty "
          "and more, is at least {}; got {}",
          lowest, longest_trial, sine_generation_periods.front(), shortest_period, task.difficulty);
  require(task.steps >= 1 && task.steps <= longest_trial,
          "sine generation: steps: want 1 to {}, got {}", longest_trial, task.steps);
}

Index trial_steps(const SineGeneration& task) { return task.steps; }

template <typename Scalar>
void draw_sine_generation(const SineGeneration& task, RandomEngine& engine, Batch<Scalar>& batch) {
  validate(task);
  require_fit("sine generation", shape_of(task), batch);
  batch.mask.fill(Scalar(1));
  for (Index trial = 0; trial < batch.layout().trials; ++trial)
    write_trial(draw_period(task, engine), trial, batch);
}

template <typename Scalar>
Batch<Scalar> sine_generation(const SineGeneration& task, Index trials, RandomEngine& engine) {
  validate(task);
  auto batch = empty_batch<Scalar>("sine generation", shape_of(task), trials);
  draw_sine_generation(task, engine, batch);
  return batch;
}

#define INSTANTIATE(Scalar)                                                                 \
  template void draw_sine_generation(const SineGeneration&, RandomEngine&, Batch<Scalar>&); \
  template Batch<Scalar> sine_generation(const SineGeneration&, Index, RandomEngine&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
