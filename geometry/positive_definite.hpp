#pragma once
// A Cholesky factorisation that says so when a matrix is singular: Eigen's reports success for a
// singular matrix whose last pivot came out of rounding positive, and for NaN.

#include <Eigen/Cholesky>
#include <error_forcing/matrix.hpp>
#include <limits>

namespace error_forcing {

/// True where the factorisation exists and every pivot exceeds the rounding of a matrix whose
/// entries are sums of `terms` products.
template <typename Scalar>
bool is_definite(const Eigen::LLT<Matrix<Scalar>>& factor, const Matrix<Scalar>& matrix,
                 Index terms) {
  const Scalar rounding = Scalar(terms + matrix.rows()) * std::numeric_limits<Scalar>::epsilon() *
                          matrix.cwiseAbs().maxCoeff();
  return factor.info() == Eigen::Success &&
         factor.matrixLLT().diagonal().cwiseAbs2().minCoeff() > rounding;
}

}  // namespace error_forcing
