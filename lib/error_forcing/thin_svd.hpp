#pragma once
// The one matrix decomposition of the library: A = left diag(values) right', thin.
//
// It serves the rank of a readout, its pseudoinverse and ridge inverse, the split into normal and
// tangent directions and the readout penalty, in every precision.

#include <error_forcing/matrix.hpp>

namespace error_forcing {

template <typename Scalar>
struct ThinSvd {
  Matrix<Scalar> left;    ///< rows x k, orthonormal columns, k = min(rows, cols)
  Vector<Scalar> values;  ///< k singular values, falling
  Matrix<Scalar> right;   ///< cols x k, orthonormal columns

  Scalar largest() const { return values(0); }
  Scalar smallest() const { return values(values.size() - 1); }
  /// The number of singular values above tolerance * largest().
  Index rank(Scalar tolerance) const { return (values.array() > tolerance * largest()).count(); }
};

/// Throws InvalidInput if the matrix is empty or not finite.
template <typename Scalar>
ThinSvd<Scalar> thin_svd(const Matrix<Scalar>& matrix);

}  // namespace error_forcing
