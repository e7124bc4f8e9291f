#pragma once
// Back-propagation through time as the textbooks write it, to check the engine against: one trial
// at a time, loops over scalars, activations of its own. It shares with the engine the types that
// hold the numbers and nothing that computes.
//
//   letter  meaning                                             size
//   u_t     state before forcing (M2)                           N
//   h_t     state after forcing, h_t = u_t + nu_t (M3)          N
//   s_t     the state the residual is read from, u_t or h_t     N
//   g_t     R_oo^-1 (y*_t - C s_t - d), 0 where unobserved      P
//   lambda  C' g_t + J_{t+1}' lambda_{t+1}                      N
//
// Laws: with s = u and R = I this is the ascent direction (S3), -1/2 (sum m) times the gradient of
// (M8) at frozen displacements; with s = h it is (S2), the gradient of
// l_nc = -1/2 sum_t r_t' R_oo^-1 r_t at frozen noises. Without displacements and at R = I they
// agree.

#include <error_forcing/batch.hpp>
#include <vector>

namespace error_forcing {

/// Values of one trial, [step - 1][row].
template <typename Scalar>
using Series = std::vector<std::vector<Scalar>>;

template <typename Scalar>
struct Trial {
  Series<Scalar> inputs;         ///< x_t, T x I
  Series<Scalar> targets;        ///< y*_t, T x P; never read where unobserved
  Series<Scalar> mask;           ///< m_t, T x P
  Series<Scalar> displacements;  ///< nu_t, T x N, held fixed
};

/// Copies one trial, counted from 0, out of a batch and of the displacements of its trajectory.
template <typename Scalar>
Trial<Scalar> trial_of(const Batch<Scalar>& batch, const History<Scalar>& displacements,
                       Index trial);

/// The states of one trial, [step - 1][unit].
template <typename Scalar>
struct ReferenceStates {
  Series<Scalar> before;  ///< u_t
  Series<Scalar> after;   ///< h_t
};

template <typename Scalar>
ReferenceStates<Scalar> reference_rollout(const Network<Scalar>& network,
                                          const Trial<Scalar>& trial);

/// Where the residual is read: before_forcing is (S3), after_forcing is (S2).
enum class ReadFrom { before_forcing, after_forcing };

/// The ascent direction of one trial. R is the P x P covariance of the observation noise, empty for
/// the identity; at a step where only some outputs are observed its observed block R_oo is used.
/// Throws InvalidInput if R is neither empty nor P x P, or if an R_oo is singular.
template <typename Scalar>
Parameters<Scalar> reference_gradient(const Network<Scalar>& network, const Trial<Scalar>& trial,
                                      ReadFrom read_from, const Matrix<Scalar>& R = {});

/// The sum over the trials of a batch.
template <typename Scalar>
Parameters<Scalar> reference_gradient(const Network<Scalar>& network, const Batch<Scalar>& batch,
                                      const History<Scalar>& displacements, ReadFrom read_from,
                                      const Matrix<Scalar>& R = {});

}  // namespace error_forcing
