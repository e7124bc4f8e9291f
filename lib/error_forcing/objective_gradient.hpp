#pragma once
// The gradient of the objective along a displaced trajectory, for three ways of routing it
// through the forcing. Each is the exact gradient of an objective of its own:
//
//   held      the displacements nu_t are constants: error forcing as published, an M-step (S3)
//   damped    h_t = (1-p) u_t + K s_t with K s_t constant: teacher forcing towards given states, as
//             in generalised teacher forcing (Hess et al. 2023); the same as held where p = 0
//   through   nu_t is a function of u_t, C, d and the feedback gain K: h_t = u_t + K s_t - p u_t
//
// Law: -1/2 (sum m) times the `held` gradient of (M8) is the ascent direction (S3).

#include <error_forcing/feedback.hpp>
#include <error_forcing/objective.hpp>

namespace error_forcing {

/// Displacements held fixed. `trajectory` comes from a rollout of this network and batch.
template <typename Scalar>
void objective_gradient_held(const Network<Scalar>& network, const Batch<Scalar>& batch,
                             const Penalties& penalties, Trajectory<Scalar>& trajectory,
                             Parameters<Scalar>& gradient);

/// Damped by the pull p of the feedback that displaced the state.
template <typename Scalar>
void objective_gradient_damped(const Network<Scalar>& network, const Batch<Scalar>& batch,
                               const Feedback<Scalar>& feedback, const Penalties& penalties,
                               Trajectory<Scalar>& trajectory, Parameters<Scalar>& gradient);

/// Differentiated through the feedback that displaced the state. dL_dK (N x P) is the gradient
/// in the gain; the chain from K to C belongs to whoever built K from C.
template <typename Scalar>
void objective_gradient_through(const Network<Scalar>& network, const Batch<Scalar>& batch,
                                const Feedback<Scalar>& feedback, const Penalties& penalties,
                                Trajectory<Scalar>& trajectory, Parameters<Scalar>& gradient,
                                Matrix<Scalar>& dL_dK);

}  // namespace error_forcing
