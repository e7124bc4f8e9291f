#pragma once
// The forward pass (M1)-(M4), (M6) under any displacement of the state.

#include <error_forcing/errors.hpp>
#include <error_forcing/trajectory.hpp>
#include <optional>

namespace error_forcing {

/// Sets h_0 of every trial.
template <typename Scalar>
void start(const Network<Scalar>& network, Index tile, Trajectory<Scalar>& trajectory);

/// One step of one tile: phi(h_{t-1}), u_t (M2), y_t (M4) and e_t (M6) from h_{t-1}.
template <typename Scalar>
void predict(const Network<Scalar>& network, const Batch<Scalar>& batch, Index tile, Index step,
             Trajectory<Scalar>& trajectory);

/// h_t = u_t + nu_t (M3). Throws Divergence with the step and trial if h_t is not finite.
template <typename Scalar>
void displace(Index tile, Index step, Trajectory<Scalar>& trajectory);

/// The steps 1..T of one tile, see rollout().
template <typename Scalar, typename InferDisplacement>
void roll_out_tile(const Network<Scalar>& network, const Batch<Scalar>& batch, Index tile,
                   InferDisplacement& infer_displacement, Trajectory<Scalar>& trajectory) {
  start(network, tile, trajectory);
  for (Index step = 1; step <= batch.layout().steps; ++step) {
    predict(network, batch, tile, step, trajectory);
    infer_displacement(tile, step);
    displace(tile, step, trajectory);
  }
}

/// The rollout with displacements decided step by step: `infer_displacement(tile, step)` writes
/// trajectory.displacements.at(tile, step) knowing u_t, y_t and e_t. Throws InvalidInput unless the
/// shapes match, and Divergence with the earliest step and the first trial that diverges there.
template <typename Scalar, typename InferDisplacement>
void rollout(const Network<Scalar>& network, const Batch<Scalar>& batch,
             InferDisplacement infer_displacement, Trajectory<Scalar>& trajectory) {
  require_fit(network, batch, trajectory);
  std::optional<Divergence> earliest;  // in time, whichever tile is walked first
  for (Index tile = 0; tile < batch.layout().tiles(); ++tile) {
    try {
      roll_out_tile(network, batch, tile, infer_displacement, trajectory);
    } catch (const Divergence& divergence) {
      if (!earliest || divergence.step < earliest->step) earliest = divergence;
    }
  }
  if (earliest) throw *earliest;
}

/// The rollout that replays the displacements held in the trajectory.
template <typename Scalar>
void replay(const Network<Scalar>& network, const Batch<Scalar>& batch,
            Trajectory<Scalar>& trajectory) {
  rollout(
      network, batch, [](Index, Index) {}, trajectory);
}

/// The free-running rollout: every displacement is zero.
template <typename Scalar>
void run_free(const Network<Scalar>& network, const Batch<Scalar>& batch,
              Trajectory<Scalar>& trajectory) {
  trajectory.displacements.fill(Scalar(0));
  replay(network, batch, trajectory);
}

}  // namespace error_forcing
