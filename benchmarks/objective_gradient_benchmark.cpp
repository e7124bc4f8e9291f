// The plain path, rollout and adjoint in Eigen: the reference that the fused gradient is tested
// against, checked here against the loops of reference_bptt.hpp.

#include <error_forcing/objective_gradient.hpp>

#include "alternation.hpp"
#include "paper_case.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace objective_gradient_suite {

template <typename Scalar>
void plain_gradient(benchmark::State& state) {
  constexpr Index units = 50, trials = 128, steps = 110;
  const auto c = paper_case<Scalar>(units, trials, steps);
  const auto rule = feedback(ErrorForcing<Scalar>{Scalar(0.5)}, c.network);
  auto trajectory = make_trajectory(c.network, c.batch);
  auto gradient = zero_like(c.network.parameters);
  const auto compute = [&] {
    rollout_with_feedback(c.network, c.batch, rule, trajectory);
    objective_gradient_held(c.network, c.batch, no_penalties, trajectory, gradient);
  };
  compute();
  const auto want = reference_loss_gradient(c, trajectory.displacements);
  if (!verified(state, "gradient", relative_error(gradient, want), gradient_tolerance<Scalar>))
    return;
  alternate<Scalar>(state, {.flops = useful_flops(units, trials) * steps, .steps = steps}, compute);
}

BENCHMARK_TEMPLATE(plain_gradient, float)->Apply(by_turns);
BENCHMARK_TEMPLATE(plain_gradient, double)->Apply(by_turns);

}  // namespace objective_gradient_suite
}  // namespace error_forcing::benchmarks
