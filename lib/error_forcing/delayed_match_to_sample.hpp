#pragma once
// Delayed match to sample: a stimulus, a delay, another stimulus: the same?
// The task of Miyashita, Nature 335 (1988); one of the twenty of Yang, Joglekar, Song, Newsome,
// Wang, Task representations in neural networks trained to perform many cognitive tasks, Nature
// Neuroscience 22 (2019).
//
//   letter  meaning                                            here
//   K       stimuli, one input each                            DelayedMatch::stimuli
//   D       length of a stimulus and of the window             DelayedMatch::pulse
//   a, b    the sample and the test, 1 .. K                    drawn per trial
//   T       length of the trial, 3 D + delay                   trial_steps()
//
//   steps           1 .. D    D + 1 .. D + delay    next D    next D, to T
//   input a           1               0               0           0
//   input b           0               0               1           0
//   others            0               0               0           0
//   target            0               0               0      a == b ? 1 : -1
//   mask              0               0               0           1
//
// Laws: a is uniform, the trial is a match with probability 1/2, and else b is uniform over the
// others. Trials are drawn one after the other from the engine, each as a, match and, unless it is
// one, b, so that drawing m and then n trials is drawing m + n. The same seed draws the same on
// every machine and in every precision.

#include <error_forcing/batch.hpp>
#include <error_forcing/random.hpp>

namespace error_forcing {

struct DelayedMatch {
  Index delay = 50;   ///< silent steps from the sample to the test, >= 0; the difficulty
  Index stimuli = 4;  ///< K, 2 to 64
  Index pulse = 10;   ///< D, >= 1
};

inline constexpr Index delayed_match_outputs = 1;

/// Throws InvalidInput for an option outside its range, or a trial over 100 000 steps.
void validate(const DelayedMatch& task);

/// T, the steps of a trial.
Index trial_steps(const DelayedMatch& task);

/// Draws every trial of the batch anew. Throws InvalidInput unless the batch has T steps, K inputs
/// and one output.
template <typename Scalar>
void draw_delayed_match(const DelayedMatch& task, RandomEngine& engine, Batch<Scalar>& batch);

/// A batch of so many (>= 1) new trials.
template <typename Scalar>
Batch<Scalar> delayed_match(const DelayedMatch& task, Index trials, RandomEngine& engine);

}  // namespace error_forcing
