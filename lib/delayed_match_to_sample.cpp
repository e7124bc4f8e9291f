#include <error_forcing/delayed_match_to_sample.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>

#include "trial_shape.hpp"

namespace error_forcing {

namespace {

constexpr Index most_stimuli = 64;

struct MatchDraw {
  Index sample = 0, test = 0;
};

// A test that is no match is one of the other K - 1, so many places further round.
MatchDraw draw_match(const DelayedMatch& task, RandomEngine& engine) {
  boost::random::uniform_int_distribution<Index> stimulus(0, task.stimuli - 1);
  boost::random::uniform_int_distribution<Index> other(1, task.stimuli - 1);
  boost::random::uniform_int_distribution<int> coin(0, 1);
  MatchDraw draw;
  draw.sample = stimulus(engine);
  draw.test = draw.sample;
  if (coin(engine) == 0) draw.test = (draw.sample + other(engine)) % task.stimuli;
  return draw;
}

template <typename Scalar>
void write_trial(const DelayedMatch& task, const MatchDraw& draw, Index trial,
                 Batch<Scalar>& batch) {
  const Index test = task.pulse + task.delay, window = test + task.pulse;
  for (Index step = 1; step <= task.pulse; ++step) {
    batch.inputs(trial, step, draw.sample) = Scalar(1);
    batch.inputs(trial, test + step, draw.test) = Scalar(1);
    batch.targets(trial, window + step, 0) = Scalar(draw.sample == draw.test ? 1 : -1);
    batch.mask(trial, window + step, 0) = Scalar(1);
  }
}

TrialShape shape_of(const DelayedMatch& task) {
  return {trial_steps(task), task.stimuli, delayed_match_outputs};
}

}  // namespace

void validate(const DelayedMatch& task) {
  require(task.stimuli >= 2 && task.stimuli <= most_stimuli,
          "delayed match to sample: stimuli: want 2 to {}, got {}", most_stimuli, task.stimuli);
  require_steps("delayed match to sample", "pulse", 1, task.pulse);
  require_steps("delayed match to sample", "delay", 0, task.delay);
  require(trial_steps(task) <= longest_trial,
          "delayed match to sample: delay {} and pulse {} make trials of more than {} steps; "
          "shorten them",
          task.delay, task.pulse, longest_trial);
}

Index trial_steps(const DelayedMatch& task) { return 3 * task.pulse + task.delay; }

template <typename Scalar>
void draw_delayed_match(const DelayedMatch& task, RandomEngine& engine, Batch<Scalar>& batch) {
  validate(task);
  clear_batch("delayed match to sample", shape_of(task), batch);
  for (Index trial = 0; trial < batch.layout().trials; ++trial)
    write_trial(task, draw_match(task, engine), trial, batch);
}

template <typename Scalar>
Batch<Scalar> delayed_match(const DelayedMatch& task, Index trials, RandomEngine& engine) {
  validate(task);
  auto batch = empty_batch<Scalar>("delayed match to sample", shape_of(task), trials);
  draw_delayed_match(task, engine, batch);
  return batch;
}

#define INSTANTIATE(Scalar)                                                             \
  template void draw_delayed_match(const DelayedMatch&, RandomEngine&, Batch<Scalar>&); \
  template Batch<Scalar> delayed_match(const DelayedMatch&, Index, RandomEngine&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
