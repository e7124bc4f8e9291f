// Every E-step as the program calls it, on one trial of the paper's network, with a tenth and with
// all of its steps observed; `rollouts` is its cost in rollouts of the trial. Verified: the states
// are finite, and MAP has converged.

#include <error_forcing/inference.hpp>
#include <error_forcing/posterior_sampling.hpp>

#include "in_rollouts.hpp"
#include "paper_case.hpp"
#include "run_mode.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace inference_suite {

constexpr Index steps = 100;

// Units and observed steps. A smoke run verifies a small network only.
void at_sizes(benchmark::internal::Benchmark* b, const std::vector<long>& sizes) {
  for (const long units : smoke_run() ? std::vector<long>{20} : sizes)
    for (const long observed : {10L, 100L}) b->Args({units, observed});
  b->Iterations(smoke_run() ? 1 : 5)->UseManualTime()->Unit(benchmark::kMicrosecond);
}
void at_all_sizes(benchmark::internal::Benchmark* b) { at_sizes(b, {50, 200, 1000}); }
// Covariances of N x N cost N^3 a step, and MAP has many: seconds a call at N = 200, minutes at
// 1000 (infer_large).
void at_small_size(benchmark::internal::Benchmark* b) { at_sizes(b, {50}); }

GenerativeModel<double> model_of(const PaperCase<double>& c) {
  return {c.network, isotropic_noise<double>(c.network.units(), 1, 0.3, 0.3)};
}

PaperCase<double> case_of(Index units, Index observed, Activation activation) {
  auto c = paper_case<double>(units, 1, steps);
  c.network.activation = activation;
  c.network.parameters.W *= 0.5;  // stable without the tanh
  c.network.parameters.C *= static_cast<double>(units);
  observe_evenly(c.batch, observed);
  return c;
}

bool trusted(benchmark::State& state, const Inference& found) {
  return verified(state, "finite states", found[0].states.allFinite() ? 0 : 1, 0) &&
         verified(state, "converged", found[0].quality.converged ? 0 : 1, 0);
}

void infer_posterior(benchmark::State& state, const InferenceMethod& method,
                     Activation activation) {
  const auto c = case_of(state.range(0), state.range(1), activation);
  const auto model = model_of(c);
  const auto found = infer(method, model, c.batch);
  if (!trusted(state, found)) return;
  alternate_with_rollouts(state, c.network, trial_of(c.batch, 0), found[0].displacements,
                          [&] { benchmark::DoNotOptimize(infer(method, model, c.batch)); });
}

#define TIME_METHOD(name, sizes, activation, ...) \
  BENCHMARK_CAPTURE(infer_posterior, name, InferenceMethod(__VA_ARGS__), activation)->Apply(sizes)
TIME_METHOD(free_running, at_all_sizes, Activation::tanh, FreeRunning{});
TIME_METHOD(teacher_forcing, at_all_sizes, Activation::tanh, TeacherForcing<double>{.gain = 0.5});
TIME_METHOD(error_forcing, at_all_sizes, Activation::tanh, ErrorForcing<double>{.gain = 0.5});
TIME_METHOD(greedy, at_all_sizes, Activation::tanh, Greedy{});
TIME_METHOD(filter, at_small_size, Activation::tanh, KalmanFilter{});
TIME_METHOD(map_dual, at_small_size, Activation::tanh, MapTrajectory{.form = MapForm::dual});
TIME_METHOD(map_smoother, at_small_size, Activation::tanh,
            MapTrajectory{.form = MapForm::smoother});
TIME_METHOD(particles_100, at_all_sizes, Activation::tanh,
            ParticlePosterior{.particles = 100, .repeats = 1});
TIME_METHOD(exact_rts, at_small_size, Activation::identity, ExactPosterior{SmootherForm::rts});
TIME_METHOD(exact_adjoint, at_small_size, Activation::identity,
            ExactPosterior{SmootherForm::adjoint});
TIME_METHOD(exact_dual, at_small_size, Activation::identity, ExactPosterior{SmootherForm::dual});

// Verified after it is timed, because it takes too long to be done twice.
void infer_large(benchmark::State& state, const InferenceMethod& method, Activation activation) {
  const auto c = case_of(state.range(0), state.range(1), activation);
  const auto model = model_of(c);
  Inference found;
  once_in_rollouts(state, c.network, trial_of(c.batch, 0),
                   [&] { found = infer(method, model, c.batch); });
  trusted(state, found);
}

void time_large(const std::string& name, const std::vector<long>& sizes,
                const InferenceMethod& method, Activation activation = Activation::identity) {
  auto* b = benchmark::RegisterBenchmark(("infer_large/" + name).c_str(), infer_large, method,
                                         activation);
  for (const long units : sizes)
    for (const long observed : {10L, 100L}) b->Args({units, observed});
  b->Apply(once);
}

const bool large = [] {
  if (!large_run()) return false;
  time_large("filter", {200, 1000}, KalmanFilter{}, Activation::tanh);
  time_large("map_dual", {200, 1000}, MapTrajectory{.form = MapForm::dual}, Activation::tanh);
  time_large("map_smoother", {200}, MapTrajectory{.form = MapForm::smoother}, Activation::tanh);
  time_large("exact_rts", {200, 1000}, ExactPosterior{SmootherForm::rts});
  time_large("exact_adjoint", {200, 1000}, ExactPosterior{SmootherForm::adjoint});
  time_large("exact_dual", {200, 1000}, ExactPosterior{SmootherForm::dual});
  return true;
}();

// Matheron's rule, a hundred trajectories. Verified: they make finite outputs, and as many.
void posterior_sampling(benchmark::State& state) {
  constexpr Index units = 20, steps = 20;
  auto c = paper_case<double>(units, 1, steps);
  c.network.activation = Activation::identity;
  c.network.parameters.W *= 0.5;
  const auto model = model_of(c);
  const auto trial = trial_of(c.batch, 0);
  auto engine = random_engine(1);
  const auto samples = posterior_samples(model, trial, 100, engine);
  const bool sound = samples.states.back().allFinite() && samples.states.back().cols() == 100;
  if (!verified(state, "finite samples", sound ? 0 : 1, 0)) return;
  alternate<double>(state, {.flops = 0, .steps = 100 * steps}, [&] {
    benchmark::DoNotOptimize(posterior_samples(model, trial, 100, engine));
  });
}
BENCHMARK(posterior_sampling)->Apply(by_turns);

}  // namespace inference_suite
}  // namespace error_forcing::benchmarks
