#pragma once
// Where the gradient of an E-step comes from: the four parts of E[grad l_nc].
//
//                along the mean noise    what the spread around it adds
//   immediate    plug_in.immediate       covariance.immediate
//   temporal     plug_in.temporal        covariance.temporal
//
//   plug-in      (S2) along the path of E[eps]: what a point E-step at the posterior mean gives
//   covariance   the rest. Linear: dW = a sum Cov[lambda_t, h_{t-1}], dC = -sum R^-1 C V_t
//   immediate    lambda_t replaced by C' R^-1 r_t: no error is carried back in time
//
// Laws: the parts sum to expected_non_centred_gradient(); an E-step that is a path has no
// covariance part; of an exact posterior the sum is the score (I5).

#include <error_forcing/inference.hpp>

namespace error_forcing {

struct ByHorizon {
  Parameters<double> immediate, temporal;
};

struct GradientParts {
  ByHorizon plug_in, covariance;
};

/// Summed over trials. Throws InvalidInput for an E-step that keeps no joint moments (quadrature).
GradientParts gradient_parts(const GenerativeModel<double>& model, const Batch<double>& batch,
                             const Inference& inference);

}  // namespace error_forcing
