#include <error_forcing/errors.hpp>
#include <error_forcing/flip_flop.hpp>
#include <error_forcing/instantiate.hpp>

#include "trial_shape.hpp"

namespace error_forcing {

namespace {

constexpr Index most_bits = 16;

// A channel from the first step to the last, as its pulses come.
template <typename Scalar>
void draw_channel(const FlipFlop& task, RandomEngine& engine, Index trial, Index channel,
                  Batch<Scalar>& batch) {
  boost::random::uniform_int_distribution<int> coin(0, 1);
  boost::random::uniform_int_distribution<Index> wait(1, task.interval);
  Scalar sign(0);
  Index left = 0;  // steps of the pulse to come
  for (Index step = 1; step <= task.steps; ++step) {
    if (left == 0 && (step == 1 || wait(engine) == 1)) {
      sign = Scalar(2 * coin(engine) - 1);
      left = task.pulse;
    }
    if (left > 0) {
      batch.inputs(trial, step, channel) = sign;
      --left;
    }
    batch.targets(trial, step, channel) = sign;
    batch.mask(trial, step, channel) = Scalar(step > task.pulse ? 1 : 0);
  }
}

TrialShape shape_of(const FlipFlop& task) { return {trial_steps(task), task.bits, task.bits}; }

}  // namespace

void validate(const FlipFlop& task) {
  require(task.bits >= 1 && task.bits <= most_bits, "flip-flop: bits: want 1 to {}, got {}",
          most_bits, task.bits);
  require_steps("flip-flop", "difficulty, the mean interval between pulses", 1, task.interval);
  require_steps("flip-flop", "pulse", 1, task.pulse);
  require_steps("flip-flop", "steps, more than those of a pulse", task.pulse + 1, task.steps);
}

Index trial_steps(const FlipFlop& task) { return task.steps; }

template <typename Scalar>
void draw_flip_flop(const FlipFlop& task, RandomEngine& engine, Batch<Scalar>& batch) {
  validate(task);
  clear_batch("flip-flop", shape_of(task), batch);
  for (Index trial = 0; trial < batch.layout().trials; ++trial)
    for (Index channel = 0; channel < task.bits; ++channel)
      draw_channel(task, engine, trial, channel, batch);
}

template <typename Scalar>
Batch<Scalar> flip_flop(const FlipFlop& task, Index trials, RandomEngine& engine) {
  validate(task);
  auto batch = empty_batch<Scalar>("flip-flop", shape_of(task), trials);
  draw_flip_flop(task, engine, batch);
  return batch;
}

#define INSTANTIATE(Scalar)                                                     \
  template void draw_flip_flop(const FlipFlop&, RandomEngine&, Batch<Scalar>&); \
  template Batch<Scalar> flip_flop(const FlipFlop&, Index, RandomEngine&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
