#pragma once
// How the observed outputs of one trial depend on its displacements: products with
// D = d(C h)/d nu and its transpose, by one tangent and one adjoint pass along given states.
//
//   tangent   delta h_t = J_t delta h_{t-1} + nu_t,      D nu  = C delta h_t on observed outputs
//   adjoint   lambda_t = C' mu_t + J_{t+1}' lambda_{t+1},  D' mu = lambda_{1:T}
//
// With G = D L the theory's Jacobian in the noises, G G' = D Q D' for every Q; no matrix of the
// size of the trajectory squared is formed. Observed entries are ordered by step, then output;
// n is their number.
//
// Laws: <mu, D nu> = <D' mu, nu>; D nu is the derivative of C h along nu.

#include <error_forcing/trial.hpp>

namespace error_forcing {

/// r_t = y*_t - C h_t - d along given states, n.
template <typename Scalar>
Vector<Scalar> observed_residual(const GenerativeModel<Scalar>& model,
                                 const ObservedTrial<Scalar>& trial, const Matrix<Scalar>& states);

/// R_oo^-1 r_t, n. Throws InvalidInput where R_oo is not positive definite.
template <typename Scalar>
Vector<Scalar> weighted_by_precision(const GenerativeModel<Scalar>& model,
                                     const ObservedTrial<Scalar>& trial,
                                     const Vector<Scalar>& residual);

/// The observed blocks of R on the diagonal, n x n.
template <typename Scalar>
Matrix<Scalar> observed_covariance(const GenerativeModel<Scalar>& model,
                                   const ObservedTrial<Scalar>& trial);

/// D nu, n. States and nu are N x (T+1).
template <typename Scalar>
Vector<Scalar> output_tangent(const Network<Scalar>& network, const ObservedTrial<Scalar>& trial,
                              const Matrix<Scalar>& states, const Matrix<Scalar>& nu);

/// D' mu, N x (T+1).
template <typename Scalar>
Matrix<Scalar> output_adjoint(const Network<Scalar>& network, const ObservedTrial<Scalar>& trial,
                              const Matrix<Scalar>& states, const Vector<Scalar>& mu);

/// The columns of D' by step: T+1 matrices N x n. Memory N n T.
template <typename Scalar>
std::vector<Matrix<Scalar>> output_adjoints(const Network<Scalar>& network,
                                            const ObservedTrial<Scalar>& trial,
                                            const Matrix<Scalar>& states);

/// D Q D', n x n, in one sweep of n adjoints. Memory N n and n^2.
template <typename Scalar>
Matrix<Scalar> output_gram(const GenerativeModel<Scalar>& model, const ObservedTrial<Scalar>& trial,
                           const Matrix<Scalar>& states);

}  // namespace error_forcing
