#pragma once
// The posterior by K particles that follow the greedy posterior, their locally optimal proposal.
//
//   (E7) eps_t ~ p(eps_t | h_{t-1}, y*_t) of (E3), drawn as
//          eps = xi + L'C'S^-1 (e_t - C L xi - zeta),  xi ~ N(0, I), zeta ~ N(0, R)   (Matheron)
//        log-weight increment log N(e_t; 0, S); systematic resampling when the effective sample
//        size falls below a share of K
//
// Laws: the estimate of the evidence is unbiased for every K, with and without resampling; without
// it, its expected logarithm does not decrease with K (I9); for phi = identity and K -> infinity
// paths and weights are the exact posterior's.
//
// Gordon, Salmond & Smith 1993; Doucet, Godsill & Andrieu 2000 (optimal proposal).

#include <error_forcing/expected_statistics.hpp>

namespace error_forcing {

/// E-step.
struct ParticlePosterior {
  Index particles = 1000;       ///< K >= 1
  double resample_below = 0.5;  ///< share of K, in [0, 1]; 0 never resamples
  Index repeats = 8;            ///< independent filters, >= 1; their spread is the error estimate
  std::uint64_t seed = 1;
};

/// One filter along one trial.
struct ParticleRun {
  WeightedPaths<double> paths;  ///< ancestral: every path is one particle's whole past
  double log_evidence = 0;      ///< logarithm of an unbiased estimate
  double smallest_sample = 0;   ///< smallest effective sample size over time, in [1, K]
  Index distinct_starts = 0;    ///< distinct states at step 1 among the paths
};

/// Throws InvalidInput for options out of range or an S that is not positive definite, Divergence
/// if the particles leave the finite numbers or all weights vanish.
ParticleRun particle_run(const ParticlePosterior& e_step, const GenerativeModel<double>& model,
                         const ObservedTrial<double>& trial, RandomEngine& engine);

/// log of the mean of exp(values), and the standard error of that logarithm from their spread
/// (delta method); NaN for one value.
struct LogMean {
  double value = 0, error = 0;
};
LogMean log_mean(const std::vector<double>& values);

}  // namespace error_forcing
