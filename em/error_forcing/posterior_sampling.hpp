#pragma once
// Samples of the exact posterior of a linear model, without a dense covariance.
//
//   eps~ ~ N(0, I), zeta ~ N(0, R)                            a draw of the prior, with its outputs
//   eps = eps~ + L'D'(G G' + R)^-1 (r(eps~) - zeta)           Matheron's rule
//
// r(eps~) is what the targets differ from the outputs that eps~ makes. G G' + R is factored once
// for all samples; each costs one rollout and one adjoint pass.
//
// Laws: mean and covariance of the samples are those of (E6); where nothing is observed they are
// draws of the prior; R -> 0: every sample makes the targets.
//
// Journel & Huijbregts 1978; Doucet 2010.

#include <error_forcing/expected_statistics.hpp>

namespace error_forcing {

/// Equally weighted paths. Throws InvalidInput unless phi = identity, count >= 1 and the covariance
/// of the observed outputs is positive definite.
WeightedPaths<double> posterior_samples(const GenerativeModel<double>& model,
                                        const ObservedTrial<double>& trial, Index count,
                                        RandomEngine& engine);

}  // namespace error_forcing
