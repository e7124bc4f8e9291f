#pragma once
// What training minimises: the masked loss (M8) and the paper's two penalties.
//
//   (M8) loss      = sum m (y* - y)^2 / sum m
//   activity       = mean of h^2 over units, trials and steps 1..T, h the forced states
//   readout        = (1 - |C|)^2 for one output, (1 - s_max/s_min)^2 of C for several
//   objective      = loss + 1e-5 activity + 1e-6 readout

#include <error_forcing/trajectory.hpp>

namespace error_forcing {

/// Weights of the penalties, >= 0; the defaults are the paper's.
struct Penalties {
  double activity = 1e-5;
  double readout = 1e-6;
};

inline constexpr Penalties no_penalties{0, 0};

template <typename Scalar>
struct Objective {
  Scalar loss{};      ///< (M8)
  Scalar activity{};  ///< weighted
  Scalar readout{};   ///< weighted

  Scalar total() const { return loss + activity + readout; }
};

/// Throws InvalidInput for a readout whose penalty is infinite (rank below P).
template <typename Scalar>
Objective<Scalar> objective(const Network<Scalar>& network, const Batch<Scalar>& batch,
                            const Trajectory<Scalar>& trajectory, const Penalties& penalties);

/// The penalty of the readout, not weighted.
template <typename Scalar>
Scalar readout_penalty(const Matrix<Scalar>& C);

/// dL_dC += weight * d(readout penalty)/dC.
template <typename Scalar>
void add_readout_penalty_gradient(const Matrix<Scalar>& C, Scalar weight, Matrix<Scalar>& dL_dC);

}  // namespace error_forcing
