#include <error_forcing/delayed_xor.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>

#include "trial_shape.hpp"

namespace error_forcing {

namespace {

// What distinguishes one trial from another.
struct XorDraw {
  int first = 0, second = 0;  // s_1, s_2
  Index window = 0;           // t_w
};

XorDraw draw_trial(const DelayedXor& task, RandomEngine& engine) {
  boost::random::uniform_int_distribution<int> coin(0, 1);
  boost::random::uniform_int_distribution<Index> jitter(-task.pulse / 2, task.pulse / 2 - 1);
  XorDraw draw;
  draw.first = 2 * coin(engine) - 1;
  draw.second = 2 * coin(engine) - 1;
  draw.window = 3 * task.pulse + task.delay + jitter(engine) + 1;
  return draw;
}

template <typename Scalar>
void write_trial(const DelayedXor& task, const XorDraw& draw, Index trial, Batch<Scalar>& batch) {
  for (Index k = 0; k < task.pulse; ++k) {
    batch.inputs(trial, 1 + k, 0) = Scalar(draw.first);
    batch.inputs(trial, 1 + 2 * task.pulse + k, 1) = Scalar(draw.second);
    batch.inputs(trial, draw.window + k, 2) = Scalar(0);
    batch.targets(trial, draw.window + k, 0) = Scalar(draw.first * draw.second);
    batch.mask(trial, draw.window + k, 0) = Scalar(1);
  }
}

TrialShape shape_of(const DelayedXor& task) {
  return {trial_steps(task), delayed_xor_inputs, delayed_xor_outputs};
}

}  // namespace

void validate(const DelayedXor& task) {
  require(task.pulse >= 2 && task.pulse % 2 == 0 && task.pulse <= longest_trial,
          "delayed XOR: pulse: want an even number of steps from 2 to {}, so that the jitter "
          "reaches half a pulse either way; got {}",
          longest_trial, task.pulse);
  require(task.delay >= task.pulse / 2,
          "delayed XOR: delay: want at least {} steps, half the pulse, so that the earliest window "
          "follows the second pulse; got {}",
          task.pulse / 2, task.delay);
  require(task.delay <= longest_trial && trial_steps(task) <= longest_trial,
          "delayed XOR: delay {} and pulse {} make trials of more than {} steps; shorten them",
          task.delay, task.pulse, longest_trial);
}

Index trial_steps(const DelayedXor& task) { return 4 * task.pulse + task.pulse / 2 + task.delay; }

template <typename Scalar>
void draw_delayed_xor(const DelayedXor& task, RandomEngine& engine, Batch<Scalar>& batch) {
  validate(task);
  clear_batch("delayed XOR", shape_of(task), batch);
  for (Index trial = 0; trial < batch.layout().trials; ++trial) {
    for (Index step = 1; step <= batch.layout().steps; ++step)
      batch.inputs(trial, step, 2) = Scalar(1);
    write_trial(task, draw_trial(task, engine), trial, batch);
  }
}

template <typename Scalar>
Batch<Scalar> delayed_xor(const DelayedXor& task, Index trials, RandomEngine& engine) {
  validate(task);
  auto batch = empty_batch<Scalar>("delayed XOR", shape_of(task), trials);
  draw_delayed_xor(task, engine, batch);
  return batch;
}

#define INSTANTIATE(Scalar)                                                         \
  template void draw_delayed_xor(const DelayedXor&, RandomEngine&, Batch<Scalar>&); \
  template Batch<Scalar> delayed_xor(const DelayedXor&, Index, RandomEngine&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
