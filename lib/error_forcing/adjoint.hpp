#pragma once
// Back-propagation through time, written by hand: the adjoint recursion behind (S2) and (S3).
//
//   letter     meaning                                   size
//   lambda_t   dL/du_t, the adjoint of the prediction    N x lanes
//   J_t        dF/dh_{t-1} = (1-a) I + a W diag phi'     N x N, never formed (M7)
//
//   dL/dh_{t-1} = J_t' lambda_t
//   dL/dW = a sum lambda_t phi(h_{t-1})'    dL/dU = a sum lambda_t x_t'    dL/db = a sum lambda_t
//
// The displacement is held fixed here: h_t = u_t + nu_t gives dL/du_t = dL/dh_t.

#include <error_forcing/trajectory.hpp>

namespace error_forcing {

/// Adds to dL/dW, dL/dU, dL/db what trajectory.adjoint, dL/du_t, says at this step.
template <typename Scalar>
void add_recurrent_gradient(const Network<Scalar>& network, const Batch<Scalar>& batch, Index tile,
                            Index step, Trajectory<Scalar>& trajectory,
                            Parameters<Scalar>& gradient);

/// Adds to dL/dC, dL/dd what trajectory.output_adjoint, dL/dy of y = C state + d, says.
template <typename Scalar>
void add_readout_gradient(const ConstPanel<Scalar>& state, const Trajectory<Scalar>& trajectory,
                          Parameters<Scalar>& gradient);

/// Turns trajectory.adjoint from dL/du_t into dL/dh_{t-1} = J_t' dL/du_t.
template <typename Scalar>
void back_through_dynamics(const Network<Scalar>& network, Index tile, Index step,
                           Trajectory<Scalar>& trajectory);

/// Adds C' dL/dy to trajectory.adjoint, from the first `lanes` of trajectory.output_adjoint.
template <typename Scalar>
void back_through_readout(const Network<Scalar>& network, Index lanes,
                          Trajectory<Scalar>& trajectory);

/// t = T..1: `at_step(tile, step)` turns trajectory.adjoint from the dL/dh_t that comes from the
/// future into dL/du_t, adding what the loss says at this step. Adds to dL/dW, dL/dU, dL/db; the
/// readout's gradient is at_step's.
template <typename Scalar, typename AtStep>
void backpropagate(const Network<Scalar>& network, const Batch<Scalar>& batch, AtStep at_step,
                   Trajectory<Scalar>& trajectory, Parameters<Scalar>& gradient) {
  require_fit(network, batch, trajectory);
  for (Index tile = 0; tile < batch.layout().tiles(); ++tile) {
    trajectory.adjoint.setZero();
    for (Index step = batch.layout().steps; step >= 1; --step) {
      at_step(tile, step);
      add_recurrent_gradient(network, batch, tile, step, trajectory, gradient);
      back_through_dynamics(network, tile, step, trajectory);
    }
  }
}

}  // namespace error_forcing
