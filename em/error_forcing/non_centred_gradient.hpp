#pragma once
// The gradient of l_nc (S1) in theta with all noises fixed: (S2) along one trial, over a path or
// over weighted paths.
//
//   (S2) lambda_t = C' R^-1 r_t + J_{t+1}' lambda_{t+1},  dW = a sum lambda_t phi(h_{t-1})'
//        dU = a sum lambda_t x_t',  db = a sum lambda_t,  dC = sum R^-1 r_t h_t',  dd = sum R^-1
//        r_t
//
// Its immediate part stops the recursion, lambda_t = C' R^-1 r_t: an error moves only the weights
// that made the state it was read from. What is left is the temporal part.
//
// Laws: over weighted paths it is the weighted mean of the paths' gradients; with J = 0 the
// immediate part is all; along the greedy posterior (E3) the immediate part is the local M-step
// (I2).

#include <error_forcing/expected_statistics.hpp>

namespace error_forcing {

/// How far back an error is felt.
enum class Horizon { trial, immediate };

/// Throws InvalidInput unless the observed blocks of R are positive definite.
template <typename Scalar>
Parameters<Scalar> non_centred_gradient(const GenerativeModel<Scalar>& model,
                                        const ObservedTrial<Scalar>& trial,
                                        const WeightedPaths<Scalar>& paths,
                                        Horizon horizon = Horizon::trial);

/// Along the path of the states, N x (T+1).
template <typename Scalar>
Parameters<Scalar> non_centred_gradient(const GenerativeModel<Scalar>& model,
                                        const ObservedTrial<Scalar>& trial,
                                        const Matrix<Scalar>& states,
                                        Horizon horizon = Horizon::trial) {
  return non_centred_gradient(model, trial, point_path(states), horizon);
}

}  // namespace error_forcing
