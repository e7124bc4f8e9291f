// What self-tuning adds to an update of the weights: the moments of the errors of a batch, and the
// M-step of the noise. Verified: where the errors have the covariance that the noise says, the
// noise stays.

#include <error_forcing/e_step.hpp>
#include <error_forcing/noise_update.hpp>

#include "alternation.hpp"
#include "paper_case.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace noise_update_suite {

void noise_update(benchmark::State& state) {
  const auto c = paper_case<double>(50, state.range(0), 110);
  auto trajectory = make_trajectory(c.network, c.batch);
  infer<double>(FreeRunning{}, c.network, c.batch, trajectory);
  const auto& C = c.network.parameters.C;
  auto fitting = error_moments(c.batch.mask, trajectory.errors);
  const double power = C.squaredNorm();
  for (auto& [observed, seen] : fitting.patterns)
    seen.sum(0, 0) = static_cast<double>(seen.count) * (0.09 * power + 0.25);
  const auto kept = update_noise<double>(C, fitting, {0.3, 0.5}, 1);
  if (!verified(state, "fixed point", std::abs(kept.sigma_y - 0.5), 1e-12)) return;
  alternate<double>(state, {.flops = 0, .steps = 110}, [&] {
    const auto moments = error_moments(c.batch.mask, trajectory.errors);
    benchmark::DoNotOptimize(update_noise<double>(C, moments, {0.3, 0.5}, 0.1));
  });
}
BENCHMARK(noise_update)->Arg(1)->Arg(128)->Apply(by_turns);

}  // namespace noise_update_suite
}  // namespace error_forcing::benchmarks
