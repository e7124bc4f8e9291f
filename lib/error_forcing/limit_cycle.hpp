#pragma once
// Limit cycle: shown a point of the plane, spiral from there onto a circle and go round it, with no
// input. The target never rests, and where it is in its cycle depends on the point.
// The normal form of the Hopf bifurcation (Stuart, Landau), e.g. Strogatz, Nonlinear Dynamics and
// Chaos (1994), section 8.2; solved in closed form.
//
//   letter  meaning                                            here
//   p       period in steps, the difficulty                    LimitCycle::period
//   k       rate of attraction, 2 / p a step
//   r, f    radius and phase at time 0                         drawn: [0.5, 1.5) and [0, 2 pi)
//   D       steps in which the point is shown                  limit_cycle_cue, 5
//   T       length of the trial                                LimitCycle::steps
//
//   dr/dt = k r (1 - r^2),  df/dt = 2 pi / p,  time t = 0 at step D + 1
//
//   steps              1 .. D        D + 1 .. T,  t = step - D - 1
//   input 1, 2      r (cos f, sin f)           0
//   target 1, 2           0          r_t (cos, sin)(f + 2 pi t / p)
//   mask                  0                    1
//   r_t = 1 / sqrt(1 + (1/r^2 - 1) exp(-2 k t))
//
// Laws: r and f are uniform and independent. Trials are drawn one after the other from the engine,
// each as r, f, so that drawing m and then n trials is drawing m + n. All is computed in double and
// rounded to the scalar.

#include <error_forcing/batch.hpp>
#include <error_forcing/random.hpp>

namespace error_forcing {

struct LimitCycle {
  Index period = 50;  ///< p, steps, >= 2
  Index steps = 200;  ///< T, > limit_cycle_cue
};

inline constexpr Index limit_cycle_inputs = 2;
inline constexpr Index limit_cycle_outputs = 2;
inline constexpr Index limit_cycle_cue = 5;  ///< D, steps

/// Throws InvalidInput for a period or a trial outside its range, or over 100 000 steps.
void validate(const LimitCycle& task);

/// T, the steps of a trial.
Index trial_steps(const LimitCycle& task);

/// Draws every trial of the batch anew. Throws InvalidInput unless the batch has T steps, two
/// inputs and two outputs.
template <typename Scalar>
void draw_limit_cycle(const LimitCycle& task, RandomEngine& engine, Batch<Scalar>& batch);

/// A batch of so many (>= 1) new trials.
template <typename Scalar>
Batch<Scalar> limit_cycle(const LimitCycle& task, Index trials, RandomEngine& engine);

}  // namespace error_forcing
