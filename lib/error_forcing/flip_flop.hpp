#pragma once
// Flip-flop of n bits: output i is the sign of the last pulse on input i. A memory with 2^n states.
// Sussillo, Barak, Opening the Black Box, Neural Computation 25 (2013).
//
//   letter  meaning                                            here
//   n       bits                                               FlipFlop::bits
//   D       length of a pulse                                  FlipFlop::pulse
//   L       mean steps from a pulse's end to the next's start  FlipFlop::interval, the difficulty
//   T       length of the trial                                FlipFlop::steps
//
//   input i    s in a pulse of sign s = +-1 on channel i, 0 elsewhere
//   target i   sign of the last pulse on channel i, from its first step on
//   mask       0 at steps 1 .. D, 1 after, for all outputs
//
// Every channel begins with a pulse at step 1, so that every bit is set, and then, independent of
// the others, begins one with probability 1/L at each step without.
//
// Laws: signs are fair, and the steps from a pulse's end to the next's start are geometric with
// mean L. Trials are drawn one after the other from the engine, channel by channel, so that drawing
// m and then n trials is drawing m + n. Only integers are drawn: the same seed draws the same on
// every machine and in every precision.

#include <error_forcing/batch.hpp>
#include <error_forcing/random.hpp>

namespace error_forcing {

struct FlipFlop {
  Index interval = 50;  ///< L, >= 1
  Index bits = 3;       ///< n, 1 to 16
  Index pulse = 5;      ///< D, >= 1
  Index steps = 200;    ///< T, > D
};

/// Throws InvalidInput for an option outside its range.
void validate(const FlipFlop& task);

/// T, the steps of a trial.
Index trial_steps(const FlipFlop& task);

/// Draws every trial of the batch anew. Throws InvalidInput unless the batch has T steps, and n
/// inputs and outputs.
template <typename Scalar>
void draw_flip_flop(const FlipFlop& task, RandomEngine& engine, Batch<Scalar>& batch);

/// A batch of so many (>= 1) new trials.
template <typename Scalar>
Batch<Scalar> flip_flop(const FlipFlop& task, Index trials, RandomEngine& engine);

}  // namespace error_forcing
