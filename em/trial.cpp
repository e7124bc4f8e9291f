#include <cmath>
#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/trial.hpp>

namespace error_forcing {

template <typename Scalar>
ObservedTrial<Scalar> trial_of(const Batch<Scalar>& batch, Index trial) {
  const Index steps = batch.layout().steps, inputs = batch.inputs.rows(),
              outputs = batch.targets.rows();
  ObservedTrial<Scalar> result{Matrix<Scalar>::Zero(inputs, steps + 1),
                               Matrix<Scalar>::Zero(outputs, steps + 1),
                               std::vector<ObservedOutputs>(static_cast<std::size_t>(steps + 1))};
  for (Index step = 1; step <= steps; ++step) {
    for (Index i = 0; i < inputs; ++i) result.inputs(i, step) = batch.inputs(trial, step, i);
    for (Index k = 0; k < outputs; ++k) {
      result.targets(k, step) = batch.targets(trial, step, k);
      if (batch.mask(trial, step, k) > Scalar(0))
        result.observed[static_cast<std::size_t>(step)].push_back(k);
    }
  }
  return result;
}

template <typename Scalar>
Matrix<Scalar> columns_of(const History<Scalar>& history, Index trial) {
  const Index lanes = history.layout().lanes;
  Matrix<Scalar> columns = Matrix<Scalar>::Zero(history.rows(), history.layout().steps + 1);
  for (Index t = history.first_step(); t <= history.layout().steps; ++t)
    columns.col(t) = history.at(trial / lanes, t).col(trial % lanes);
  return columns;
}

template <typename Scalar>
Observation<Scalar> observation_at(const GenerativeModel<Scalar>& model,
                                   const ObservedTrial<Scalar>& trial, Index step) {
  const auto& o = trial.observed[static_cast<std::size_t>(step)];
  const auto& [W, U, b, C, d] = model.network.parameters;
  return {select_rows(C, o), d(o), select_square(model.noise.R, o), trial.targets.col(step)(o)};
}

template <typename Scalar>
Matrix<Scalar> activity_of(const Network<Scalar>& network, const Matrix<Scalar>& states) {
  Matrix<Scalar> activity(states.rows(), states.cols());
  activate<Scalar>(network.activation, states, activity);
  return activity;
}

template <typename Scalar>
Matrix<Scalar> transition(const Network<Scalar>& network, const Matrix<Scalar>& states,
                          const Vector<Scalar>& input) {
  const auto& p = network.parameters;
  const Vector<Scalar> drive = p.U * input + p.b;
  Matrix<Scalar> next = p.W * activity_of(network, states);
  next.colwise() += drive;
  return (1 - network.leak) * states + network.leak * next;
}

namespace {

template <typename Scalar>
Matrix<Scalar> times_slope(const Network<Scalar>& network, const Vector<Scalar>& state,
                           Matrix<Scalar> columns) {
  const Matrix<Scalar> activity = activity_of<Scalar>(network, state);
  Matrix<Scalar> slope = Matrix<Scalar>::Ones(state.size(), 1);
  multiply_by_derivative<Scalar>(network.activation, activity, slope);
  columns.array().colwise() *= slope.col(0).array();
  return columns;
}

}  // namespace

template <typename Scalar>
Matrix<Scalar> push_forward(const Network<Scalar>& network, const Vector<Scalar>& state,
                            const Matrix<Scalar>& tangents) {
  return (1 - network.leak) * tangents +
         network.leak * (network.parameters.W * times_slope(network, state, tangents));
}

template <typename Scalar>
Matrix<Scalar> pull_back(const Network<Scalar>& network, const Vector<Scalar>& state,
                         const Matrix<Scalar>& adjoints) {
  const Matrix<Scalar> through = network.parameters.W.transpose() * adjoints;
  return (1 - network.leak) * adjoints + network.leak * times_slope(network, state, through);
}

template <typename Scalar>
Matrix<Scalar> transition_jacobian(const Network<Scalar>& network, const Vector<Scalar>& state) {
  const Index units = network.units();
  return push_forward<Scalar>(network, state, Matrix<Scalar>::Identity(units, units));
}

template <typename Scalar>
Matrix<Scalar> displaced_states(const Network<Scalar>& network, const ObservedTrial<Scalar>& trial,
                                const Matrix<Scalar>& displacements) {
  Matrix<Scalar> states(network.units(), trial.steps() + 1);
  states.col(0) = initial_state(network);
  for (Index t = 1; t <= trial.steps(); ++t) {
    states.col(t) =
        transition<Scalar>(network, states.col(t - 1), trial.inputs.col(t)) + displacements.col(t);
    if (!states.col(t).allFinite())
      throw Divergence(fmt::format("the state is not finite at step {}: the network diverges; "
                                   "lower its gain or the displacements",
                                   t),
                       t, 0);
  }
  return states;
}

template <typename Scalar>
Matrix<Scalar> displacements_of(const Network<Scalar>& network, const ObservedTrial<Scalar>& trial,
                                const Matrix<Scalar>& states) {
  Matrix<Scalar> nu = Matrix<Scalar>::Zero(states.rows(), states.cols());
  for (Index t = 1; t <= trial.steps(); ++t)
    nu.col(t) = states.col(t) - transition<Scalar>(network, states.col(t - 1), trial.inputs.col(t));
  return nu;
}

template <typename Scalar>
Scalar log_normal(const Vector<Scalar>& x, const Matrix<Scalar>& covariance) {
  using std::acos;
  using std::log;
  const auto factor = cholesky(covariance);
  require(factor.positive_definite,
          "covariance ({0} x {0}): not positive definite, so its normal density does not exist; "
          "raise sigma_h or sigma_y",
          x.size());
  const Scalar log_two_pi = log(2 * acos(Scalar(-1)));
  return -(factor.whiten(x).squaredNorm() + factor.log_determinant() +
           static_cast<Scalar>(x.size()) * log_two_pi) /
         2;
}

#define INSTANTIATE(Scalar)                                                                      \
  template ObservedTrial<Scalar> trial_of(const Batch<Scalar>&, Index);                          \
  template Matrix<Scalar> columns_of(const History<Scalar>&, Index);                             \
  template Observation<Scalar> observation_at(const GenerativeModel<Scalar>&,                    \
                                              const ObservedTrial<Scalar>&, Index);              \
  template Matrix<Scalar> activity_of(const Network<Scalar>&, const Matrix<Scalar>&);            \
  template Matrix<Scalar> transition(const Network<Scalar>&, const Matrix<Scalar>&,              \
                                     const Vector<Scalar>&);                                     \
  template Matrix<Scalar> transition_jacobian(const Network<Scalar>&, const Vector<Scalar>&);    \
  template Matrix<Scalar> push_forward(const Network<Scalar>&, const Vector<Scalar>&,            \
                                       const Matrix<Scalar>&);                                   \
  template Matrix<Scalar> pull_back(const Network<Scalar>&, const Vector<Scalar>&,               \
                                    const Matrix<Scalar>&);                                      \
  template Matrix<Scalar> displaced_states(const Network<Scalar>&, const ObservedTrial<Scalar>&, \
                                           const Matrix<Scalar>&);                               \
  template Matrix<Scalar> displacements_of(const Network<Scalar>&, const ObservedTrial<Scalar>&, \
                                           const Matrix<Scalar>&);                               \
  template Scalar log_normal(const Vector<Scalar>&, const Matrix<Scalar>&);
ERROR_FORCING_FOR_DOUBLE_AND_QUAD(INSTANTIATE)

}  // namespace error_forcing
