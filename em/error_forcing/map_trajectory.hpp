#pragma once
// The MAP trajectory: the most probable noises given all targets of a trial.
//
//   (E5) E(eps) = 1/2 sum |eps_t|^2 + 1/2 sum r_t' R^-1 r_t,  r_t = y*_t - C h_t - d
//        Gauss-Newton: eps <- eps + alpha (eps* - eps),
//        eps* = G'(G G' + R)^-1 (r + G eps),  G = d(C h)/d eps
//
// Two forms of the step that agree:
//   dual      G G' by adjoint passes, n x n for n observed outputs; unobserved steps cost nothing
//             but their part of the passes; no N x N covariance; any Q
//   smoother  eps* from the RTS smoother of the model linearised along the path, T times N x N
//             (block-tridiagonal form); Q positive definite
//
// alpha halves until E decreases enough (Armijo), so E never rises. Where E stalls at rounding,
// full steps are taken as long as they reduce the stationarity residual.
//
// Laws: one step when phi = identity; at the end eps_t = L' lambda_t (I4). Several local minima
// exist: the best of several starts is returned.

#include <cstdint>
#include <error_forcing/trial.hpp>

namespace error_forcing {

enum class MapForm { dual, smoother };

/// E-step: the MAP trajectory.
struct MapTrajectory {
  MapForm form = MapForm::dual;
  Index iterations = 500;  ///< at most, of each start, >= 1
  /// Converged where |eps - L' lambda| <= tolerance max(1, |eps|).
  double tolerance = 1e-10;
  Index random_starts = 0;  ///< beyond the greedy posterior (E3) and eps = 0
  std::uint64_t seed = 1;   ///< of the random starts
};

/// The best minimum that was found.
template <typename Scalar>
struct MapPath {
  Matrix<Scalar> noises;  ///< eps, N x (T+1)
  Matrix<Scalar> states;  ///< h, N x (T+1)
  Scalar energy;          ///< E of (E5)
  Scalar stationarity;    ///< |eps - L' lambda| / max(1, |eps|)
  Index iterations = 0;   ///< of that start
  bool converged = false;
  /// Laplace's approximation of the log evidence; exact for phi = identity.
  Scalar log_evidence = Scalar(0);
};

/// E of the noises, or infinity where the states are not finite.
template <typename Scalar>
Scalar energy(const GenerativeModel<Scalar>& model, const ObservedTrial<Scalar>& trial,
              const Matrix<Scalar>& noises);

/// |eps - L' lambda| / max(1, |eps|): 0 at a stationary point of E. Throws Divergence where the
/// states are not finite.
template <typename Scalar>
Scalar stationarity(const GenerativeModel<Scalar>& model, const ObservedTrial<Scalar>& trial,
                    const Matrix<Scalar>& noises);

/// Throws InvalidInput for options out of range, or an R that is not positive definite.
template <typename Scalar>
MapPath<Scalar> map_trajectory(const MapTrajectory& e_step, const GenerativeModel<Scalar>& model,
                               const ObservedTrial<Scalar>& trial);

/// The minimum that the search reaches from the noises `start`, N x (T+1), and from no other.
template <typename Scalar>
MapPath<Scalar> map_trajectory_from(const MapTrajectory& e_step,
                                    const GenerativeModel<Scalar>& model,
                                    const ObservedTrial<Scalar>& trial,
                                    const Matrix<Scalar>& start);

/// One undamped Gauss-Newton step: eps* of the states that `noises` cause.
template <typename Scalar>
Matrix<Scalar> gauss_newton_target(MapForm form, const GenerativeModel<Scalar>& model,
                                   const ObservedTrial<Scalar>& trial,
                                   const Matrix<Scalar>& noises);

}  // namespace error_forcing
