// Every E-step on the trajectory that it leaves. Verified by what each must hold: the states are
// the predictions and the displacements.

#include <error_forcing/e_step.hpp>
#include <error_forcing/statistics.hpp>

#include "alternation.hpp"
#include "paper_case.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace {

constexpr Index units = 50, trials = 128, steps = 110;

// The largest violation of C h_t + d = y_t + C nu_t over trials, steps and outputs.
double inconsistency(const Network<double>& network, const Trajectory<double>& t) {
  double worst = 0;
  for (Index tile = 0; tile < t.states.layout().tiles(); ++tile)
    for (Index step = 1; step <= steps; ++step) {
      const Matrix<double> gap =
          network.parameters.C * (t.states.at(tile, step) - t.displacements.at(tile, step)) -
          t.outputs.at(tile, step);
      worst = std::max(worst, (gap.colwise() + network.parameters.d).cwiseAbs().maxCoeff());
    }
  return worst;
}

void infer_displacements(benchmark::State& state, const EStep<double>& e_step) {
  const auto c = paper_case<double>(units, trials, steps);
  auto trajectory = make_trajectory(c.network, c.batch);
  const auto call = [&] { infer(e_step, c.network, c.batch, trajectory); };
  call();
  if (!verified(state, "C h + d - y - C nu", inconsistency(c.network, trajectory), 1e-12)) return;
  alternate<double>(state, {.flops = useful_flops(units, trials) / 3 * steps, .steps = steps},
                    call);
}

#define TIME_E_STEP(name, ...) \
  BENCHMARK_CAPTURE(infer_displacements, name, EStep<double>(__VA_ARGS__))->Apply(by_turns)
TIME_E_STEP(free_running, FreeRunning{});
TIME_E_STEP(teacher_forcing, TeacherForcing<double>{.gain = 0.5});
TIME_E_STEP(error_forcing, ErrorForcing<double>{.gain = 0.5});
TIME_E_STEP(greedy_posterior, GreedyPosterior<double>{isotropic_noise<double>(units, 1, 0.1, 0.1)});

}  // namespace
}  // namespace error_forcing::benchmarks
