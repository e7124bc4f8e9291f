#pragma once
// The local, centred M-step: every step explains its own displacement; no recursion in time.
//
//   (S4) delta_t = Q^-1 nu_t,  dW = a sum delta_t phi(h_{t-1})',  dU, db alike,  dC and dd as (S2)
//
// Law: with the greedy E-step (E3), Q^-1 K = C' S^-1 makes it the one-step truncation of the
// reparameterised M-step (I2).

#include <error_forcing/noise.hpp>
#include <error_forcing/trajectory.hpp>

namespace error_forcing {

template <typename Scalar>
struct Local {
  Noise<Scalar> noise;  ///< Q and R positive definite
};

/// Throws InvalidInput if Q or R is not positive definite.
template <typename Scalar>
Parameters<Scalar> ascent_direction(const Local<Scalar>& m_step, const Network<Scalar>& network,
                                    const Batch<Scalar>& batch, Trajectory<Scalar>& trajectory);

}  // namespace error_forcing
