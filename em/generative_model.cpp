#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/generative_model.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/rollout.hpp>
#include <error_forcing/thin_svd.hpp>
#include <error_forcing/trial.hpp>

namespace error_forcing {

template <typename Scalar>
void validate(const GenerativeModel<Scalar>& model) {
  validate(model.network);
  validate(model.noise, model.network.units(), model.network.outputs());
}

template <typename Scalar>
Matrix<Scalar> noise_factor(const Matrix<Scalar>& Q) {
  const auto factor = cholesky(Q);
  if (factor.positive_definite) return factor.L;
  const auto svd = thin_svd(Q);  // Q = U S U' for a covariance
  return svd.left * svd.values.cwiseSqrt().asDiagonal();
}

void simulate(const GenerativeModel<double>& model, RandomEngine& engine, Batch<double>& batch,
              Trajectory<double>& trajectory) {
  validate(model);
  const Index units = model.network.units(), outputs = model.network.outputs();
  const Matrix<double> L = noise_factor(model.noise.Q), root_R = noise_factor(model.noise.R);
  const auto displacement = [&](Index tile, Index step) {
    auto nu = trajectory.displacements.at(tile, step);
    nu = L * normal_matrix(engine, units, nu.cols());
  };
  rollout(model.network, batch, displacement, trajectory);
  for (Index tile = 0; tile < batch.layout().tiles(); ++tile)
    for (Index step = 1; step <= batch.layout().steps; ++step) {
      const auto h = std::as_const(trajectory.states).at(tile, step);
      Matrix<double> y = model.network.parameters.C * h;
      y.colwise() += model.network.parameters.d;
      y += root_R * normal_matrix(engine, outputs, h.cols());
      batch.targets.at(tile, step) = (batch.mask.at(tile, step).array() > 0)
                                         .select(y, std::numeric_limits<double>::quiet_NaN());
    }
}

namespace {

// sum log N(y*_t; C h_t + d, R) of one trial.
template <typename Scalar>
Scalar output_log_likelihood(const GenerativeModel<Scalar>& model,
                             const ObservedTrial<Scalar>& trial, const Matrix<Scalar>& states) {
  Scalar sum(0);
  for (Index t = 1; t <= trial.steps(); ++t) {
    const auto seen = observation_at(model, trial, t);
    if (!seen.empty())
      sum += log_normal<Scalar>(seen.target - seen.C * states.col(t) - seen.d, seen.R);
  }
  return sum;
}

}  // namespace

template <typename Scalar>
Scalar centred_log_likelihood(const GenerativeModel<Scalar>& model, const Batch<Scalar>& batch,
                              const Trajectory<Scalar>& trajectory) {
  Scalar sum(0);
  for (Index k = 0; k < batch.layout().trials; ++k) {
    const auto trial = trial_of(batch, k);
    const auto states = columns_of(trajectory.states, k);
    const auto nu = displacements_of(model.network, trial, states);
    sum += output_log_likelihood(model, trial, states);
    for (Index t = 1; t <= trial.steps(); ++t) sum += log_normal<Scalar>(nu.col(t), model.noise.Q);
  }
  return sum;
}

template <typename Scalar>
Scalar non_centred_log_likelihood(const GenerativeModel<Scalar>& model, const Batch<Scalar>& batch,
                                  const History<Scalar>& noises, Trajectory<Scalar>& trajectory) {
  const Index units = model.network.units();
  const Matrix<Scalar> identity = Matrix<Scalar>::Identity(units, units);
  const Matrix<Scalar> L = noise_factor(model.noise.Q);
  for (Index tile = 0; tile < batch.layout().tiles(); ++tile)
    for (Index step = 1; step <= batch.layout().steps; ++step)
      trajectory.displacements.at(tile, step) = L * noises.at(tile, step);
  replay(model.network, batch, trajectory);
  Scalar sum(0);
  for (Index k = 0; k < batch.layout().trials; ++k) {
    const auto eps = columns_of(noises, k);
    sum += output_log_likelihood(model, trial_of(batch, k), columns_of(trajectory.states, k));
    for (Index t = 1; t <= batch.layout().steps; ++t)
      sum += log_normal<Scalar>(eps.col(t), identity);
  }
  return sum;
}

#define INSTANTIATE(Scalar)                                                                        \
  template void validate(const GenerativeModel<Scalar>&);                                          \
  template Matrix<Scalar> noise_factor(const Matrix<Scalar>&);                                     \
  template Scalar centred_log_likelihood(const GenerativeModel<Scalar>&, const Batch<Scalar>&,     \
                                         const Trajectory<Scalar>&);                               \
  template Scalar non_centred_log_likelihood(const GenerativeModel<Scalar>&, const Batch<Scalar>&, \
                                             const History<Scalar>&, Trajectory<Scalar>&);
ERROR_FORCING_FOR_DOUBLE_AND_QUAD(INSTANTIATE)

}  // namespace error_forcing
