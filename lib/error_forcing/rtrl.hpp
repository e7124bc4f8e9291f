#pragma once
// Real-time recurrent learning (Williams & Zipser 1989): the exact gradient, forward in time.
//
//   S_0 = 0    S_t = J_t S_{t-1} + a [I (x) f_t']    f_t = [phi(h_{t-1}); x_t; 1]
//   dL/dtheta = sum_t l_t' S_t                       theta = [W U b], row by row
//
// S_t = du_t/dtheta is N x N M, M = N + I + 1; displacements are held, so that dh_t/dtheta is the
// same. A step of a trial costs N^3 M multiply-adds: for small N.
//
// Laws: equals back-propagation to rounding (S7); with only the diagonal of J it is SnAp-1.

#include <error_forcing/learning_signal.hpp>

namespace error_forcing {

/// The largest network that rtrl takes: N^2 M numbers, 64 MB in double, at N = 200.
inline constexpr Index largest_rtrl_network = 200;

/// Throws InvalidInput above it.
void require_small_enough_for_rtrl(Index units, Index inputs);

/// The reusable memory of rtrl_gradient(), of one trial.
template <typename Scalar>
struct Sensitivity {
  Sensitivity() = default;
  /// Throws InvalidInput above largest_rtrl_network units.
  Sensitivity(Index units, Index inputs);

  Matrix<Scalar> S;         ///< du_t/dtheta, N x (N M)
  Matrix<Scalar> next;      ///< scratch of the same size
  Matrix<Scalar> J;         ///< J_t, N x N
  Vector<Scalar> features;  ///< f_t, M
  Vector<Scalar> sum;       ///< dL/dtheta, N M
};

/// The gradient of the objective with displacements held and C' replaced by B = `feedback` in the
/// learning signal; `trajectory` comes from a rollout of this network and batch. Throws
/// InvalidInput unless the shapes match.
template <typename Scalar>
void rtrl_gradient(const Network<Scalar>& network, const Batch<Scalar>& batch,
                   const Penalties& penalties, const Matrix<Scalar>& feedback,
                   Trajectory<Scalar>& trajectory, Sensitivity<Scalar>& sensitivity,
                   Parameters<Scalar>& gradient);

}  // namespace error_forcing
