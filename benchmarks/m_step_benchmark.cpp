// Every M-step along one error-forced trajectory. The recursions are verified against the loops of
// reference_bptt.hpp; the local one by sums over the trajectory, its readout's part by (S2), which
// is the same.

#include <error_forcing/e_step.hpp>
#include <error_forcing/m_step.hpp>

#include "alternation.hpp"
#include "paper_case.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace m_step_suite {

constexpr Index units = 50, trials = 128, steps = 110;

struct Displaced {
  PaperCase<double> c = paper_case<double>(units, trials, steps);
  Trajectory<double> trajectory = make_trajectory(c.network, c.batch);

  Displaced() {
    infer(EStep<double>(ErrorForcing<double>{.gain = 0.5}), c.network, c.batch, trajectory);
  }
};

// (S4) at Q = R = I in W, U and b, which has no recursion: dW = a sum nu_t phi(h_{t-1})'.
Parameters<double> local_by_sums(const Displaced& at, Parameters<double> reference) {
  const auto& [network, batch] = at.c;
  reference.W.setZero(), reference.U.setZero(), reference.b.setZero();
  for (Index tile = 0; tile < batch.layout().tiles(); ++tile)
    for (Index step = 1; step <= steps; ++step) {
      const Matrix<double> explained = network.leak * at.trajectory.displacements.at(tile, step);
      const Matrix<double> h = at.trajectory.states.at(tile, step - 1);
      reference.W += explained * h.array().tanh().matrix().transpose();
      reference.U += explained * batch.inputs.at(tile, step).transpose();
      reference.b += explained.rowwise().sum();
    }
  return reference;
}

void update(benchmark::State& state, const MStep<double>& m_step, ReadFrom read_from) {
  Displaced at;
  const auto& [network, batch] = at.c;
  auto want = reference_gradient(network, batch, at.trajectory.displacements, read_from);
  if (std::holds_alternative<Local<double>>(m_step)) want = local_by_sums(at, std::move(want));
  const auto got = ascent_direction(m_step, network, batch, at.trajectory);
  if (!verified(state, "direction", relative_error(got, want), 1e-10)) return;
  const auto call = [&] {
    benchmark::DoNotOptimize(ascent_direction(m_step, network, batch, at.trajectory).W.data());
  };
  alternate<double>(state, {.flops = useful_flops(units, trials) / 1.5 * steps, .steps = steps},
                    call);
}

const Matrix<double> one = Matrix<double>::Identity(1, 1);

BENCHMARK_CAPTURE(update, paper_form, PaperForm{}, ReadFrom::before_forcing)->Apply(by_turns);
BENCHMARK_CAPTURE(update, reparameterised, Reparameterised<double>{one}, ReadFrom::after_forcing)
    ->Apply(by_turns);
BENCHMARK_CAPTURE(update, local, Local<double>{isotropic_noise<double>(units, 1, 1, 1)},
                  ReadFrom::after_forcing)
    ->Apply(by_turns);

}  // namespace m_step_suite
}  // namespace error_forcing::benchmarks
