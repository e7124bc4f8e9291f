// Every E-step on the trajectory that it leaves. Verified step by step: the displacement by its
// closed form for one output, the state as prediction plus displacement.

#include <error_forcing/e_step.hpp>

#include "alternation.hpp"
#include "paper_case.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace e_step_suite {

constexpr Index units = 50, trials = 128, steps = 110;

constexpr double gain = 0.5, deviation = 0.1;

// nu_t from u_t and e_t by the closed forms of one output, each in a way of its own.
Matrix<double> displacement(const EStep<double>& e_step, const Matrix<double>& C,
                            const Matrix<double>& u, const Matrix<double>& e) {
  const double square = C.squaredNorm();
  if (std::holds_alternative<ErrorForcing<double>>(e_step))
    return gain / square * C.transpose() * e;
  if (std::holds_alternative<TeacherForcing<double>>(e_step))
    return gain * (C.transpose() * ((e + C * u) / square) - u);
  if (std::holds_alternative<GreedyPosterior<double>>(e_step))
    return 1 / (square + 1) * C.transpose() * e;  // both deviations are the same
  return Matrix<double>::Zero(u.rows(), u.cols());
}

// The largest miss of h_t = u_t + nu_t and of nu_t, over trials, steps and units.
double miss(const EStep<double>& e_step, const Network<double>& network,
            const Trajectory<double>& t) {
  double worst = 0;
  for (Index tile = 0; tile < t.states.layout().tiles(); ++tile)
    for (Index step = 1; step <= steps; ++step) {
      const Matrix<double> u = t.states_before.at(tile, step), nu = t.displacements.at(tile, step);
      const auto want = displacement(e_step, network.parameters.C, u, t.errors.at(tile, step));
      worst = std::max({worst, (nu - want).cwiseAbs().maxCoeff(),
                        (t.states.at(tile, step) - u - nu).cwiseAbs().maxCoeff()});
    }
  return worst;
}

void infer_displacements(benchmark::State& state, const EStep<double>& e_step) {
  const auto c = paper_case<double>(units, trials, steps);
  auto trajectory = make_trajectory(c.network, c.batch);
  const auto call = [&] { infer(e_step, c.network, c.batch, trajectory); };
  call();
  if (!verified(state, "displacements", miss(e_step, c.network, trajectory), 1e-11)) return;
  alternate<double>(state, {.flops = useful_flops(units, trials) / 3 * steps, .steps = steps},
                    call);
}

#define TIME_E_STEP(name, ...) \
  BENCHMARK_CAPTURE(infer_displacements, name, EStep<double>(__VA_ARGS__))->Apply(by_turns)
TIME_E_STEP(free_running, FreeRunning{});
TIME_E_STEP(teacher_forcing, TeacherForcing<double>{.gain = gain});
TIME_E_STEP(error_forcing, ErrorForcing<double>{.gain = gain});
TIME_E_STEP(greedy_posterior,
            GreedyPosterior<double>{isotropic_noise(units, 1, deviation, deviation)});

}  // namespace e_step_suite
}  // namespace error_forcing::benchmarks
