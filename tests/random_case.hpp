#pragma once
// Random networks and batches for the tests of every room, generic unless asked otherwise.

#include <fmt/format.h>

#include <cmath>
#include <error_forcing/network.hpp>
#include <error_forcing/random.hpp>
#include <error_forcing/rollout.hpp>
#include <string>

namespace error_forcing::test {

struct CaseOptions {
  Index units = 5, inputs = 2, outputs = 2, trials = 3, steps = 6;
  double leak = 0.3;
  Activation activation = Activation::tanh;
  double recurrent_gain = 1.2;
  double observed_share = 0.6;    ///< probability that an entry is observed; 1 observes everything
  bool same_for_outputs = false;  ///< one mask for all outputs
  bool nan_where_unobserved = true;
  bool initial_state = true;  ///< a random h_0 instead of zero
};

template <typename Scalar>
struct RandomCase {
  Network<Scalar> network;
  Batch<Scalar> batch;
};

inline std::string description(const CaseOptions& o, std::uint64_t seed) {
  return fmt::format("seed {}: N {} I {} P {} B {} T {}, leak {}, {}, gain {}, observed {}", seed,
                     o.units, o.inputs, o.outputs, o.trials, o.steps, o.leak,
                     to_string(o.activation), o.recurrent_gain, o.observed_share);
}

/// Entries N(0, scale^2) for every trial, step and row.
inline History<double> random_history(RandomEngine& engine, const Layout& layout, Index rows,
                                      double scale = 1) {
  const Matrix<double> values = normal_matrix(engine, layout.trials * layout.steps, rows, scale);
  return from_row_major<double>(layout, rows, values.data());
}

/// A mask of 0 and 1. The first entry of all is observed, so that a loss exists.
inline History<double> random_mask(RandomEngine& engine, const Layout& layout,
                                   const CaseOptions& options) {
  boost::random::uniform_int_distribution<int> percent(0, 99);
  History<double> mask(layout, options.outputs);
  for (Index trial = 0; trial < layout.trials; ++trial)
    for (Index step = 1; step <= layout.steps; ++step)
      for (Index row = 0; row < options.outputs; ++row) {
        const bool drawn = percent(engine) < 100 * options.observed_share;
        mask(trial, step, row) = options.same_for_outputs && row > 0 ? mask(trial, step, 0) : drawn;
      }
  for (Index row = 0; row < (options.same_for_outputs ? options.outputs : 1); ++row)
    mask(0, 1, row) = 1;
  return mask;
}

/// Drawn in double; cast it for the other precisions.
inline RandomCase<double> random_case(const CaseOptions& o, std::uint64_t seed) {
  auto engine = random_engine(seed, 7);
  RandomCase<double> result;
  auto& [network, batch] = result;
  network.parameters = {
      normal_matrix(engine, o.units, o.units, o.recurrent_gain / std::sqrt(double(o.units))),
      normal_matrix(engine, o.units, o.inputs), normal_matrix(engine, o.units, 1, 0.5),
      normal_matrix(engine, o.outputs, o.units, 1 / std::sqrt(double(o.units))),
      normal_matrix(engine, o.outputs, 1, 0.5)};
  network.leak = o.leak;
  network.activation = o.activation;
  if (o.initial_state) network.initial_state = normal_matrix(engine, o.units, 1);
  const Layout layout = tiled(o.trials, o.steps);
  batch.inputs = random_history(engine, layout, o.inputs);
  batch.targets = random_history(engine, layout, o.outputs);
  batch.mask = random_mask(engine, layout, o);
  if (o.nan_where_unobserved)
    for (Index tile = 0; tile < layout.tiles(); ++tile)
      for (Index step = 1; step <= layout.steps; ++step)
        batch.targets.at(tile, step) =
            (batch.mask.at(tile, step).array() > 0)
                .select(batch.targets.at(tile, step), std::numeric_limits<double>::quiet_NaN());
  return result;
}

template <typename Scalar>
RandomCase<Scalar> random_case(const CaseOptions& options, std::uint64_t seed) {
  const auto drawn = random_case(options, seed);
  return {cast<Scalar>(drawn.network), cast<Scalar>(drawn.batch)};
}

/// A trajectory whose displacements are random and frozen, rolled out.
template <typename Scalar>
Trajectory<Scalar> displaced_trajectory(const RandomCase<Scalar>& c, std::uint64_t seed,
                                        double scale = 0.3) {
  auto engine = random_engine(seed, 8);
  auto trajectory = make_trajectory(c.network, c.batch);
  trajectory.displacements =
      cast<Scalar>(random_history(engine, c.batch.layout(), c.network.units(), scale));
  replay(c.network, c.batch, trajectory);
  return trajectory;
}

}  // namespace error_forcing::test
