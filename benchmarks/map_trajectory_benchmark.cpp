// MAP inference on one trial: a Gauss-Newton step in both forms, and the products that it is made
// of, beside a rollout and a gradient of the same trial. `rollouts` and `gradients` are the cost in
// these units. Verified: <mu, D nu> = <D' mu, nu>, and the two forms of a step agree.

#include <error_forcing/map_trajectory.hpp>
#include <error_forcing/non_centred_gradient.hpp>
#include <error_forcing/output_jacobian.hpp>
#include <error_forcing/statistics.hpp>

#include "in_rollouts.hpp"
#include "paper_case.hpp"
#include "run_mode.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace map_trajectory_suite {

constexpr Index steps = 100;

struct Scene {
  GenerativeModel<double> model;
  ObservedTrial<double> trial;
  Matrix<double> noises, states;
};

Scene scene(Index units, Index observed) {
  auto c = paper_case<double>(units, 1, steps);
  c.network.parameters.C *= static_cast<double>(units);  // of order one
  observe_evenly(c.batch, observed);
  Scene s{{c.network, isotropic_noise<double>(units, 1, 0.3, 0.3)}, trial_of(c.batch, 0), {}, {}};
  auto engine = random_engine(3);
  s.noises = normal_matrix(engine, units, steps + 1, 0.1);
  s.noises.col(0).setZero();
  s.states = displaced_states<double>(s.model.network, s.trial, 0.3 * s.noises);
  return s;
}

// Times the call, and reports it in rollouts and in gradients of the same trial.
template <typename Call>
void in_rollouts(benchmark::State& state, const Scene& s, const Call& call) {
  const Matrix<double> displacements = 0.3 * s.noises;
  const double gradient = quickest([&] {
    displaced_states<double>(s.model.network, s.trial, displacements);
    non_centred_gradient(s.model, s.trial, s.states);
  });
  alternate_with_rollouts(state, s.model.network, s.trial, displacements, call);
  const double taken = state.counters["ns_per_step"] * 1e-9 * static_cast<double>(steps);
  state.counters["gradients"] = taken / gradient;
}

void tangent_and_adjoint(benchmark::State& state) {
  const auto s = scene(state.range(0), state.range(1));
  const auto& network = s.model.network;
  const auto outputs = output_tangent(network, s.trial, s.states, s.noises);
  const Vector<double> mu = outputs;
  const double both_ways =
      output_adjoint(network, s.trial, s.states, mu).cwiseProduct(s.noises).sum();
  if (!verified(state, "<mu, D nu> - <D' mu, nu>",
                std::abs(both_ways - mu.dot(outputs)) / mu.dot(outputs), 1e-10))
    return;
  in_rollouts(state, s, [&] {
    benchmark::DoNotOptimize(output_tangent(network, s.trial, s.states, s.noises));
    benchmark::DoNotOptimize(output_adjoint(network, s.trial, s.states, mu));
  });
}
BENCHMARK(tangent_and_adjoint)->Args({50, 10})->Args({200, 10})->Args({1000, 10})->Apply(by_turns);

void gauss_newton_dual(benchmark::State& state) {
  const auto s = scene(state.range(0), state.range(1));
  const auto step = [&](MapForm form) {
    return gauss_newton_target(form, s.model, s.trial, s.noises);
  };
  if (state.range(0) <= 50 &&
      !verified(state, "dual - smoother",
                relative_distance(step(MapForm::dual), step(MapForm::smoother)), 1e-9))
    return;
  in_rollouts(state, s, [&] { benchmark::DoNotOptimize(step(MapForm::dual)); });
}
BENCHMARK(gauss_newton_dual)
    ->Args({50, 10})
    ->Args({50, 100})
    ->Args({200, 10})
    ->Args({200, 100})
    ->Args({1000, 10})
    ->Apply(by_turns);

void gauss_newton_smoother(benchmark::State& state) {
  const auto s = scene(state.range(0), state.range(1));
  const auto step = [&](MapForm form) {
    return gauss_newton_target(form, s.model, s.trial, s.noises);
  };
  if (!verified(state, "smoother - dual",
                relative_distance(step(MapForm::smoother), step(MapForm::dual)), 1e-9))
    return;
  in_rollouts(state, s, [&] { benchmark::DoNotOptimize(step(MapForm::smoother)); });
}
BENCHMARK(gauss_newton_smoother)->Args({50, 10})->Apply(by_turns);

// Verified after it is timed, because it takes too long to be done twice.
void gauss_newton_large(benchmark::State& state, MapForm form) {
  const auto s = scene(state.range(0), state.range(1));
  Matrix<double> found;
  once_in_rollouts(state, s.model.network, s.trial,
                   [&] { found = gauss_newton_target(form, s.model, s.trial, s.noises); });
  verified(state, "finite noises", found.allFinite() ? 0 : 1, 0);
}

const bool large = [] {
  if (!large_run()) return false;
  const auto time = [](const char* name, MapForm form) {
    return benchmark::RegisterBenchmark(name, gauss_newton_large, form)->Apply(once);
  };
  time("gauss_newton_large/dual", MapForm::dual)->Args({1000, 100});
  time("gauss_newton_large/smoother", MapForm::smoother)
      ->Args({50, 100})
      ->Args({200, 10})
      ->Args({200, 100})
      ->Args({1000, 10})
      ->Args({1000, 100});
  return true;
}();

}  // namespace map_trajectory_suite
}  // namespace error_forcing::benchmarks
