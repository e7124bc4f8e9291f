#pragma once
// The residual after forcing, r_t = y*_t - C h_t - d on observed outputs, and its weighting by the
// observation's precision: what drives the M-steps (S2) and (S4).

#include <error_forcing/observed_patterns.hpp>
#include <error_forcing/trajectory.hpp>

namespace error_forcing {

/// R_oo^-1 scattered back into P x P, for every pattern o of observed outputs in the batch.
/// Throws InvalidInput unless R is P x P, finite and positive definite there.
template <typename Scalar>
ObservedPatterns<Scalar> observation_precision(const Matrix<Scalar>& R, const Batch<Scalar>& batch);

/// trajectory.signal = r_t, trajectory.output_adjoint = R^-1 r_t, both zero where unobserved.
template <typename Scalar>
void read_residual(const ObservedPatterns<Scalar>& precision, const Network<Scalar>& network,
                   const Batch<Scalar>& batch, Index tile, Index step,
                   Trajectory<Scalar>& trajectory);

}  // namespace error_forcing
