// Every E-step that works trial by trial, on one trial of the paper's network, with few and with
// all steps observed. Verified: the states are finite, and MAP has converged.

#include <error_forcing/inference.hpp>
#include <error_forcing/posterior_sampling.hpp>

#include "alternation.hpp"
#include "paper_case.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace {

constexpr Index units = 20, steps = 20;

void infer_posterior(benchmark::State& state, const InferenceMethod& method, Activation activation,
                     Index every) {
  auto c = paper_case<double>(units, 1, steps);
  c.network.activation = activation;
  c.network.parameters.W *= 0.5;  // stable without the tanh
  c.network.parameters.C *= static_cast<double>(units);
  for (Index t = 1; t <= steps; ++t) c.batch.mask(0, t, 0) = t % every == 0;
  const GenerativeModel<double> model{c.network, isotropic_noise<double>(units, 1, 0.3, 0.3)};
  const auto found = infer(method, model, c.batch);
  if (!verified(state, "finite states", found[0].states.allFinite() ? 0 : 1, 0)) return;
  if (!verified(state, "converged", found[0].quality.converged ? 0 : 1, 0)) return;
  alternate<double>(state, {.flops = 0, .steps = steps},
                    [&] { benchmark::DoNotOptimize(infer(method, model, c.batch)); });
}

#define TIME_METHOD(name, activation, ...)                                                        \
  BENCHMARK_CAPTURE(infer_posterior, name##_dense, InferenceMethod(__VA_ARGS__), activation, 1)   \
      ->Apply(by_turns);                                                                          \
  BENCHMARK_CAPTURE(infer_posterior, name##_sparse, InferenceMethod(__VA_ARGS__), activation, 10) \
      ->Apply(by_turns)
TIME_METHOD(error_forcing, Activation::tanh, ErrorForcing<double>{.gain = 0.5});
TIME_METHOD(greedy, Activation::tanh, Greedy{});
TIME_METHOD(filter, Activation::tanh, KalmanFilter{});
TIME_METHOD(map_dual, Activation::tanh, MapTrajectory{.form = MapForm::dual});
TIME_METHOD(map_smoother, Activation::tanh, MapTrajectory{.form = MapForm::smoother});
TIME_METHOD(particles_100, Activation::tanh, ParticlePosterior{.particles = 100, .repeats = 1});
TIME_METHOD(exact_rts, Activation::identity, ExactPosterior{SmootherForm::rts});
TIME_METHOD(exact_adjoint, Activation::identity, ExactPosterior{SmootherForm::adjoint});
TIME_METHOD(exact_dual, Activation::identity, ExactPosterior{SmootherForm::dual});

// Matheron's rule, a hundred trajectories. Verified: they make finite outputs, and as many.
void posterior_sampling(benchmark::State& state) {
  auto c = paper_case<double>(units, 1, steps);
  c.network.activation = Activation::identity;
  c.network.parameters.W *= 0.5;
  const GenerativeModel<double> model{c.network, isotropic_noise<double>(units, 1, 0.3, 0.3)};
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

}  // namespace
}  // namespace error_forcing::benchmarks
