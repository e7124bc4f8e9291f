#pragma once
// Sine generation: told a period, oscillate with it. A constant input names the period, and two
// outputs draw a cosine and the same cosine an eighth of a period ahead.
// A task of Sagtekin, Bredenberg, Savin, Error Forcing in Recurrent Neural Networks, NeurIPS 2025.
//
//   letter  meaning                                            here
//   p       period in steps, p_k + difficulty, drawn per trial >= 2
//   p_k     90, 105, 120, 135, 150, 165 or 180                 sine_generation_periods
//   T       length of the trial                                SineGeneration::steps
//
//   input      p / 90                            at every step
//   target 1   cos(2 pi t / p)                   t = 0 .. T-1 at steps 1 .. T
//   target 2   cos(2 pi t / p + pi / 4)          t = 0 .. T-1 at steps 1 .. T
//   mask       1                                 at every step, both outputs
//
// Laws: p is drawn uniformly, one number of the engine a trial, and nothing else is drawn, so that
// drawing m and then n trials is drawing m + n: a trial depends on the engine and on the trials
// before it, neither on how many are drawn nor on the scalar. The same seed draws the same periods
// on every machine. Targets repeat after p steps bit for bit. They and the input are computed in
// double and rounded to the scalar.

#include <array>
#include <error_forcing/batch.hpp>
#include <error_forcing/random.hpp>

namespace error_forcing {

struct SineGeneration {
  Index difficulty = 0;  ///< steps added to every period, >= -88; -55 is published too
  Index steps = 500;     ///< T, >= 1
};

inline constexpr Index sine_generation_inputs = 1;
inline constexpr Index sine_generation_outputs = 2;
inline constexpr std::array<Index, 7> sine_generation_periods{90, 105, 120, 135, 150, 165, 180};

/// Throws InvalidInput for a period below 2, or a difficulty or a trial over 100 000 steps.
void validate(const SineGeneration& task);

/// T, the steps of a trial.
Index trial_steps(const SineGeneration& task);

/// Draws every trial of the batch anew. Throws InvalidInput unless the batch has T steps, one input
/// and two outputs.
template <typename Scalar>
void draw_sine_generation(const SineGeneration& task, RandomEngine& engine, Batch<Scalar>& batch);

/// A batch of so many (>= 1) new trials.
template <typename Scalar>
Batch<Scalar> sine_generation(const SineGeneration& task, Index trials, RandomEngine& engine);

}  // namespace error_forcing
