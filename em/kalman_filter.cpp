#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/kalman_filter.hpp>

namespace error_forcing {

namespace {

// Nothing observed: the prediction stands.
template <typename Scalar>
void keep_prediction(FilteredStep<Scalar>& step) {
  const Index units = step.predicted.size();
  step.mean = step.predicted;
  step.covariance = step.predicted_covariance;
  step.correction = Matrix<Scalar>::Identity(units, units);
  step.weighted_error = Vector<Scalar>::Zero(units);
  step.information = Matrix<Scalar>::Zero(units, units);
}

template <typename Scalar>
void correct(const Observation<Scalar>& seen, Index t, FilteredStep<Scalar>& step) {
  const auto& [C, d, R, target] = seen;
  const Index units = step.predicted.size();
  const Matrix<Scalar> C_Sigma = C * step.predicted_covariance;
  const Matrix<Scalar> S = symmetrised<Scalar>(C_Sigma * C.transpose() + R);
  const auto factor = cholesky(S);
  require(
      factor.positive_definite,
      "step {}: the innovation covariance C Sigma C' + R ({} x {}) is not positive definite: an "
      "output has neither state noise nor observation noise; raise sigma_y or sigma_h",
      t, S.rows(), S.rows());
  const Vector<Scalar> e = target - C * step.predicted - d;
  const Matrix<Scalar> K = factor.solve(C_Sigma).transpose();
  step.mean = step.predicted + K * e;
  step.correction = Matrix<Scalar>::Identity(units, units) - K * C;
  step.covariance = symmetrised<Scalar>(step.correction * step.predicted_covariance *
                                            step.correction.transpose() +
                                        K * R * K.transpose());
  step.weighted_error = C.transpose() * factor.solve(e);
  step.information = C.transpose() * factor.solve(C);
  step.log_evidence = log_normal(e, S);
}

template <typename Scalar>
FilteredStep<Scalar> known_start(const Network<Scalar>& network) {
  const Index units = network.units();
  FilteredStep<Scalar> step;
  step.predicted = initial_state(network);
  step.predicted_covariance = Matrix<Scalar>::Zero(units, units);
  step.jacobian = Matrix<Scalar>::Identity(units, units);
  keep_prediction(step);
  return step;
}

// `linearise_at(t, mean)` is the state at which F is linearised for the step from mean to t.
template <typename Scalar, typename LineariseAt>
Filtered<Scalar> filter(const GenerativeModel<Scalar>& model, const ObservedTrial<Scalar>& trial,
                        LineariseAt linearise_at) {
  const auto& network = model.network;
  Filtered<Scalar> steps{known_start(network)};
  for (Index t = 1; t <= trial.steps(); ++t) {
    const auto& last = steps.back();
    const Vector<Scalar> at = linearise_at(t, last.mean);
    FilteredStep<Scalar> step;
    step.jacobian = transition_jacobian(network, at);
    step.predicted =
        transition<Scalar>(network, at, trial.inputs.col(t)) + step.jacobian * (last.mean - at);
    step.predicted_covariance = symmetrised<Scalar>(
        step.jacobian * last.covariance * step.jacobian.transpose() + model.noise.Q);
    const auto seen = observation_at(model, trial, t);
    if (seen.empty())
      keep_prediction(step);
    else
      correct(seen, t, step);
    if (!step.mean.allFinite())
      throw Divergence(fmt::format("the filtered state is not finite at step {}", t), t, 0);
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace

template <typename Scalar>
Filtered<Scalar> kalman_filter(const GenerativeModel<Scalar>& model,
                               const ObservedTrial<Scalar>& trial) {
  return filter(model, trial, [](Index, const Vector<Scalar>& mean) { return mean; });
}

template <typename Scalar>
Filtered<Scalar> linearised_filter(const GenerativeModel<Scalar>& model,
                                   const ObservedTrial<Scalar>& trial, const Matrix<Scalar>& path) {
  return filter(model, trial,
                [&](Index t, const Vector<Scalar>&) -> Vector<Scalar> { return path.col(t - 1); });
}

#define INSTANTIATE(Scalar)                                               \
  template Filtered<Scalar> kalman_filter(const GenerativeModel<Scalar>&, \
                                          const ObservedTrial<Scalar>&);  \
  template Filtered<Scalar> linearised_filter(                            \
      const GenerativeModel<Scalar>&, const ObservedTrial<Scalar>&, const Matrix<Scalar>&);
ERROR_FORCING_FOR_DOUBLE_AND_QUAD(INSTANTIATE)

}  // namespace error_forcing
