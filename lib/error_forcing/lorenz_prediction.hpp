#pragma once
// Lorenz prediction: shown the state of a chaotic system, say where it will be some steps later.
// Lorenz, Deterministic Nonperiodic Flow, Journal of the Atmospheric Sciences 20 (1963).
//
//   letter  meaning                                            here
//   v_t     the state in units of 20, z about 25               lorenz_scale, lorenz_centre
//   H       steps to predict over, the difficulty              LorenzPrediction::horizon
//   T       length of the trial                                LorenzPrediction::steps
//   dt      time of a step, 0.02                               lorenz_step
//
//   dx/dt = 10 (y - x),  dy/dt = x (28 - z) - y,  dz/dt = x y - 8/3 z
//   v = (x, y, z - 25) / 20
//
//   input 1, 2, 3      v_t                           at step t
//   target 1, 2, 3     v_{t + H}                     at step t
//   mask               1                             at every step, all outputs
//
// Errors grow by e in about 1.1 units of time, 55 steps. The system is integrated by the rule of
// Runge and Kutta with 4 parts a step, after 500 steps that bring it onto the attractor.
//
// Laws: the point from which the 500 steps start is uniform, |x|, |y| < 10 and |z - 25| < 10.
// Trials are drawn one after the other from the engine, each as x, y, z, so that drawing m and then
// n trials is drawing m + n; a longer horizon changes no input. All is computed in double and
// rounded to the scalar; between machines that contract products and sums otherwise, chaos makes a
// difference of rounding 1e-16 one of 1e-10 or so by the end of a trial of 200 steps.

#include <error_forcing/batch.hpp>
#include <error_forcing/random.hpp>

namespace error_forcing {

struct LorenzPrediction {
  Index horizon = 10;  ///< H, >= 1
  Index steps = 200;   ///< T, >= 1
};

inline constexpr Index lorenz_variables = 3;  ///< inputs and outputs
inline constexpr double lorenz_step = 0.02;
inline constexpr double lorenz_scale = 20;
inline constexpr double lorenz_centre = 25;  ///< of z

/// Throws InvalidInput for a horizon or a trial outside its range, or over 100 000 steps.
void validate(const LorenzPrediction& task);

/// T, the steps of a trial.
Index trial_steps(const LorenzPrediction& task);

/// Draws every trial of the batch anew. Throws InvalidInput unless the batch has T steps, three
/// inputs and three outputs.
template <typename Scalar>
void draw_lorenz_prediction(const LorenzPrediction& task, RandomEngine& engine,
                            Batch<Scalar>& batch);

/// A batch of so many (>= 1) new trials.
template <typename Scalar>
Batch<Scalar> lorenz_prediction(const LorenzPrediction& task, Index trials, RandomEngine& engine);

}  // namespace error_forcing
