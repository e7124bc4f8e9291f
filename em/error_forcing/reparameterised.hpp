#pragma once
// The reparameterised M-step: the gradient of the non-centred likelihood with the noise fixed.
//
//   (S1) l_nc = -1/2 sum r_t' R^-1 r_t + const,  r_t = y*_t - C h_t - d on observed outputs
//   (S2) lambda_t = C' R^-1 r_t + J_{t+1}' lambda_{t+1}
//        dW = a sum lambda_t phi(h_{t-1})'   dU, db alike   dC = sum R^-1 r_t h_t'   dd = sum R^-1
//        r_t
//
// R^-1 r_t stands for the inverse of the observed block of R, scattered back into P outputs.

#include <error_forcing/trajectory.hpp>

namespace error_forcing {

template <typename Scalar>
struct Reparameterised {
  Matrix<Scalar> R;  ///< observation covariance, P x P, positive definite
};

/// l_nc of (S1) without its constant, summed over trials. Throws InvalidInput for a bad R.
template <typename Scalar>
Scalar non_centred_log_likelihood(const Reparameterised<Scalar>& m_step,
                                  const Network<Scalar>& network, const Batch<Scalar>& batch,
                                  Trajectory<Scalar>& trajectory);

/// Its gradient (S2) at fixed noise.
template <typename Scalar>
Parameters<Scalar> ascent_direction(const Reparameterised<Scalar>& m_step,
                                    const Network<Scalar>& network, const Batch<Scalar>& batch,
                                    Trajectory<Scalar>& trajectory);

}  // namespace error_forcing
