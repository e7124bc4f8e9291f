#include "planar_runs.hpp"

#include <algorithm>
#include <cmath>
#include <error_forcing/e_step.hpp>
#include <error_forcing/errors.hpp>
#include <numbers>

namespace error_forcing::cli {

namespace {

// Rotating weights and an input that turns once in 22 steps carry the state around the origin.
Network<double> turning_network() {
  Network<double> network;
  network.parameters = {Matrix<double>{{0.3, -0.4}, {0.4, 0.3}}, Matrix<double>{{2.2, 0}, {0, 2.2}},
                        Vector<double>{{0, 0}}, Matrix<double>{{1, -0.75}}, Vector<double>{{0.1}}};
  network.leak = 0.25;
  network.initial_state = Vector<double>{{1.65, 1.0}};
  return network;
}

// One trial, the target observed at every step.
Batch<double> turning_batch(Index steps, double target) {
  auto batch = zero_batch<double>(tiled(1, steps), 2, 1);
  batch.targets.fill(target);
  batch.mask.fill(1);
  for (Index step = 1; step <= steps; ++step) {
    const double angle = 1.2 + 2 * std::numbers::pi * static_cast<double>(step) / 22;
    batch.inputs(0, step, 0) = std::cos(angle);
    batch.inputs(0, step, 1) = std::sin(angle);
  }
  return batch;
}

template <typename Predict>
PlanarRun run(std::string rule, const EStep<double>& e_step, Predict predict,
              const PlanarRuns& scene, Index steps) {
  const auto network = turning_network();
  const auto batch = turning_batch(steps, scene.target(0));
  auto trajectory = make_trajectory(network, batch);
  infer(e_step, network, batch, trajectory);
  PlanarRun result{std::move(rule), {}};
  for (Index step = 1; step <= steps; ++step) {
    const Vector<double> previous = trajectory.states.at(0, step - 1).col(0);
    const Vector<double> u = trajectory.states_before.at(0, step).col(0);
    const Vector<double> h = trajectory.states.at(0, step).col(0);
    result.steps.push_back({previous, u, h, scene.manifold.residual(u, scene.target).norm(),
                            measure_forcing(scene.manifold, u, h, scene.target), predict(u)});
  }
  return result;
}

}  // namespace

PlanarRuns run_planar_network(double gain, Index steps) {
  require(steps >= 1 && steps <= 10000, "steps: want 1 to 10000, got {}", steps);
  const auto network = turning_network();
  PlanarRuns scene{{network.parameters.C, network.parameters.d}, Vector<double>{{0.8}}, gain, {}};
  const auto error_forced = [&scene](double c) {
    return [&scene, c](const Vector<double>& u) {
      return predict_error_forcing(scene.manifold, u, scene.target, c);
    };
  };
  const auto teacher_forced = [&](const Vector<double>& u) {
    return predict_teacher_forcing(scene.manifold, u, scene.target, gain);
  };
  scene.runs = {
      run("free-running", FreeRunning{}, error_forced(0), scene, steps),
      run("teacher forcing", TeacherForcing<double>{.gain = gain}, teacher_forced, scene, steps),
      run("error forcing", ErrorForcing<double>{.gain = gain}, error_forced(gain), scene, steps)};
  return scene;
}

Vector<double> direction_along(const ZeroErrorManifold<double>& line) {
  const Vector<double> right{{1, 0}};
  return split_displacement(line, right).tangent.normalized();
}

double reach_along(const ZeroErrorManifold<double>& line, const PlanarRun& run) {
  const Vector<double> along = direction_along(line);
  const auto compare = [&](const PlanarStep& a, const PlanarStep& b) {
    return along.dot(a.after) < along.dot(b.after);
  };
  const auto [first, last] = std::minmax_element(run.steps.begin(), run.steps.end(), compare);
  return along.dot(last->after - first->after);
}

}  // namespace error_forcing::cli
