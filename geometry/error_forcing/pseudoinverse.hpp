#pragma once
// The inverse of a readout: C+ of (E1), the pseudoinverse or its ridge version.
//
//   rho = 0    C+ = V diag(1/s_i) U' over the singular values above rank_tolerance * s_max
//   rho > 0    C+ = C' (C C' + rho I)^-1 = V diag(s_i / (s_i^2 + rho)) U'
//
// Laws: rho = 0: C C+ C = C, C+ C C+ = C+, C C+ and C+ C symmetric (Moore-Penrose), at every rank.
// rho > 0: C+ (C C' + rho I) = C'. As rho -> 0 the second tends to the first.

#include <error_forcing/matrix.hpp>

namespace error_forcing {

/// Singular values below this share of the largest count as zero (G8): 1e-12 in double and quad,
/// 1e-6 in float.
template <typename Scalar>
Scalar default_rank_tolerance();

template <typename Scalar>
struct Pseudoinverse {
  Matrix<Scalar> inverse;  ///< C+, N x P
  Index rank = 0;          ///< effective rank of C
  Scalar smallest{};       ///< smallest singular value of C
  Scalar largest{};        ///< largest singular value of C
};

/// C is P x N, finite; the ridge is finite and >= 0, the tolerance in [0, 1). Throws InvalidInput
/// otherwise.
template <typename Scalar>
Pseudoinverse<Scalar> pseudoinverse(const Matrix<Scalar>& C, Scalar ridge = Scalar(0),
                                    Scalar rank_tolerance = default_rank_tolerance<Scalar>());

/// The gradient in C of a function of K = Q C' (C Q C' + R)^-1 whose gradient in K is dL_dK:
///
///   S = C Q C' + R,  A = S^-1 (dL/dK)' K,  dL/dC = S^-1 (dL/dK)' Q - (A + A') C Q
///
/// With Q = I and R = rho I, K is C+ above; at rho = 0 this needs rank C = P, where C+ is
/// differentiable. Q is N x N, R is P x P, both symmetric. Throws InvalidInput if S is
/// singular to rounding, a shape is wrong or an entry is not finite.
template <typename Scalar>
Matrix<Scalar> gain_pullback(const Matrix<Scalar>& C, const Matrix<Scalar>& Q,
                             const Matrix<Scalar>& R, const Matrix<Scalar>& dL_dK);

}  // namespace error_forcing
