#pragma once
// Error forcing: the output error moves the state orthogonally towards the zero-error manifold
// and leaves every other direction free.
//
//   (E1) nu_t = c C+ e_t,  e_t masked: unobserved outputs are held where they are
//
// With another forcing feedback D in place of C+ it is no longer orthogonal, and errors may grow:
// forcing_feedback.hpp, forcing_stability.hpp.
//
// Sagtekin, Bredenberg, Savin, NeurIPS 2025.
//
// Laws: rho = 0, rank C = P: C h_t + d = y_t + c e_t, and nu_t is the shortest displacement that
// does this (G2). c = 1, rho = sigma_y^2/sigma_h^2 is the greedy posterior (E3) of isotropic noise.

#include <error_forcing/feedback.hpp>
#include <error_forcing/forcing_feedback.hpp>

namespace error_forcing {

template <typename Scalar>
struct ErrorForcing {
  Scalar gain = Scalar(1);   ///< c, in [0, 1]; with other feedback than C+, c >= 0
  Scalar ridge = Scalar(0);  ///< rho of C+, >= 0
  /// The released code forces all outputs at every step where output 0 is observed.
  bool as_released = false;
  ForcingFeedback forcing = {};  ///< D
};

/// Throws InvalidInput for a gain outside [0, 1], of other feedback than C+ for one that is
/// negative or not finite; for a ridge below 0, and as forcing_matrix() does.
template <typename Scalar>
Feedback<Scalar> feedback(const ErrorForcing<Scalar>& e_step, const Network<Scalar>& network);

}  // namespace error_forcing
