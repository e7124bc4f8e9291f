#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/greedy_posterior.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/observed_patterns.hpp>
#include <error_forcing/rollout.hpp>

namespace error_forcing {

template <typename Scalar>
Matrix<Scalar> innovation_covariance(const Matrix<Scalar>& C, const Noise<Scalar>& noise) {
  return C * noise.Q * C.transpose() + noise.R;
}

template <typename Scalar>
Matrix<Scalar> kalman_gain(const Matrix<Scalar>& C, const Noise<Scalar>& noise) {
  const auto S = cholesky(innovation_covariance(C, noise));
  require(S.positive_definite,
          "C Q C' + R ({} x {}) is not positive definite: an output has neither state noise nor "
          "observation noise; raise sigma_y or sigma_h",
          C.rows(), C.rows());
  return S.solve(C * noise.Q).transpose();
}

template <typename Scalar>
void infer(const GreedyPosterior<Scalar>& e_step, const Network<Scalar>& network,
           const Batch<Scalar>& batch, Trajectory<Scalar>& trajectory) {
  const auto& [Q, R] = e_step.noise;
  const auto& C = network.parameters.C;
  validate(e_step.noise, network.units(), network.outputs());
  const ObservedPatterns<Scalar> gains(batch.mask, [&](const ObservedOutputs& o) {
    Matrix<Scalar> K = Matrix<Scalar>::Zero(network.units(), network.outputs());
    K(Eigen::all, o) = kalman_gain<Scalar>(select_rows(C, o), {Q, select_square(R, o)});
    return K;
  });
  const auto displacement = [&](Index tile, Index step) {
    gains.multiply(batch.mask.at(tile, step), trajectory.errors.at(tile, step),
                   trajectory.displacements.at(tile, step));  // (E3)
  };
  rollout(network, batch, displacement, trajectory);
}

#define INSTANTIATE(Scalar)                                                                   \
  template Matrix<Scalar> innovation_covariance(const Matrix<Scalar>&, const Noise<Scalar>&); \
  template Matrix<Scalar> kalman_gain(const Matrix<Scalar>&, const Noise<Scalar>&);           \
  template void infer(const GreedyPosterior<Scalar>&, const Network<Scalar>&,                 \
                      const Batch<Scalar>&, Trajectory<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
