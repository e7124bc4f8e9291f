#pragma once
// The factor of a symmetric positive definite matrix: A = L L', L lower triangular.
//
// It serves every solve with a covariance, its log-determinant, and the noise that has it.
//
// Laws: L L' = A; A solve(B) = B; log_determinant() = log |A|.

#include <error_forcing/matrix.hpp>

namespace error_forcing {

template <typename Scalar>
struct Cholesky {
  Matrix<Scalar> L;               ///< n x n, lower triangular; meaningless unless positive_definite
  bool positive_definite = true;  ///< whether the factor exists; true for the 0 x 0 matrix

  /// A^-1 B, n x m.
  Matrix<Scalar> solve(const Matrix<Scalar>& B) const;
  /// B becomes A^-1 B, without an allocation.
  void solve_in_place(MatrixRef<Scalar> B) const;
  /// L^-1 B, n x m: of covariance I where B has covariance A.
  Matrix<Scalar> whiten(const Matrix<Scalar>& B) const;
  Scalar log_determinant() const;
};

/// Reads the lower triangle of a square matrix.
template <typename Scalar>
Cholesky<Scalar> cholesky(const Matrix<Scalar>& A);

}  // namespace error_forcing
