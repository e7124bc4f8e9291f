#pragma once
// The (extended) Kalman filter: the posterior of the state given the past and the present.
//
//   (E4) Sigma_{t|t-1} = J_t Sigma_{t-1|t-1} J_t' + Q,  S_t = C Sigma_{t|t-1} C' + R
//        K_t = Sigma_{t|t-1} C' S_t^-1,  nu_t = K_t e_t,  Joseph-form update,  Sigma_{0|0} = 0
//
// J_t is taken at the filtered mean (extended), or along a given path (linearised): then the model
// is the affine one that touches F along the path, and Gauss-Newton's.
//
// Laws: for phi = identity it is exact, wherever the path; the log evidence is then
// sum log N(e_t; 0, S_t). For other phi that sum is the extended filter's approximation.

#include <error_forcing/trial.hpp>

namespace error_forcing {

/// E-step: the filtered posterior.
struct KalmanFilter {};

/// One step of the filter.
template <typename Scalar>
struct FilteredStep {
  Vector<Scalar> predicted;             ///< F at the last mean, N
  Matrix<Scalar> predicted_covariance;  ///< Sigma_{t|t-1}, N x N
  Vector<Scalar> mean;                  ///< of h_t given y*_{1:t}, N
  Matrix<Scalar> covariance;            ///< Sigma_{t|t}, N x N
  Matrix<Scalar> jacobian;              ///< J_t, N x N
  Matrix<Scalar> correction;            ///< I - K_t C, N x N
  Vector<Scalar> weighted_error;        ///< C' S_t^-1 e_t, N
  Matrix<Scalar> information;           ///< C' S_t^-1 C, N x N
  Scalar log_evidence = Scalar(0);      ///< log N(e_t; 0, S_t), 0 where nothing is observed
};

/// Steps 0..T: step 0 is the known h_0.
template <typename Scalar>
using Filtered = std::vector<FilteredStep<Scalar>>;

/// Throws InvalidInput where S_t is not positive definite, Divergence for a mean that is not
/// finite.
template <typename Scalar>
Filtered<Scalar> kalman_filter(const GenerativeModel<Scalar>& model,
                               const ObservedTrial<Scalar>& trial);

/// The filter of the model linearised along the states `path`, N x (T+1).
template <typename Scalar>
Filtered<Scalar> linearised_filter(const GenerativeModel<Scalar>& model,
                                   const ObservedTrial<Scalar>& trial, const Matrix<Scalar>& path);

template <typename Scalar>
Scalar log_evidence(const Filtered<Scalar>& filtered) {
  Scalar sum(0);
  for (const auto& step : filtered) sum += step.log_evidence;
  return sum;
}

}  // namespace error_forcing
