#pragma once
// The exact Gaussian posterior of the states given all targets, for phi = identity or for a model
// linearised along a path.
//
//   (E6) three forms that agree:
//     rts       backward from the filter: G_t = Sigma_{t|t} J' Sigma_{t+1|t}^-1,
//               m_t = m_{t|t} + G_t (m_{t+1} - m_{t+1|t}),  V_t = Sigma_{t|t} + G_t (V_{t+1} -
//               Sigma_{t+1|t}) G_t',  V_{t+1,t} = V_{t+1} G_t'.   Q positive definite
//     adjoint   the adjoint recursion of (S2) with its covariance (Bryson & Frazier 1963; de Jong
//               1989): lambda_t = C'S^-1 e_t + (I-K C)' J_{t+1}' lambda_{t+1},
//               Lambda_t = C'S^-1 C + (I-K C)' J_{t+1}' Lambda_{t+1} J_{t+1} (I-K C),
//               m_t = m_{t|t-1} + Sigma_{t|t-1} lambda_t,  V_t = Sigma_{t|t-1} - Sigma_{t|t-1}
//               Lambda_t Sigma_{t|t-1},  V_{t,t-1} = (I - Sigma_{t|t-1} Lambda_t) J_t
//               Sigma_{t-1|t-1}.   any Q
//     dual      conditioning on the observed outputs with the Gram matrix G G' + R.   any Q
//
// Laws: lambda_t is the posterior mean of the adjoint of (S2), so E[nu_t] = Q lambda_t;
// Cov[lambda_t, h_{t-1}] = -Lambda_t J_t Sigma_{t-1|t-1}. Hence the score in closed form, with
// neither Q^-1 nor Sigma^-1: Fisher's identity (I5) in the non-centred parameterisation.

#include <error_forcing/kalman_filter.hpp>

namespace error_forcing {

/// Means and covariances of the states of one trial given all its targets.
template <typename Scalar>
struct GaussianPosterior {
  Matrix<Scalar> mean;                     ///< of h_t, N x (T+1)
  std::vector<Matrix<Scalar>> covariance;  ///< V_t, T+1 of N x N; V_0 = 0
  std::vector<Matrix<Scalar>> lag_one;     ///< V_{t,t-1}, T+1 of N x N; the first is zero
};

enum class SmootherForm { rts, adjoint, dual };

/// E-step: the exact posterior (E6).
struct ExactPosterior {
  SmootherForm form = SmootherForm::adjoint;
  Index samples = 0;       ///< trajectories drawn from it besides (posterior_sampling.hpp), >= 0
  std::uint64_t seed = 1;  ///< of the samples
};

/// Throws InvalidInput if Q is not positive definite.
template <typename Scalar>
GaussianPosterior<Scalar> rts_smoother(const Filtered<Scalar>& filtered);

/// What the adjoint form knows besides: the posterior of the adjoint.
template <typename Scalar>
struct AdjointPosterior {
  GaussianPosterior<Scalar> states;
  Matrix<Scalar> adjoint;                     ///< E[lambda_t], N x (T+1)
  std::vector<Matrix<Scalar>> adjoint_state;  ///< Cov[lambda_t, h_{t-1}], T+1 of N x N
};

template <typename Scalar>
AdjointPosterior<Scalar> adjoint_smoother(const Filtered<Scalar>& filtered);

/// The posterior of a linear model by conditioning on all outputs at once: no filter.
template <typename Scalar>
GaussianPosterior<Scalar> dual_smoother(const GenerativeModel<Scalar>& model,
                                        const ObservedTrial<Scalar>& trial);

/// The gradient of the log evidence of a linear model, one trial: E[grad l_nc] in closed form.
/// Throws InvalidInput where R_oo is not positive definite.
template <typename Scalar>
Parameters<Scalar> exact_score(const GenerativeModel<Scalar>& model,
                               const ObservedTrial<Scalar>& trial,
                               const AdjointPosterior<Scalar>& posterior);

}  // namespace error_forcing
