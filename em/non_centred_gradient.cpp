#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/non_centred_gradient.hpp>

namespace error_forcing {

namespace {

// R_oo^-1 r_t of every path, o x K.
template <typename Scalar>
Matrix<Scalar> weighted_residuals(const Observation<Scalar>& seen, const Matrix<Scalar>& states) {
  Matrix<Scalar> residuals = -seen.C * states;
  const Vector<Scalar> level = seen.target - seen.d;
  residuals.colwise() += level;
  const auto R = cholesky(seen.R);
  require(R.positive_definite, "R: not positive definite on {} observed outputs; raise sigma_y",
          seen.target.size());
  return R.solve(residuals);
}

// J(h)' lambda of every path, each at its own state: lambda and h are N x K.
template <typename Scalar>
Matrix<Scalar> pull_back_each(const Network<Scalar>& network, const Matrix<Scalar>& activity,
                              const Matrix<Scalar>& lambda) {
  Matrix<Scalar> through = network.parameters.W.transpose() * lambda;
  multiply_by_derivative<Scalar>(network.activation, activity, through);
  return (1 - network.leak) * lambda + network.leak * through;
}

}  // namespace

template <typename Scalar>
Parameters<Scalar> non_centred_gradient(const GenerativeModel<Scalar>& model,
                                        const ObservedTrial<Scalar>& trial,
                                        const WeightedPaths<Scalar>& paths, Horizon horizon) {
  const auto& network = model.network;
  const auto& weights = paths.weights;
  auto gradient = zero_like(network.parameters);
  Matrix<Scalar> lambda = Matrix<Scalar>::Zero(network.units(), weights.size());
  for (Index t = trial.steps(); t >= 1; --t) {
    const auto now = static_cast<std::size_t>(t);
    const auto seen = observation_at(model, trial, t);
    if (!seen.empty()) {
      const auto& states = paths.states[now];
      const Matrix<Scalar> precise = weighted_residuals(seen, states);
      lambda += seen.C.transpose() * precise;
      const Matrix<Scalar> shared = precise * weights.asDiagonal();
      add_to_observed_rows<Scalar>(trial.observed[now], shared * states.transpose(),
                                   shared.rowwise().sum(), gradient);
    }
    const Matrix<Scalar> activity = activity_of(network, paths.states[now - 1]);
    const Matrix<Scalar> driven = network.leak * lambda * weights.asDiagonal();
    const Vector<Scalar> total = driven.rowwise().sum();
    gradient.W += driven * activity.transpose();
    gradient.U += total * trial.inputs.col(t).transpose();
    gradient.b += total;
    if (horizon == Horizon::trial)
      lambda = pull_back_each(network, activity, lambda);
    else
      lambda.setZero();
  }
  return gradient;
}

#define INSTANTIATE(Scalar)                                                        \
  template Parameters<Scalar> non_centred_gradient(const GenerativeModel<Scalar>&, \
                                                   const ObservedTrial<Scalar>&,   \
                                                   const WeightedPaths<Scalar>&, Horizon);
ERROR_FORCING_FOR_DOUBLE_AND_QUAD(INSTANTIATE)

}  // namespace error_forcing
