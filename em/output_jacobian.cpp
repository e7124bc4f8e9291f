#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/output_jacobian.hpp>
#include <map>

namespace error_forcing {

namespace {

template <typename Scalar>
Index entries(const ObservedTrial<Scalar>& trial) {
  Index count = 0;
  for (const auto& o : trial.observed) count += static_cast<Index>(o.size());
  return count;
}

template <typename Scalar>
Index entries_at(const ObservedTrial<Scalar>& trial, Index step) {
  return static_cast<Index>(trial.observed[static_cast<std::size_t>(step)].size());
}

template <typename Scalar>
Matrix<Scalar> readout_at(const Network<Scalar>& network, const ObservedTrial<Scalar>& trial,
                          Index step) {
  return select_rows(network.parameters.C, trial.observed[static_cast<std::size_t>(step)]);
}

// Backward through time with the adjoint of every observed entry: visit(t, first, Lambda), where
// Lambda, N x (n - first), holds those of the entries at step t and later.
template <typename Scalar, typename Visit>
void sweep_back(const Network<Scalar>& network, const ObservedTrial<Scalar>& trial,
                const Matrix<Scalar>& states, Visit visit) {
  const Index n = entries(trial);
  Matrix<Scalar> Lambda(network.units(), 0);  // J_{t+1}' Lambda_{t+1}
  for (Index t = trial.steps(); t >= 1; --t) {
    const auto C = readout_at(network, trial, t);
    Matrix<Scalar> extended(network.units(), C.rows() + Lambda.cols());
    extended << C.transpose(), Lambda;
    visit(t, n - extended.cols(), extended);
    if (extended.cols() > 0)
      Lambda = pull_back<Scalar>(network, states.col(t - 1), extended);
    else
      Lambda = extended;
  }
}

}  // namespace

template <typename Scalar>
Vector<Scalar> observed_residual(const GenerativeModel<Scalar>& model,
                                 const ObservedTrial<Scalar>& trial, const Matrix<Scalar>& states) {
  Vector<Scalar> residual(entries(trial));
  Index first = 0;
  for (Index t = 1; t <= trial.steps(); ++t) {
    const auto seen = observation_at(model, trial, t);
    if (seen.empty()) continue;
    residual.segment(first, seen.target.size()) = seen.target - seen.C * states.col(t) - seen.d;
    first += seen.target.size();
  }
  return residual;
}

template <typename Scalar>
Vector<Scalar> weighted_by_precision(const GenerativeModel<Scalar>& model,
                                     const ObservedTrial<Scalar>& trial,
                                     const Vector<Scalar>& residual) {
  std::map<ObservedOutputs, Cholesky<Scalar>> factors;  // of the patterns that occur
  Vector<Scalar> weighted(residual.size());
  Index first = 0;
  for (const auto& o : trial.observed) {
    const auto size = static_cast<Index>(o.size());
    if (size == 0) continue;
    if (!factors.contains(o)) factors.emplace(o, cholesky(select_square(model.noise.R, o)));
    const auto& factor = factors.at(o);
    require(factor.positive_definite,
            "R: not positive definite on {} observed outputs; raise sigma_y", size);
    weighted.segment(first, size) = factor.solve(residual.segment(first, size));
    first += size;
  }
  return weighted;
}

template <typename Scalar>
Matrix<Scalar> observed_covariance(const GenerativeModel<Scalar>& model,
                                   const ObservedTrial<Scalar>& trial) {
  const Index n = entries(trial);
  Matrix<Scalar> R = Matrix<Scalar>::Zero(n, n);
  Index first = 0;
  for (const auto& o : trial.observed) {
    const auto size = static_cast<Index>(o.size());
    if (size > 0) R.block(first, first, size, size) = select_square(model.noise.R, o);
    first += size;
  }
  return R;
}

template <typename Scalar>
Vector<Scalar> output_tangent(const Network<Scalar>& network, const ObservedTrial<Scalar>& trial,
                              const Matrix<Scalar>& states, const Matrix<Scalar>& nu) {
  Vector<Scalar> result(entries(trial));
  Matrix<Scalar> tangent = Matrix<Scalar>::Zero(network.units(), 1);
  Index first = 0;
  for (Index t = 1; t <= trial.steps(); ++t) {
    tangent = push_forward<Scalar>(network, states.col(t - 1), tangent) + nu.col(t);
    const Index size = entries_at(trial, t);
    if (size > 0) result.segment(first, size) = readout_at(network, trial, t) * tangent.col(0);
    first += size;
  }
  return result;
}

template <typename Scalar>
Matrix<Scalar> output_adjoint(const Network<Scalar>& network, const ObservedTrial<Scalar>& trial,
                              const Matrix<Scalar>& states, const Vector<Scalar>& mu) {
  Matrix<Scalar> result = Matrix<Scalar>::Zero(network.units(), trial.steps() + 1);
  Matrix<Scalar> lambda = Matrix<Scalar>::Zero(network.units(), 1);
  Index last = mu.size();
  for (Index t = trial.steps(); t >= 1; --t) {
    const Index size = entries_at(trial, t);
    last -= size;
    if (size > 0) lambda += readout_at(network, trial, t).transpose() * mu.segment(last, size);
    result.col(t) = lambda.col(0);
    lambda = pull_back<Scalar>(network, states.col(t - 1), lambda);
  }
  return result;
}

template <typename Scalar>
std::vector<Matrix<Scalar>> output_adjoints(const Network<Scalar>& network,
                                            const ObservedTrial<Scalar>& trial,
                                            const Matrix<Scalar>& states) {
  std::vector<Matrix<Scalar>> result(static_cast<std::size_t>(trial.steps() + 1),
                                     Matrix<Scalar>::Zero(network.units(), entries(trial)));
  sweep_back(network, trial, states, [&](Index t, Index first, const Matrix<Scalar>& Lambda) {
    auto& columns = result[static_cast<std::size_t>(t)];
    columns.rightCols(columns.cols() - first) = Lambda;
  });
  return result;
}

template <typename Scalar>
Matrix<Scalar> output_gram(const GenerativeModel<Scalar>& model, const ObservedTrial<Scalar>& trial,
                           const Matrix<Scalar>& states) {
  const Index n = entries(trial);
  const auto& Q = model.noise.Q;
  const bool diagonal = Q.isDiagonal(Scalar(0));
  Matrix<Scalar> gram = Matrix<Scalar>::Zero(n, n), Q_Lambda;
  sweep_back(model.network, trial, states, [&](Index, Index first, const Matrix<Scalar>& Lambda) {
    if (diagonal)
      Q_Lambda = Q.diagonal().asDiagonal() * Lambda;
    else
      Q_Lambda = Q * Lambda;
    gram.bottomRightCorner(n - first, n - first).noalias() += Lambda.transpose() * Q_Lambda;
  });
  return symmetrised(gram);
}

#define INSTANTIATE(Scalar)                                                                       \
  template Vector<Scalar> observed_residual(const GenerativeModel<Scalar>&,                       \
                                            const ObservedTrial<Scalar>&, const Matrix<Scalar>&); \
  template Vector<Scalar> weighted_by_precision(                                                  \
      const GenerativeModel<Scalar>&, const ObservedTrial<Scalar>&, const Vector<Scalar>&);       \
  template Matrix<Scalar> observed_covariance(const GenerativeModel<Scalar>&,                     \
                                              const ObservedTrial<Scalar>&);                      \
  template Vector<Scalar> output_tangent(const Network<Scalar>&, const ObservedTrial<Scalar>&,    \
                                         const Matrix<Scalar>&, const Matrix<Scalar>&);           \
  template Matrix<Scalar> output_adjoint(const Network<Scalar>&, const ObservedTrial<Scalar>&,    \
                                         const Matrix<Scalar>&, const Vector<Scalar>&);           \
  template std::vector<Matrix<Scalar>> output_adjoints(                                           \
      const Network<Scalar>&, const ObservedTrial<Scalar>&, const Matrix<Scalar>&);               \
  template Matrix<Scalar> output_gram(const GenerativeModel<Scalar>&,                             \
                                      const ObservedTrial<Scalar>&, const Matrix<Scalar>&);
ERROR_FORCING_FOR_DOUBLE_AND_QUAD(INSTANTIATE)

}  // namespace error_forcing
