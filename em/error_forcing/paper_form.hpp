#pragma once
// The paper's M-step: back-propagation driven by the un-forced prediction error.
//
//   (S3) lambda_t = C' e_t + J_{t+1}' lambda_{t+1}
//        dW = a sum lambda_t phi(h_{t-1})'   dU, db alike   dC = sum e_t u_t'   dd = sum e_t
//
// Laws: it is -1/2 (sum m) times the gradient of the loss (M8) at frozen displacements; with
// error forcing at rho = 0, R = sigma_y^2 I and C of full row rank, (S2) is (1-c)/sigma_y^2 times
// it in W, U, b and d (I3).

#include <error_forcing/trajectory.hpp>

namespace error_forcing {

struct PaperForm {};

template <typename Scalar>
Parameters<Scalar> ascent_direction(const PaperForm& m_step, const Network<Scalar>& network,
                                    const Batch<Scalar>& batch, Trajectory<Scalar>& trajectory);

}  // namespace error_forcing
