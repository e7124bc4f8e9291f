// The fused gradient of the paper's network under error forcing, every output observed, against the
// machine's limit: the table of docs/performance.md. Verified against the plain path, which its own
// benchmark verifies against the loops of reference_bptt.hpp.

#include <hwy/highway.h>
#include <error_forcing/fused_gradient.hpp>
#include <error_forcing/objective_gradient.hpp>

#include "alternation.hpp"
#include "paper_case.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace fused_gradient_suite {

template <typename Scalar>
Parameters<Scalar> plain_gradient(const PaperCase<Scalar>& c, const Feedback<Scalar>& feedback) {
  auto trajectory = make_trajectory(c.network, c.batch);
  auto gradient = zero_like(c.network.parameters);
  rollout_with_feedback(c.network, c.batch, feedback, trajectory);
  objective_gradient_held(c.network, c.batch, no_penalties, trajectory, gradient);
  return gradient;
}

// The trajectory of a plain path must fit in memory, and its time in patience.
template <typename Scalar>
bool agrees_with_plain(benchmark::State& state, const PaperCase<Scalar>& c,
                       const Feedback<Scalar>& feedback, const Parameters<Scalar>& gradient) {
  return verified(state, "gradient", relative_error(gradient, plain_gradient(c, feedback)),
                  gradient_tolerance<Scalar>);
}

template <typename Scalar>
void fused(benchmark::State& state) {
  const Index units = state.range(0), trials = state.range(1), steps = state.range(2);
  const auto threads = static_cast<int>(state.range(3));
  const auto c = paper_case<Scalar>(units, trials, steps);
  const auto feedback = error_forcing::feedback(ErrorForcing<Scalar>{Scalar(0.5)}, c.network);
  auto workspace = make_fused_workspace(c.network, c.batch, threads);
  auto gradient = zero_like(c.network.parameters);
  const auto call = [&] {
    fused_gradient(c.network, c.batch, feedback, Adjoint::held, no_penalties, workspace, gradient);
  };
  call();
  if (!agrees_with_plain(state, c, feedback, gradient)) return;
  const auto T = static_cast<double>(steps);
  const double history = T * double((units + 4) * trials) * sizeof(Scalar);
  alternate<Scalar>(state, {useful_flops(units, trials) * T, T, history, double(threads)}, call);
  state.SetComplexityN(state.range(static_cast<std::size_t>(state.range(4))));
}

// The same with AVX2 only, the limit too.
void fused_avx2(benchmark::State& state) {
  if (!(hwy::SupportedTargets() & HWY_AVX2)) {
    state.SkipWithError("this machine has no AVX2");
    return;
  }
  hwy::GetChosenTarget().Update(HWY_AVX2);
  fused<float>(state);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"N", "B", "T", "threads", "fit"})->Apply(by_turns);
}

// The time as a power of one size, which is the argument number `fit`.
void grow_units(benchmark::internal::Benchmark* b) {
  sizes(b);
  for (Index units : {32, 64, 128, 256, 512}) b->Args({units, 128, 20, 1, 0});
  b->Complexity(benchmark::oNSquared);
}
void grow_trials(benchmark::internal::Benchmark* b) {
  sizes(b);
  for (Index trials : {32, 64, 128, 256, 512}) b->Args({50, trials, 20, 1, 1});
  b->Complexity(benchmark::oN);
}
void grow_steps(benchmark::internal::Benchmark* b) {
  sizes(b);
  for (Index steps : {32, 64, 128, 256, 512}) b->Args({50, 64, steps, 1, 2});
  b->Complexity(benchmark::oN);
}

void float_sizes(benchmark::internal::Benchmark* b) {
  sizes(b);
  b->Args({50, 128, 110, 1, 0})->Args({50, 128, 1000, 1, 0})->Args({50, 16, 110, 1, 0});
  b->Args({50, 1, 1000, 1, 0})->Args({128, 128, 110, 1, 0})->Args({128, 128, 1000, 1, 0});
  b->Args({256, 128, 110, 1, 0})->Args({512, 128, 110, 1, 0});
  b->Args({50, 32, 110, 1, 0})->Args({50, 32, 110, 2, 0})->Args({50, 64, 110, 1, 0});
  b->Args({50, 64, 110, 2, 0})->Args({50, 128, 110, 2, 0});
}

void one_size(benchmark::internal::Benchmark* b) {
  sizes(b);
  b->Args({50, 128, 110, 1, 0});
}

BENCHMARK_TEMPLATE(fused, float)->Apply(float_sizes);
BENCHMARK_TEMPLATE(fused, float)->Apply(grow_units);
BENCHMARK_TEMPLATE(fused, float)->Apply(grow_trials);
BENCHMARK_TEMPLATE(fused, float)->Apply(grow_steps);
BENCHMARK_TEMPLATE(fused, double)->Apply(one_size);
BENCHMARK(fused_avx2)->Apply(one_size);

}  // namespace fused_gradient_suite
}  // namespace error_forcing::benchmarks
