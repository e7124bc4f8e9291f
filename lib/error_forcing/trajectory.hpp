#pragma once
// The reusable workspace of a rollout and its adjoint, allocated once from the shapes.
//
//   letter  member          meaning                                    rows   steps
//   u_t     states_before   state before forcing (M2)                   N      1..T
//   h_t     states          state after forcing (M3)                    N      0..T
//   phi_t   activity        phi(h_t)                                    N      0..T
//   y_t     outputs         prediction C u_t + d, before forcing (M4)   P      1..T
//   e_t     errors          m_t o (y*_t - y_t), 0 where unobserved (M6) P      1..T
//   nu_t    displacements   h_t - u_t                                   N      1..T
//
// Every function clears what it writes: calling it twice gives the same bits. In debug builds the
// histories start as NaN, so that a value read before it is written is seen.

#include <error_forcing/batch.hpp>

namespace error_forcing {

template <typename Scalar>
struct Trajectory {
  Trajectory() = default;
  Trajectory(const Layout& layout, Index units, Index outputs)
      : states_before(layout, units),
        states(layout, units, 0),
        activity(layout, units, 0),
        outputs(layout, outputs),
        errors(layout, outputs),
        displacements(layout, units),
        adjoint(units, layout.lanes),
        scratch(units, layout.lanes),
        signal(outputs, layout.lanes),
        output_adjoint(outputs, layout.lanes),
        observed(1, layout.lanes) {
#ifndef NDEBUG
    for (auto* history : {&states_before, &states, &activity, &this->outputs, &errors})
      history->fill(std::numeric_limits<Scalar>::quiet_NaN());
#endif
  }

  History<Scalar> states_before, states, activity, outputs, errors;
  History<Scalar> displacements;  ///< zero until an E-step writes it

  // One step of one tile, scratch of the functions that walk through time.
  Matrix<Scalar> adjoint;         ///< dL/dh_t or dL/du_t, N x lanes
  Matrix<Scalar> scratch;         ///< N x lanes
  Matrix<Scalar> signal;          ///< what the feedback gain multiplies, P x lanes
  Matrix<Scalar> output_adjoint;  ///< dL/dy_t, P x lanes
  Matrix<Scalar> observed;        ///< 1 where a trial has an observed output, 1 x lanes
};

/// A workspace that fits the network and the batch.
template <typename Scalar>
Trajectory<Scalar> make_trajectory(const Network<Scalar>& network, const Batch<Scalar>& batch) {
  return {batch.layout(), network.units(), network.outputs()};
}

/// Throws InvalidInput unless network, batch and workspace have matching shapes. It looks at no
/// value, so that every rollout and every backward pass can afford it.
template <typename Scalar>
void require_fit(const Network<Scalar>& network, const Batch<Scalar>& batch,
                 const Trajectory<Scalar>& trajectory);

}  // namespace error_forcing
