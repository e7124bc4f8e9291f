#include <boost/random/uniform_01.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/lorenz_prediction.hpp>

#include "trial_shape.hpp"

namespace error_forcing {

namespace {

using LorenzState = Eigen::Vector3d;

constexpr Index steps_to_attractor = 500;
constexpr int parts_of_a_step = 4;

LorenzState velocity(const LorenzState& v) {
  const double x = v(0), y = v(1), z = v(2);
  return {10 * (y - x), x * (28 - z) - y, x * y - 8.0 / 3 * z};
}

void advance(LorenzState& v) {
  constexpr double dt = lorenz_step / parts_of_a_step;
  for (int part = 0; part < parts_of_a_step; ++part) {
    const LorenzState a = velocity(v), b = velocity(v + dt / 2 * a);
    const LorenzState c = velocity(v + dt / 2 * b), d = velocity(v + dt * c);
    v += dt / 6 * (a + 2 * b + 2 * c + d);
  }
}

LorenzState draw_on_attractor(RandomEngine& engine) {
  boost::random::uniform_01<double> uniform;
  LorenzState v;
  for (double& value : v) value = 20 * uniform(engine) - 10;
  v(2) += lorenz_centre;
  for (Index step = 0; step < steps_to_attractor; ++step) advance(v);
  return v;
}

template <typename Scalar>
void write_trial(const LorenzPrediction& task, LorenzState v, Index trial, Batch<Scalar>& batch) {
  for (Index step = 1; step <= task.steps + task.horizon; ++step, advance(v)) {
    const LorenzState shown = (v - LorenzState(0, 0, lorenz_centre)) / lorenz_scale;
    for (Index k = 0; k < lorenz_variables; ++k) {
      if (step <= task.steps) batch.inputs(trial, step, k) = Scalar(shown(k));
      if (step > task.horizon) batch.targets(trial, step - task.horizon, k) = Scalar(shown(k));
    }
  }
}

TrialShape shape_of(const LorenzPrediction& task) {
  return {trial_steps(task), lorenz_variables, lorenz_variables};
}

}  // namespace

void validate(const LorenzPrediction& task) {
  require_steps("Lorenz prediction", "difficulty, the horizon", 1, task.horizon);
  require_steps("Lorenz prediction", "steps", 1, task.steps);
}

Index trial_steps(const LorenzPrediction& task) { return task.steps; }

template <typename Scalar>
void draw_lorenz_prediction(const LorenzPrediction& task, RandomEngine& engine,
                            Batch<Scalar>& batch) {
  validate(task);
  require_fit("Lorenz prediction", shape_of(task), batch);
  batch.mask.fill(Scalar(1));
  for (Index trial = 0; trial < batch.layout().trials; ++trial)
    write_trial(task, draw_on_attractor(engine), trial, batch);
}

template <typename Scalar>
Batch<Scalar> lorenz_prediction(const LorenzPrediction& task, Index trials, RandomEngine& engine) {
  validate(task);
  auto batch = empty_batch<Scalar>("Lorenz prediction", shape_of(task), trials);
  draw_lorenz_prediction(task, engine, batch);
  return batch;
}

#define INSTANTIATE(Scalar)                                                                     \
  template void draw_lorenz_prediction(const LorenzPrediction&, RandomEngine&, Batch<Scalar>&); \
  template Batch<Scalar> lorenz_prediction(const LorenzPrediction&, Index, RandomEngine&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
