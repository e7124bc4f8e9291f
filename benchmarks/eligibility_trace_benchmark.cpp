// RFLO and SnAp-1 by the traces of an online learner and by the recursion that they sum to, checked
// against each other; how much faster the recursion is says why the rules are trained by it.

#include <error_forcing/eligibility_trace.hpp>
#include <error_forcing/rollout.hpp>

#include "alternation.hpp"
#include "paper_case.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace eligibility_trace_suite {

template <typename Scalar>
void credit(benchmark::State& state, KeptJacobian kept, bool forward) {
  constexpr Index units = 50, trials = 128, steps = 110;
  const auto c = paper_case<Scalar>(units, trials, steps);
  const auto feedback = symmetric_feedback(c.network);
  auto trajectory = make_trajectory(c.network, c.batch);
  run_free(c.network, c.batch, trajectory);
  auto traces = make_eligibility_traces(kept, c.network, c.batch);
  auto by_traces = zero_like(c.network.parameters), by_recursion = by_traces;
  const auto trace = [&] {
    traced_gradient(c.network, c.batch, no_penalties, feedback, trajectory, traces, by_traces);
  };
  const auto recur = [&] {
    truncated_gradient(kept, c.network, c.batch, no_penalties, feedback, trajectory, by_recursion);
  };
  trace();
  recur();
  if (!verified(state, "gradient", relative_error(by_traces, by_recursion),
                gradient_tolerance<Scalar>))
    return;
  if (forward)
    alternate<Scalar>(state, {.steps = steps}, trace);
  else
    alternate<Scalar>(state, {.steps = steps}, recur);
}

void rflo_by_traces(benchmark::State& state) { credit<float>(state, KeptJacobian::leak, true); }
void rflo_by_recursion(benchmark::State& state) { credit<float>(state, KeptJacobian::leak, false); }
void snap1_by_traces(benchmark::State& state) {
  credit<float>(state, KeptJacobian::diagonal, true);
}
void snap1_by_recursion(benchmark::State& state) {
  credit<float>(state, KeptJacobian::diagonal, false);
}

BENCHMARK(rflo_by_traces)->Apply(by_turns);
BENCHMARK(rflo_by_recursion)->Apply(by_turns);
BENCHMARK(snap1_by_traces)->Apply(by_turns);
BENCHMARK(snap1_by_recursion)->Apply(by_turns);

}  // namespace eligibility_trace_suite
}  // namespace error_forcing::benchmarks
