#pragma once
// The M-step of isotropic noise, Q = sigma_h^2 I and R = sigma_y^2 I, after the greedy posterior
// (E3). The noise ratio is the gain (R3), so that learning the noise tunes the gain.
//
//   sigma_h^2 <- mean over steps of (|K e_t|^2 + tr(Q - K C Q)) / N
//   sigma_y^2 <- mean over observed entries of diag((e_t - C K e_t)(..)' + C (Q - K C Q) C')
//
// each mixed with the old variance by a weight gamma (online EM, Cappe & Moulines 2009). C, R and e
// stand for the rows observed at a step; one where nothing is observed brings sigma_h^2 itself.
//
// Laws, for errors that stay as they are:
//   no update lowers sum log N(e_t; 0, S), S = C Q C' + R, whatever gamma
//   every ratio is a fixed point where S is the second moment of e (whole-step masks): the greedy
//     posterior identifies S only (I8)
//   C C' = s^2 I and a share p of the steps observed, whole: with c = s^2 sigma_h^2 / S and
//     x = <e^2> / S - 1, exactly
//       sigma_h^2 <- sigma_h^2 (1 + gamma p (P/N) c x),  sigma_y^2 <- sigma_y^2 (1 + gamma (1-c) x)
//     so that errors below S drive c to N / (N + p P), and errors above S drive it away from there

#include <error_forcing/noise.hpp>
#include <error_forcing/observed_patterns.hpp>
#include <map>

namespace error_forcing {

/// All that the update reads of the errors.
template <typename Scalar>
struct ErrorMoments {
  struct Pattern {
    Index count = 0;     ///< steps of trials that observe these outputs
    Matrix<Scalar> sum;  ///< of e e' over them
  };
  std::map<ObservedOutputs, Pattern> patterns;
  Index steps = 0;  ///< of all trials, observed or not
};

/// From the mask of a batch and the errors (M6) that an E-step left.
template <typename Scalar>
ErrorMoments<Scalar> error_moments(const History<Scalar>& mask, const History<Scalar>& errors);

template <typename To, typename From>
ErrorMoments<To> cast(const ErrorMoments<From>& moments) {
  ErrorMoments<To> result{.patterns = {}, .steps = moments.steps};
  for (const auto& [observed, seen] : moments.patterns)
    result.patterns[observed] = {seen.count, seen.sum.template cast<To>()};
  return result;
}

/// The noise after one update of weight gamma in (0, 1]. Throws InvalidInput for deviations that
/// are not positive and finite, and for errors that are not finite or none at all.
template <typename Scalar>
IsotropicNoise<Scalar> update_noise(const Matrix<Scalar>& C, const ErrorMoments<Scalar>& moments,
                                    const IsotropicNoise<Scalar>& noise, Scalar weight);

/// Throws InvalidInput unless both deviations are positive and finite.
template <typename Scalar>
void validate(const IsotropicNoise<Scalar>& noise);

}  // namespace error_forcing
