#pragma once
// The cost of inference on one trial in units of what it is made of: rollouts of that trial.

#include <error_forcing/trial.hpp>

#include "alternation.hpp"

namespace error_forcing::benchmarks {

/// The best of a few: what a neighbour does not disturb.
template <typename Call>
double quickest(const Call& call) {
  double best = seconds_of(call, 1);
  for (int k = 0; k < 5; ++k) best = std::min(best, seconds_of(call, 3));
  return best;
}

/// alternate() of a call on a trial of T steps, with the counter `rollouts`: how many rollouts of
/// the trial, displaced by `displacements`, N x (T+1), take as long.
template <typename Call>
void alternate_with_rollouts(benchmark::State& state, const Network<double>& network,
                             const ObservedTrial<double>& trial,
                             const Matrix<double>& displacements, const Call& call) {
  const double rollout = quickest([&] { displaced_states<double>(network, trial, displacements); });
  const auto steps = static_cast<double>(displacements.cols() - 1);
  alternate<double>(state, {.flops = 0, .steps = steps}, call);
  state.counters["rollouts"] = state.counters["ns_per_step"] * 1e-9 * steps / rollout;
}

/// One iteration of what takes up to minutes.
inline void once(benchmark::internal::Benchmark* b) {
  b->Iterations(1)->UseManualTime()->Unit(benchmark::kMillisecond);
}

/// The same of a single call, without turns, registered with Apply(once).
template <typename Call>
void once_in_rollouts(benchmark::State& state, const Network<double>& network,
                      const ObservedTrial<double>& trial, const Call& call) {
  const Matrix<double> still = Matrix<double>::Zero(network.units(), trial.inputs.cols());
  const double rollout = quickest([&] { displaced_states<double>(network, trial, still); });
  for (auto _ : state) {
    const double taken = seconds_of(call, 1);
    state.SetIterationTime(taken);
    state.counters["rollouts"] = taken / rollout;
  }
}

}  // namespace error_forcing::benchmarks
