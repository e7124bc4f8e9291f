#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/expected_statistics.hpp>
#include <error_forcing/instantiate.hpp>

namespace error_forcing {

namespace {

template <typename Scalar>
Regression<Scalar> empty_regression(Index rows, Index features) {
  return {Matrix<Scalar>::Zero(features, features), Matrix<Scalar>::Zero(rows, features),
          Matrix<Scalar>::Zero(rows, rows), 0};
}

template <typename Scalar>
Regression<Scalar>& readout_of(const ObservedOutputs& o, const Network<Scalar>& network,
                               ExpectedStatistics<Scalar>& statistics) {
  const auto rows = static_cast<Index>(o.size());
  return statistics.readout.try_emplace(o, empty_regression<Scalar>(rows, network.units() + 1))
      .first->second;
}

// One trial-step: residuals and features of every path as columns.
template <typename Scalar>
void add(const Matrix<Scalar>& residuals, const Matrix<Scalar>& features,
         const Vector<Scalar>& weights, Regression<Scalar>& sums) {
  const Matrix<Scalar> weighted = features * weights.asDiagonal();
  sums.features += weighted * features.transpose();
  sums.cross += residuals * weighted.transpose();
  sums.residuals += residuals * weights.asDiagonal() * residuals.transpose();
  ++sums.count;
}

}  // namespace

template <typename Scalar>
ExpectedStatistics<Scalar> empty_statistics(const Network<Scalar>& network) {
  return {empty_regression<Scalar>(network.units(), network.units() + network.inputs() + 1), {}};
}

template <typename Scalar>
WeightedPaths<Scalar> point_path(const Matrix<Scalar>& states) {
  WeightedPaths<Scalar> path{{}, Vector<Scalar>::Ones(1)};
  for (Index t = 0; t < states.cols(); ++t) path.states.push_back(states.col(t));
  return path;
}

template <typename Scalar>
void add_paths(const Network<Scalar>& network, const ObservedTrial<Scalar>& trial,
               const WeightedPaths<Scalar>& paths, ExpectedStatistics<Scalar>& statistics) {
  const auto& [W, U, b, C, d] = network.parameters;
  const Index N = network.units(), I = network.inputs(), K = paths.weights.size();
  Matrix<Scalar> f(N + I + 1, K), h = Matrix<Scalar>::Ones(N + 1, K);
  for (std::size_t t = 1; t < paths.states.size(); ++t) {
    const Vector<Scalar> x = trial.inputs.col(static_cast<Index>(t));
    const Matrix<Scalar> nu = paths.states[t] - transition(network, paths.states[t - 1], x);
    f << activity_of(network, paths.states[t - 1]), x.replicate(1, K), Matrix<Scalar>::Ones(1, K);
    add(nu, f, paths.weights, statistics.transition);
    const auto& o = trial.observed[t];
    if (o.empty()) continue;
    h.topRows(N) = paths.states[t];
    Matrix<Scalar> residual = -select_rows(C, o) * paths.states[t];
    const Vector<Scalar> target = trial.targets.col(static_cast<Index>(t))(o) - d(o);
    residual.colwise() += target;
    add(residual, h, paths.weights, readout_of(o, network, statistics));
  }
}

template <typename Scalar>
void add_posterior(const Network<Scalar>& network, const ObservedTrial<Scalar>& trial,
                   const GaussianPosterior<Scalar>& posterior,
                   ExpectedStatistics<Scalar>& statistics) {
  require(network.activation == Activation::identity,
          "Gaussian moments: only for phi = identity, got {}; use paths",
          to_string(network.activation));
  add_paths(network, trial, point_path(posterior.mean), statistics);
  const Index N = network.units();
  const Matrix<Scalar> A =
      transition_jacobian<Scalar>(network, posterior.mean.col(0));  // (1-a) I + a W
  auto& transition = statistics.transition;
  for (std::size_t t = 1; t < posterior.covariance.size(); ++t) {
    const auto& V = posterior.covariance[t];
    const auto& V_last = posterior.covariance[t - 1];
    const auto& V_lag = posterior.lag_one[t];
    transition.features.topLeftCorner(N, N) += V_last;
    transition.cross.leftCols(N) += V_lag - A * V_last;
    transition.residuals +=
        V - V_lag * A.transpose() - A * V_lag.transpose() + A * V_last * A.transpose();
    const auto& o = trial.observed[t];
    if (o.empty()) continue;
    const auto C = select_rows(network.parameters.C, o);
    auto& readout = readout_of(o, network, statistics);
    readout.features.topLeftCorner(N, N) += V;
    readout.cross.leftCols(N) -= C * V;
    readout.residuals += C * V * C.transpose();
  }
}

template <typename Scalar>
Parameters<Scalar> centred_gradient(const GenerativeModel<Scalar>& model,
                                    const ExpectedStatistics<Scalar>& statistics) {
  const Index N = model.network.units(), I = model.network.inputs();
  const auto Q = cholesky(model.noise.Q);
  require(Q.positive_definite,
          "Q: not positive definite, so displacements have no precision Q^-1; raise sigma_h or use "
          "the reparameterised M-step");
  const Matrix<Scalar> dynamics = model.network.leak * Q.solve(statistics.transition.cross);
  auto gradient = zero_like(model.network.parameters);
  gradient.W = dynamics.leftCols(N);
  gradient.U = dynamics.middleCols(N, I);
  gradient.b = dynamics.col(N + I);
  for (const auto& [o, readout] : statistics.readout) {
    const auto R = cholesky(select_square(model.noise.R, o));
    require(R.positive_definite, "R: not positive definite on {} observed outputs; raise sigma_y",
            o.size());
    const Matrix<Scalar> weighted = R.solve(readout.cross);
    add_to_observed_rows<Scalar>(o, weighted.leftCols(N), weighted.col(N), gradient);
  }
  return gradient;
}

#define INSTANTIATE(Scalar)                                                                   \
  template ExpectedStatistics<Scalar> empty_statistics(const Network<Scalar>&);               \
  template WeightedPaths<Scalar> point_path(const Matrix<Scalar>&);                           \
  template void add_paths(const Network<Scalar>&, const ObservedTrial<Scalar>&,               \
                          const WeightedPaths<Scalar>&, ExpectedStatistics<Scalar>&);         \
  template void add_posterior(const Network<Scalar>&, const ObservedTrial<Scalar>&,           \
                              const GaussianPosterior<Scalar>&, ExpectedStatistics<Scalar>&); \
  template Parameters<Scalar> centred_gradient(const GenerativeModel<Scalar>&,                \
                                               const ExpectedStatistics<Scalar>&);
ERROR_FORCING_FOR_DOUBLE_AND_QUAD(INSTANTIATE)

}  // namespace error_forcing
