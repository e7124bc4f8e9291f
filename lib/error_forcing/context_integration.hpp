#pragma once
// Context-dependent integration: two noisy streams at once, and a context that tells which of them
// to integrate. Was its mean positive?
// Mante, Sussillo, Shenoy, Newsome, Context-dependent computation by recurrent dynamics in
// prefrontal cortex, Nature 503 (2013).
//
//   letter  meaning                                            here
//   c_k     coherence of stream k, +-0.1, +-0.2 or +-0.4       context_coherences, drawn
//   r       the stream that counts, 1 or 2                     drawn per trial
//   s       deviation of a stream at a step                    ContextIntegration::noise
//   S, D    length of the stimulus, 75, and of the window, 10  context_stimulus, context_window
//   T       length of the trial, S + delay + D                 trial_steps()
//
//   steps              1 .. S          S + 1 .. S + delay     next D, to T
//   input k = 1, 2     N(c_k, s^2)              0                   0
//   input 2 + r        1                        1                   1
//   input 5 - r        0                        0                   0
//   target             0                        0                sign c_r
//   mask               0                        0                   1
//
// Laws: c_1, c_2 and r are uniform and independent, and so is every entry of noise; the stream that
// does not count says nothing about the target. Trials are drawn one after the other from the
// engine, each as c_1, c_2, r and the noise step by step, so that drawing m and then n trials is
// drawing m + n. All is drawn in double and rounded to the scalar.

#include <array>
#include <error_forcing/batch.hpp>
#include <error_forcing/random.hpp>

namespace error_forcing {

struct ContextIntegration {
  Index delay = 10;    ///< silent steps from the stimulus to the window, >= 0; the difficulty
  double noise = 0.5;  ///< s, >= 0 and finite
};

inline constexpr Index context_inputs = 4;
inline constexpr Index context_outputs = 1;
inline constexpr Index context_stimulus = 75;  ///< S, steps
inline constexpr Index context_window = 10;    ///< D, steps
inline constexpr std::array<double, 3> context_coherences{0.1, 0.2, 0.4};

/// Throws InvalidInput for a delay or a noise outside its range, or a trial over 100 000 steps.
void validate(const ContextIntegration& task);

/// T, the steps of a trial.
Index trial_steps(const ContextIntegration& task);

/// Draws every trial of the batch anew. Throws InvalidInput unless the batch has T steps, four
/// inputs and one output.
template <typename Scalar>
void draw_context_integration(const ContextIntegration& task, RandomEngine& engine,
                              Batch<Scalar>& batch);

/// A batch of so many (>= 1) new trials.
template <typename Scalar>
Batch<Scalar> context_integration(const ContextIntegration& task, Index trials,
                                  RandomEngine& engine);

}  // namespace error_forcing
