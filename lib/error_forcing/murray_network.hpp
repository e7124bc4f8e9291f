#pragma once
// RFLO for the network that it was derived for (Murray 2019): phi outside the sum.
//
//   u_t = W h_{t-1} + U x_t + b    h_t = (1-a) h_{t-1} + a phi(u_t)    y_t = C h_t + d
//
// The engine's network (M1) has phi inside. There traces carry no phi'; here they do:
//
//   credit             what carries it, l_t = B dL/dy_t, f_t = [h_{t-1}; x_t; 1]
//   back_propagation   z_t = l_t + ((1-a) I + a W' diag phi'(u_{t+1})) z_{t+1}
//                      dL/d[W U b] = a sum_t (phi'(u_t) o z_t) f_t'
//   rtrl               S_t = ((1-a) I + a diag phi'(u_t) W) S_{t-1} + a diag phi'(u_t) [I (x) f_t']
//   rflo               p_ij(t) = (1-a) p_ij(t-1) + a phi'(u_i(t)) f_j(t)
//
// It is a reference, written to be read: one trial after the other, forward or backward in loops. A
// Network holds the weights; who reads them decides where phi stands. No displacements.
//
// Laws: rtrl equals back_propagation to rounding, for any B; with B = C' both are the gradient of
// (M8). rflo equals them at W = 0 and at T = 1. Where phi = identity the two networks are one, and
// so are the rules.

#include <error_forcing/batch.hpp>

namespace error_forcing {

enum class MurrayCredit { back_propagation, rtrl, rflo };

/// (M8) of the network with phi outside the sum.
template <typename Scalar>
Scalar murray_loss(const Network<Scalar>& network, const Batch<Scalar>& batch);

/// What the rule takes for the gradient of (M8); that of C and d is exact. `feedback` is B, N x P,
/// C' for symmetric feedback. Throws InvalidInput unless the shapes match and something is
/// observed, and for RTRL of a large network.
template <typename Scalar>
Parameters<Scalar> murray_gradient(MurrayCredit credit, const Network<Scalar>& network,
                                   const Batch<Scalar>& batch, const Matrix<Scalar>& feedback);

}  // namespace error_forcing
