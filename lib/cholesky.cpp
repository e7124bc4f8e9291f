#include <Eigen/Cholesky>
#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>

namespace error_forcing {

template <typename Scalar>
Matrix<Scalar> Cholesky<Scalar>::solve(const Matrix<Scalar>& B) const {
  Matrix<Scalar> X = B;
  solve_in_place(X);
  return X;
}

template <typename Scalar>
void Cholesky<Scalar>::solve_in_place(MatrixRef<Scalar> B) const {
  L.template triangularView<Eigen::Lower>().solveInPlace(B);
  L.transpose().template triangularView<Eigen::Upper>().solveInPlace(B);
}

template <typename Scalar>
Matrix<Scalar> Cholesky<Scalar>::whiten(const Matrix<Scalar>& B) const {
  Matrix<Scalar> X = B;
  L.template triangularView<Eigen::Lower>().solveInPlace(MatrixRef<Scalar>(X));
  return X;
}

template <typename Scalar>
Scalar Cholesky<Scalar>::log_determinant() const {
  return 2 * L.diagonal().array().log().sum();
}

template <typename Scalar>
Cholesky<Scalar> cholesky(const Matrix<Scalar>& A) {
  require(A.rows() == A.cols(), "Cholesky: want a square matrix, got {} x {}", A.rows(), A.cols());
  const Eigen::LLT<Matrix<Scalar>> factor(A);
  Matrix<Scalar> L = factor.matrixL();
  const bool exists = factor.info() == Eigen::Success && L.allFinite();  // a NaN is no failure yet
  return {std::move(L), exists};
}

#define INSTANTIATE(Scalar)         \
  template struct Cholesky<Scalar>; \
  template Cholesky<Scalar> cholesky(const Matrix<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
