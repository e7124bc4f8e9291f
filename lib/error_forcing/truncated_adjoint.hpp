#pragma once
// RFLO and SnAp-1 over whole trials: the adjoint recursion with J replaced by its kept part.
//
//   lambda_t = l_t + K_{t+1} lambda_{t+1}      l_t the learning signal (learning_signal.hpp)
//
//   kept       K_t                                        rule
//   leak       (1-a) I                                    RFLO (Murray 2019)
//   diagonal   diag J_t = (1-a) + a W_ii phi'(h_i(t-1))   SnAp-1 (Menick et al. 2020)
//
//   dL/dW = a sum lambda_t phi(h_{t-1})'    dU, db alike;  dL/dC, dL/dd are exact
//
// Laws: equals the eligibility traces of the same kept part, to rounding (I10); is the gradient of
// back-propagation at W = 0 (leak) and at W diagonal (diagonal); no product with W' is needed, so a
// step back costs the weight gradients and nothing else of order N^2.

#include <error_forcing/learning_signal.hpp>

namespace error_forcing {

/// The part of J = dF/dh that credit flows through.
enum class KeptJacobian { leak, diagonal };

/// Turns trajectory.adjoint from lambda_t into K_t lambda_t.
template <typename Scalar>
void back_through_kept(KeptJacobian kept, const Network<Scalar>& network, Index tile, Index step,
                       Trajectory<Scalar>& trajectory);

/// Writes the gradient that the rule takes for the objective's, displacements held. `trajectory`
/// comes from a rollout of this network and batch; `feedback` is B, N x P. Throws InvalidInput
/// unless the shapes match.
template <typename Scalar>
void truncated_gradient(KeptJacobian kept, const Network<Scalar>& network,
                        const Batch<Scalar>& batch, const Penalties& penalties,
                        const Matrix<Scalar>& feedback, Trajectory<Scalar>& trajectory,
                        Parameters<Scalar>& gradient);

}  // namespace error_forcing
