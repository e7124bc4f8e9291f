#pragma once
// What the suites time: the paper's network and a random batch in which every output is observed,
// so that every step is forced.

#include <error_forcing/batch.hpp>
#include <error_forcing/error_forcing.hpp>
#include <error_forcing/network.hpp>
#include <error_forcing/random.hpp>
#include <error_forcing/reference_bptt.hpp>

namespace error_forcing::benchmarks {

template <typename Scalar>
struct PaperCase {
  Network<Scalar> network;
  Batch<Scalar> batch;
};

/// N units, 3 inputs, 1 output, B trials of T steps; the same seeds every time.
template <typename Scalar>
PaperCase<Scalar> paper_case(Index units, Index trials, Index steps) {
  auto engine = random_engine(2);
  const auto layout = tiled(trials, steps);
  const auto values = [&](Index rows) {
    const auto matrix = normal_matrix(engine, trials * steps, rows);
    return from_row_major<double>(layout, rows, matrix.data());
  };
  Batch<double> batch{values(3), values(1), History<double>(layout, 1)};
  batch.mask.fill(1);
  return {cast<Scalar>(random_network({.units = units, .inputs = 3}, 1)), cast<Scalar>(batch)};
}

/// Masks a single trial: `observed` of its steps are, evenly spaced, the last among them.
inline void observe_evenly(Batch<double>& batch, Index observed) {
  const Index steps = batch.mask.layout().steps;
  for (Index t = 1; t <= steps; ++t) batch.mask(0, t, 0) = t * observed % steps < observed;
}

/// What counts as work of one step of one batch: the three products of N x N with N x B.
inline double useful_flops(Index units, Index trials) {
  return 6.0 * static_cast<double>(units * units * trials);
}

/// The largest error of a block, relative to that block.
template <typename Scalar>
double relative_error(const Parameters<Scalar>& got, const Parameters<Scalar>& want) {
  double worst = 0;
  const auto ours = blocks(got), theirs = blocks(want);
  for (std::size_t k = 0; k < ours.size(); ++k)
    worst = std::max(worst, double((ours[k] - theirs[k]).norm() / theirs[k].norm()));
  return worst;
}

/// The gradient of the loss by the loops of reference_bptt.hpp, displacements held fixed: by (S3)
/// the ascent direction times -2 / sum m.
template <typename Scalar>
Parameters<Scalar> reference_loss_gradient(const PaperCase<Scalar>& c,
                                           const History<Scalar>& displacements) {
  const auto ascent =
      reference_gradient(c.network, c.batch, displacements, ReadFrom::before_forcing);
  auto gradient = zero_like(ascent);
  add_scaled(gradient, Scalar(-2) / Scalar(observed_entries(c.batch)), ascent);
  return gradient;
}

template <typename Scalar>
constexpr double gradient_tolerance = sizeof(Scalar) == sizeof(float) ? 1e-4 : 1e-11;

}  // namespace error_forcing::benchmarks
