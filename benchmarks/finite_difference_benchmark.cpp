// What a gradient by finite differences costs, for contrast: a tiny network. Verified against the
// analytic gradient, entry by entry, by the oracle's own error.

#include <error_forcing/finite_difference.hpp>
#include <error_forcing/fused_gradient.hpp>

#include "alternation.hpp"
#include "paper_case.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace finite_difference_suite {

void by_finite_differences(benchmark::State& state) {
  constexpr Index units = 4, trials = 4, steps = 5;
  const auto c = paper_case<double>(units, trials, steps);
  auto workspace = make_fused_workspace(c.network, c.batch);
  auto network = c.network;
  const auto loss = [&](const Parameters<double>& theta) {
    network.parameters = theta;
    return fused_loss(network, c.batch, no_feedback<double>(), workspace);
  };
  auto gradient = zero_like(c.network.parameters);
  fused_gradient(c.network, c.batch, no_feedback<double>(), Adjoint::held, no_penalties, workspace,
                 gradient);
  const auto verdict = compare(gradient, finite_difference(loss, c.network.parameters), 1e-9);
  if (!verified(state, "gradient", verdict.share, 1)) return;
  alternate<double>(state, {.flops = useful_flops(units, trials) * steps, .steps = steps}, [&] {
    benchmark::DoNotOptimize(finite_difference(loss, c.network.parameters).value.W.data());
  });
}

BENCHMARK(by_finite_differences)->Apply(by_turns);

}  // namespace finite_difference_suite
}  // namespace error_forcing::benchmarks
