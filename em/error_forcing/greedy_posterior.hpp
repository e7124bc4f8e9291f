#pragma once
// The greedy posterior: the mean of the noise at step t given the past state and y*_t only, which
// is also the locally optimal proposal of a particle filter.
//
//   (E3) S = C Q C' + R,  K = Q C' S^-1,  nu_t = K e_t
//        p(eps_t | h_{t-1}, y*_t) = N(L'C'S^-1 e_t, I - L'C'S^-1 C L),  Q = L L'
//
// C, R and e stand for the rows of the outputs observed at that step.
//
// Laws: isotropic noise makes this error forcing with c = 1, rho = sigma_y^2/sigma_h^2; R -> 0
// makes K -> Q C' (C Q C')^-1, the Q-oblique projection (R2); R^-1 (e - C K e) = S^-1 e (I1).

#include <error_forcing/noise.hpp>
#include <error_forcing/trajectory.hpp>

namespace error_forcing {

template <typename Scalar>
struct GreedyPosterior {
  Noise<Scalar> noise;
};

/// S = C Q C' + R for the given rows of C and the matching block of R.
template <typename Scalar>
Matrix<Scalar> innovation_covariance(const Matrix<Scalar>& C, const Noise<Scalar>& noise);

/// K = Q C' S^-1, N x P. Throws InvalidInput if S is not positive definite.
template <typename Scalar>
Matrix<Scalar> kalman_gain(const Matrix<Scalar>& C, const Noise<Scalar>& noise);

/// The rollout displaced by (E3), any mask.
template <typename Scalar>
void infer(const GreedyPosterior<Scalar>& e_step, const Network<Scalar>& network,
           const Batch<Scalar>& batch, Trajectory<Scalar>& trajectory);

}  // namespace error_forcing
