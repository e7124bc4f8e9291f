#pragma once
// Times work against the machine's limit: a burst of register_loop.hpp and a burst of the work, by
// turns and equally long, so that both meet the same clock rate, neighbours and interruptions.
// Reported are medians over the turns.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "allocations.hpp"
#include "clock.hpp"
#include "register_loop.hpp"
#include "run_mode.hpp"

namespace error_forcing::benchmarks {

/// What one call of the work does.
struct Work {
  double flops = 0;    ///< useful ones; 0 where a share of the limit says nothing
  double steps = 1;    ///< time steps of the batch
  double bytes = 0;    ///< of the arrays that it reads and writes, 0 if not counted
  double threads = 1;  ///< the limit counts once for each
};

/// For ->Apply(): turns enough for a median; in a smoke run, which only verifies, a single one.
inline void by_turns(benchmark::internal::Benchmark* b) {
  b->Iterations(smoke_run() ? 1 : 15)->UseManualTime()->Unit(benchmark::kMicrosecond);
}

/// Rounds of the loop that take so many seconds.
template <typename Scalar>
long rounds_lasting(double seconds) {
  constexpr long few = 100000;
  const double of_few = seconds_of([] { register_loop<Scalar>(few); }, 1);
  return std::max(few, static_cast<long>(seconds / of_few * few));
}

/// Runs the benchmark, registered with Apply(by_turns): one iteration is one turn of both.
template <typename Scalar, typename Call>
void alternate(benchmark::State& state, const Work& work, const Call& call) {
  constexpr double burst = 5e-3;  // some ticks of the system, short beside a neighbour's mood
  const double once = seconds_of(call, 1);
  const auto repetitions = static_cast<long>(std::max(1.0, burst / once));
  // A shorter loop would slip between the ticks, which the median then charges to the work alone.
  const bool has_share = work.flops > 0;
  const long rounds =
      has_share ? rounds_lasting<Scalar>(static_cast<double>(repetitions) * once) : 0;
  std::vector<double> seconds, rates;
  long allocated = 0;
  for (auto _ : state) {
    double flops = 0;
    const double limit = seconds_of([&] { flops = register_loop<Scalar>(rounds); }, 1);
    const long before = allocations();
    const double taken = seconds_of(call, repetitions);
    allocated += allocations() - before;
    seconds.push_back(taken);
    rates.push_back(flops / limit);
    state.SetIterationTime(median(seconds));  // whose mean hears less of the neighbours
  }
  const auto calls = static_cast<double>(repetitions) * static_cast<double>(seconds.size());
  auto& report = state.counters;
  report["allocations"] = static_cast<double>(allocated) / calls;
  report["ns_per_step"] = 1e9 * median(seconds) / work.steps;
  if (work.bytes > 0) report["bytes"] = work.bytes;
  if (!has_share) return;
  std::vector<double> shares;
  for (std::size_t k = 0; k < seconds.size(); ++k)
    shares.push_back(work.flops / seconds[k] / rates[k] / work.threads);
  report["GF/s"] = 1e-9 * work.flops / median(seconds);
  report["loop_GF/s"] = 1e-9 * median(rates);
  report["share"] = median(shares);
}

}  // namespace error_forcing::benchmarks
