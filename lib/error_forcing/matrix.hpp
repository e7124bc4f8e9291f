#pragma once
// The dense types of the library. Everything is row-major, as NumPy and PyTorch write it.

#include <Eigen/Core>

namespace error_forcing {

using Index = Eigen::Index;

template <typename Scalar>
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <typename Scalar>
using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;

/// Arguments that accept a Matrix, a Panel or a block of either, without a copy.
template <typename Scalar>
using MatrixRef = Eigen::Ref<Matrix<Scalar>>;
template <typename Scalar>
using ConstMatrixRef = Eigen::Ref<const Matrix<Scalar>>;

/// (A + A') / 2: a covariance loses its symmetry to rounding.
template <typename Scalar>
Matrix<Scalar> symmetrised(const Matrix<Scalar>& A) {
  return (A + A.transpose()) / 2;
}

/// One step of one tile of trials: rows x lanes, a view into a History.
template <typename Scalar>
using Panel = Eigen::Map<Matrix<Scalar>, 0, Eigen::OuterStride<>>;
template <typename Scalar>
using ConstPanel = Eigen::Map<const Matrix<Scalar>, 0, Eigen::OuterStride<>>;

}  // namespace error_forcing
