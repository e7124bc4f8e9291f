#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/output_jacobian.hpp>
#include <error_forcing/smoother.hpp>

namespace error_forcing {

namespace {

template <typename Scalar>
GaussianPosterior<Scalar> empty_posterior(Index units, Index steps) {
  const std::vector<Matrix<Scalar>> zeros(static_cast<std::size_t>(steps + 1),
                                          Matrix<Scalar>::Zero(units, units));
  return {Matrix<Scalar>::Zero(units, steps + 1), zeros, zeros};
}

}  // namespace

template <typename Scalar>
GaussianPosterior<Scalar> rts_smoother(const Filtered<Scalar>& filtered) {
  const std::size_t last = filtered.size() - 1;
  auto posterior = empty_posterior<Scalar>(filtered[0].mean.size(), static_cast<Index>(last));
  auto& [mean, V, lag_one] = posterior;
  mean.col(static_cast<Index>(last)) = filtered[last].mean;
  V[last] = filtered[last].covariance;
  for (std::size_t t = last; t-- > 0;) {
    const auto& now = filtered[t];
    const auto& next = filtered[t + 1];
    const auto predicted = cholesky(next.predicted_covariance);
    require(predicted.positive_definite,
            "Q: not positive definite, which the RTS smoother needs at step {}; use the adjoint or "
            "the dual form",
            t + 1);
    const Matrix<Scalar> G = predicted.solve(next.jacobian * now.covariance).transpose();
    const auto column = static_cast<Index>(t);
    mean.col(column) = now.mean + G * (mean.col(column + 1) - next.predicted);
    V[t] = symmetrised<Scalar>(now.covariance +
                               G * (V[t + 1] - next.predicted_covariance) * G.transpose());
    lag_one[t + 1] = V[t + 1] * G.transpose();
  }
  return posterior;
}

template <typename Scalar>
AdjointPosterior<Scalar> adjoint_smoother(const Filtered<Scalar>& filtered) {
  const std::size_t last = filtered.size() - 1;
  const Index units = filtered[0].mean.size(), steps = static_cast<Index>(last);
  const Matrix<Scalar> identity = Matrix<Scalar>::Identity(units, units);
  AdjointPosterior<Scalar> result{empty_posterior<Scalar>(units, steps),
                                  Matrix<Scalar>::Zero(units, steps + 1),
                                  std::vector<Matrix<Scalar>>(last + 1, 0 * identity)};
  auto& [states, adjoint, adjoint_state] = result;
  states.mean.col(0) = filtered[0].mean;
  Vector<Scalar> lambda = Vector<Scalar>::Zero(units);         // J_{t+1}' lambda_{t+1}
  Matrix<Scalar> Lambda = Matrix<Scalar>::Zero(units, units);  // J_{t+1}' Lambda_{t+1} J_{t+1}
  for (std::size_t t = last; t >= 1; --t) {
    const auto& step = filtered[t];
    const auto& Sigma = step.predicted_covariance;
    const auto column = static_cast<Index>(t);
    lambda = step.weighted_error + step.correction.transpose() * lambda;
    Lambda = symmetrised<Scalar>(step.information +
                                 step.correction.transpose() * Lambda * step.correction);
    const Matrix<Scalar> J_Sigma = step.jacobian * filtered[t - 1].covariance;
    adjoint.col(column) = lambda;
    adjoint_state[t] = -Lambda * J_Sigma;
    states.mean.col(column) = step.predicted + Sigma * lambda;
    states.covariance[t] = symmetrised<Scalar>(Sigma - Sigma * Lambda * Sigma);
    states.lag_one[t] = J_Sigma + Sigma * adjoint_state[t];
    lambda = step.jacobian.transpose() * lambda;
    Lambda = step.jacobian.transpose() * Lambda * step.jacobian;
  }
  return result;
}

template <typename Scalar>
GaussianPosterior<Scalar> dual_smoother(const GenerativeModel<Scalar>& model,
                                        const ObservedTrial<Scalar>& trial) {
  const auto& network = model.network;
  require(model.linear(), "exact posterior: only for phi = identity, got {}",
          to_string(network.activation));
  const Index units = network.units(), steps = trial.steps();
  const Matrix<Scalar> none = Matrix<Scalar>::Zero(units, steps + 1);
  const Matrix<Scalar> prior_mean = displaced_states(network, trial, none);
  const auto residual = observed_residual(model, trial, prior_mean);
  const Matrix<Scalar> A = transition_jacobian<Scalar>(network, prior_mean.col(0));
  // H_t = Cov[h_t, outputs] = A H_{t-1} + Q Lambda_t, Lambda_t the adjoint of every output.
  const auto adjoints = output_adjoints(network, trial, prior_mean);
  const auto gram =
      cholesky<Scalar>(output_gram(model, trial, prior_mean) + observed_covariance(model, trial));
  require(gram.positive_definite,
          "the covariance of the {} observed outputs is not positive definite; raise sigma_y",
          residual.size());
  const Vector<Scalar> weighted = gram.solve(residual);
  auto posterior = empty_posterior<Scalar>(units, steps);
  posterior.mean = prior_mean;
  Matrix<Scalar> H = Matrix<Scalar>::Zero(units, residual.size());
  Matrix<Scalar> prior = Matrix<Scalar>::Zero(units, units);
  for (Index t = 1; t <= steps; ++t) {
    const auto k = static_cast<std::size_t>(t);
    const Matrix<Scalar> H_last = H, prior_last = prior;
    H = A * H_last + model.noise.Q * adjoints[k];
    prior = symmetrised<Scalar>(A * prior_last * A.transpose() + model.noise.Q);
    posterior.mean.col(t) += H * weighted;
    posterior.covariance[k] = symmetrised<Scalar>(prior - H * gram.solve(H.transpose()));
    posterior.lag_one[k] = A * prior_last - H * gram.solve(H_last.transpose());
  }
  return posterior;
}

template <typename Scalar>
Parameters<Scalar> exact_score(const GenerativeModel<Scalar>& model,
                               const ObservedTrial<Scalar>& trial,
                               const AdjointPosterior<Scalar>& posterior) {
  const auto& [states, adjoint, adjoint_state] = posterior;
  const Scalar a = model.network.leak;
  auto score = zero_like(model.network.parameters);
  for (Index t = 1; t <= trial.steps(); ++t) {
    const auto k = static_cast<std::size_t>(t);
    const Vector<Scalar> lambda = adjoint.col(t), h = states.mean.col(t);
    score.W += a * (lambda * states.mean.col(t - 1).transpose() + adjoint_state[k]);
    score.U += a * lambda * trial.inputs.col(t).transpose();
    score.b += a * lambda;
    const auto seen = observation_at(model, trial, t);
    if (seen.empty()) continue;
    const auto R = cholesky(seen.R);
    require(R.positive_definite,
            "R: not positive definite on {} observed outputs, so the readout has no score; raise "
            "sigma_y",
            seen.target.size());
    const Vector<Scalar> r = seen.target - seen.C * h - seen.d;
    const Matrix<Scalar> moment = r * h.transpose() - seen.C * states.covariance[k];  // E[r h']
    add_to_observed_rows<Scalar>(trial.observed[k], R.solve(moment), R.solve(r), score);
  }
  return score;
}

#define INSTANTIATE(Scalar)                                                        \
  template GaussianPosterior<Scalar> rts_smoother(const Filtered<Scalar>&);        \
  template AdjointPosterior<Scalar> adjoint_smoother(const Filtered<Scalar>&);     \
  template GaussianPosterior<Scalar> dual_smoother(const GenerativeModel<Scalar>&, \
                                                   const ObservedTrial<Scalar>&);  \
  template Parameters<Scalar> exact_score(const GenerativeModel<Scalar>&,          \
                                          const ObservedTrial<Scalar>&,            \
                                          const AdjointPosterior<Scalar>&);
ERROR_FORCING_FOR_DOUBLE_AND_QUAD(INSTANTIATE)

}  // namespace error_forcing
