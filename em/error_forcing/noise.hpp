#pragma once
// The noise of the generative model (M3), (M5): h_t = u_t + L eps_t with Q = L L', and
// y*_t = C h_t + d + xi_t with xi_t ~ N(0, R).

#include <error_forcing/matrix.hpp>

namespace error_forcing {

template <typename Scalar>
struct Noise {
  Matrix<Scalar> Q;  ///< of the state, N x N, symmetric positive semidefinite
  Matrix<Scalar> R;  ///< of the observation, P x P, symmetric positive semidefinite
};

/// Q = state_deviation^2 I, R = output_deviation^2 I; deviations >= 0.
template <typename Scalar>
Noise<Scalar> isotropic_noise(Index units, Index outputs, Scalar state_deviation,
                              Scalar output_deviation);

/// The same by its two deviations.
template <typename Scalar>
struct IsotropicNoise {
  Scalar sigma_h = Scalar(1);
  Scalar sigma_y = Scalar(1);
};

/// The gain that the noise implies (R3): the mean of c_i = s_i^2 sigma_h^2 / (s_i^2 sigma_h^2 +
/// sigma_y^2) over the singular values s_i of the readout.
template <typename Scalar>
Scalar implied_gain(const Matrix<Scalar>& C, const IsotropicNoise<Scalar>& noise);

/// Throws InvalidInput unless Q is N x N, R is P x P, and both are finite, symmetric and
/// positive semidefinite.
template <typename Scalar>
void validate(const Noise<Scalar>& noise, Index units, Index outputs);

}  // namespace error_forcing
