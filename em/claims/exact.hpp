#pragma once
// One exact E-step of a linear model, for the claims about the EM loop.

#include <error_forcing/closed_form.hpp>

#include "models.hpp"

namespace error_forcing::certification {

/// The evidence, the score without any inverse of Q, the moments.
template <typename Scalar>
struct ExactEStep {
  Scalar log_evidence{};
  Parameters<Scalar> score;
  ExpectedStatistics<Scalar> statistics;
};

template <typename Scalar>
ExactEStep<Scalar> exact(const GenerativeModel<Scalar>& model, const Batch<Scalar>& batch) {
  ExactEStep<Scalar> result{Scalar(0), zero_like(model.network.parameters),
                            empty_statistics(model.network)};
  for (Index k = 0; k < batch.layout().trials; ++k) {
    const auto trial = trial_of(batch, k);
    const auto filtered = kalman_filter(model, trial);
    const auto posterior = adjoint_smoother(filtered);
    result.log_evidence += log_evidence(filtered);
    add_scaled(result.score, Scalar(1), exact_score(model, trial, posterior));
    add_posterior(model.network, trial, posterior.states, result.statistics);
  }
  return result;
}

/// [W U b].
template <typename Scalar>
Matrix<Scalar> dynamics(const Parameters<Scalar>& p) {
  Matrix<Scalar> all(p.W.rows(), p.W.cols() + p.U.cols() + 1);
  all << p.W, p.U, p.b;
  return all;
}

/// Of one unit.
template <typename Scalar>
Vector<Scalar> theta_of(const Parameters<Scalar>& p) {
  return dynamics(p).row(0).transpose();
}

}  // namespace error_forcing::certification
