// One training gradient of the paper's network under error forcing: rollout and adjoint, checked
// against the loops of reference_bptt.hpp before it is timed.

#include <error_forcing/error_forcing.hpp>
#include <error_forcing/objective_gradient.hpp>
#include <error_forcing/random.hpp>
#include <error_forcing/reference_bptt.hpp>
#include <error_forcing/rollout.hpp>

#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace {

template <typename Scalar>
constexpr double tolerance = sizeof(Scalar) == sizeof(float) ? 1e-4 : 1e-11;

constexpr Index units = 50, inputs = 3, trials = 128, steps = 110;

Batch<double> random_batch() {
  auto engine = random_engine(2);
  const auto layout = tiled(trials, steps);
  const auto values = [&](Index rows) {
    const auto matrix = normal_matrix(engine, trials * steps, rows);
    return from_row_major<double>(layout, rows, matrix.data());
  };
  Batch<double> batch{values(inputs), values(1), History<double>(layout, 1)};
  batch.mask.fill(1);
  return batch;
}

// The largest error of a block, relative to that block.
template <typename Scalar>
double relative_error(const Parameters<Scalar>& got, const Parameters<Scalar>& want) {
  double worst = 0;
  const auto ours = blocks(got), theirs = blocks(want);
  for (std::size_t k = 0; k < ours.size(); ++k)
    worst = std::max(worst, double((ours[k] - theirs[k]).norm() / theirs[k].norm()));
  return worst;
}

// By (S3): the ascent direction times -2 / sum m is the gradient of the loss (M8).
template <typename Scalar>
Parameters<Scalar> reference(const Network<Scalar>& network, const Batch<Scalar>& batch,
                             const Trajectory<Scalar>& trajectory) {
  const auto ascent =
      reference_gradient(network, batch, trajectory.displacements, ReadFrom::before_forcing);
  auto gradient = zero_like(ascent);
  add_scaled(gradient, Scalar(-2) / Scalar(observed_entries(batch)), ascent);
  return gradient;
}

// Products of N x N with N x B: one in the rollout, two in the adjoint (dL/dh and dL/dW).
void report(benchmark::State& state) {
  const double flops = 6.0 * units * units * trials;
  const auto total = double(state.iterations() * steps);
  state.counters["s_per_step"] =
      benchmark::Counter(total, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["flops"] = benchmark::Counter(flops * total, benchmark::Counter::kIsRate);
}

template <typename Scalar>
void objective_gradient(benchmark::State& state) {
  const auto network = cast<Scalar>(random_network({.units = units, .inputs = inputs}, 1));
  const auto batch = cast<Scalar>(random_batch());
  const auto rule = feedback(ErrorForcing<Scalar>{Scalar(0.5)}, network);
  auto trajectory = make_trajectory(network, batch);
  auto gradient = zero_like(network.parameters);
  const auto compute = [&] {
    rollout_with_feedback(network, batch, rule, trajectory);
    objective_gradient_held(network, batch, no_penalties, trajectory, gradient);
  };
  compute();
  const double error = relative_error(gradient, reference(network, batch, trajectory));
  if (!verified(state, "gradient", error, tolerance<Scalar>)) return;
  for (auto _ : state) {
    compute();
    benchmark::DoNotOptimize(gradient.W.data());
  }
  report(state);
}

BENCHMARK_TEMPLATE(objective_gradient, float)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(objective_gradient, double)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace error_forcing::benchmarks
