#pragma once
// Delayed XOR: do two pulses, shown one after the other, have the same sign? Answer after a delay.
// The task of Sagtekin, Bredenberg, Savin, Error Forcing in Recurrent Neural Networks, NeurIPS
// 2025.
//
//   letter  meaning                                            here
//   D       length of a pulse, of the gap and of the window    DelayedXor::pulse
//   j       jitter of the window, integer in -D/2 .. D/2 - 1   drawn per trial
//   t_w     first step of the window, 3D + delay + j + 1       steps count from 1
//   T       length of the trial, 4D + D/2 + delay              trial_steps()
//
//   steps        1 .. D   D+1 .. 2D   2D+1 .. 3D   ..   t_w .. t_w + D - 1   ..   T
//   input 1        s_1         0           0        0            0            0
//   input 2         0          0          s_2       0            0            0
//   input 3         1          1           1        1            0            1
//   target          0          0           0        0         s_1 s_2         0
//   mask            0          0           0        0            1            0
//
// s_1, s_2 = +-1 and j are drawn uniformly and independently. The window follows the second pulse
// and ends before step T in every trial.
//
// Law: trials are drawn one after the other from the engine, each as s_1, s_2, j, so that drawing m
// and then n trials is drawing m + n: a trial depends on the engine and on the trials before it,
// neither on how many are drawn nor on the scalar. The same seed draws the same on every machine.

#include <error_forcing/batch.hpp>
#include <error_forcing/random.hpp>

namespace error_forcing {

struct DelayedXor {
  Index delay = 100;  ///< steps from the second pulse to the window, before jitter; >= pulse / 2
  Index pulse = 10;   ///< D, even, >= 2
};

inline constexpr Index delayed_xor_inputs = 3;
inline constexpr Index delayed_xor_outputs = 1;

/// Throws InvalidInput for a pulse or a delay outside its range, or a trial over 100 000 steps.
void validate(const DelayedXor& task);

/// T, the steps of a trial.
Index trial_steps(const DelayedXor& task);

/// Draws every trial of the batch anew. Throws InvalidInput unless the batch has T steps, three
/// inputs and one output.
template <typename Scalar>
void draw_delayed_xor(const DelayedXor& task, RandomEngine& engine, Batch<Scalar>& batch);

/// A batch of so many (>= 1) new trials.
template <typename Scalar>
Batch<Scalar> delayed_xor(const DelayedXor& task, Index trials, RandomEngine& engine);

}  // namespace error_forcing
