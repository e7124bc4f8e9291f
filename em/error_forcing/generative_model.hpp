#pragma once
// The generative model (M1)-(M6): a network whose state and output are noisy.
//
//   (M3) h_t = F(h_{t-1}, x_t) + L eps_t,  eps_t ~ N(0, I),  Q = L L'
//   (M5) y*_t = C h_t + d + xi_t,  xi_t ~ N(0, R),  on observed outputs
//
// The complete data are the targets with either the states or the noises:
//
//   centred        l_c(h)    = sum log N(h_t; F(h_{t-1}, x_t), Q) + sum log N(y*_t; C h_t + d, R)
//   non-centred    l_nc(eps) = sum log N(eps_t; 0, I)             + sum log N(y*_t; C h_t + d, R)
//
// Law: along one trajectory, l_nc - l_c = B T/2 log |Q| for every theta.

#include <error_forcing/noise.hpp>
#include <error_forcing/random.hpp>
#include <error_forcing/trajectory.hpp>

namespace error_forcing {

template <typename Scalar>
struct GenerativeModel {
  Network<Scalar> network;
  Noise<Scalar> noise;

  bool linear() const { return network.activation == Activation::identity; }
};

/// Throws InvalidInput unless the network and the noise are valid and fit each other.
template <typename Scalar>
void validate(const GenerativeModel<Scalar>& model);

template <typename To, typename From>
GenerativeModel<To> cast(const GenerativeModel<From>& model) {
  return {cast<To>(model.network),
          {model.noise.Q.template cast<To>(), model.noise.R.template cast<To>()}};
}

/// h_0 as a vector, zero where the network says nothing.
template <typename Scalar>
Vector<Scalar> initial_state(const Network<Scalar>& network) {
  return network.initial_state.size() > 0 ? network.initial_state
                                          : Vector<Scalar>::Zero(network.units()).eval();
}

/// L with L L' = Q: Cholesky's where Q is positive definite, else from its singular values.
template <typename Scalar>
Matrix<Scalar> noise_factor(const Matrix<Scalar>& Q);

/// Draws states and targets for the inputs and the mask of the batch. The states are left in the
/// trajectory, the targets in the batch, NaN where unobserved.
void simulate(const GenerativeModel<double>& model, RandomEngine& engine, Batch<double>& batch,
              Trajectory<double>& trajectory);

/// l_c of the states in the trajectory, with every constant, summed over trials. Throws
/// InvalidInput unless Q and the observed blocks of R are positive definite.
template <typename Scalar>
Scalar centred_log_likelihood(const GenerativeModel<Scalar>& model, const Batch<Scalar>& batch,
                              const Trajectory<Scalar>& trajectory);

/// l_nc of the noises eps, N rows; the trajectory is only workspace and holds what they cause.
template <typename Scalar>
Scalar non_centred_log_likelihood(const GenerativeModel<Scalar>& model, const Batch<Scalar>& batch,
                                  const History<Scalar>& noises, Trajectory<Scalar>& trajectory);

}  // namespace error_forcing
