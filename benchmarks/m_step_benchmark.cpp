// Every M-step along one error-forced trajectory. The recursions are verified against the loops of
// reference_bptt.hpp; the local one by its identity with the greedy E-step being out of reach here,
// by the readout's part, which it shares with (S2).

#include <error_forcing/e_step.hpp>
#include <error_forcing/m_step.hpp>

#include "alternation.hpp"
#include "paper_case.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace {

constexpr Index units = 50, trials = 128, steps = 110;

struct Displaced {
  PaperCase<double> c = paper_case<double>(units, trials, steps);
  Trajectory<double> trajectory = make_trajectory(c.network, c.batch);

  Displaced() {
    infer(EStep<double>(ErrorForcing<double>{.gain = 0.5}), c.network, c.batch, trajectory);
  }
};

// dL/dC and dL/dd only, where the recurrent part is another rule's.
double readout_error(const Parameters<double>& got, const Parameters<double>& want) {
  return std::max((got.C - want.C).norm() / want.C.norm(), (got.d - want.d).norm() / want.d.norm());
}

void update(benchmark::State& state, const MStep<double>& m_step, ReadFrom read_from, bool whole) {
  Displaced at;
  const auto& [network, batch] = at.c;
  const auto want = reference_gradient(network, batch, at.trajectory.displacements, read_from);
  const auto got = ascent_direction(m_step, network, batch, at.trajectory);
  const double error = whole ? relative_error(got, want) : readout_error(got, want);
  if (!verified(state, "direction", error, 1e-10)) return;
  const auto call = [&] {
    benchmark::DoNotOptimize(ascent_direction(m_step, network, batch, at.trajectory).W.data());
  };
  alternate<double>(state, {.flops = useful_flops(units, trials) / 1.5 * steps, .steps = steps},
                    call);
}

const Matrix<double> one = Matrix<double>::Identity(1, 1);

BENCHMARK_CAPTURE(update, paper_form, PaperForm{}, ReadFrom::before_forcing, true)->Apply(by_turns);
BENCHMARK_CAPTURE(update, reparameterised, Reparameterised<double>{one}, ReadFrom::after_forcing,
                  true)
    ->Apply(by_turns);
BENCHMARK_CAPTURE(update, local, Local<double>{isotropic_noise<double>(units, 1, 1, 1)},
                  ReadFrom::after_forcing, false)
    ->Apply(by_turns);

}  // namespace
}  // namespace error_forcing::benchmarks
