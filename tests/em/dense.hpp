#pragma once
// The second route of the tests in this folder: equations of one trial and step written out on
// dense matrices, solved by elimination. Nothing here calls the library's decompositions.

#include <error_forcing/batch.hpp>
#include <error_forcing/errors.hpp>
#include <vector>

#include "geometry/random_readout.hpp"

namespace error_forcing::test {

/// X of A X = B by Gauss-Jordan elimination with row exchanges.
template <typename Scalar>
Matrix<Scalar> solve_dense(Matrix<Scalar> A, Matrix<Scalar> B) {
  using std::abs;
  for (Index k = 0; k < A.rows(); ++k) {
    Index pivot = k;
    for (Index i = k + 1; i < A.rows(); ++i)
      if (abs(A(i, k)) > abs(A(pivot, k))) pivot = i;
    A.row(k).swap(A.row(pivot));
    B.row(k).swap(B.row(pivot));
    require(A(k, k) != Scalar(0), "solve_dense: singular");
    B.row(k) /= Scalar(A(k, k));
    A.row(k) /= Scalar(A(k, k));
    for (Index i = 0; i < A.rows(); ++i) {
      if (i == k) continue;
      B.row(i) -= Scalar(A(i, k)) * B.row(k);
      A.row(i) -= Scalar(A(i, k)) * A.row(k);
    }
  }
  return B;
}

template <typename Scalar>
Matrix<Scalar> inverse_dense(const Matrix<Scalar>& A) {
  return solve_dense<Scalar>(A, Matrix<Scalar>::Identity(A.rows(), A.rows()));
}

/// C' (C C' + rho I)^-1; rho = 0 needs full row rank.
template <typename Scalar>
Matrix<Scalar> readout_inverse(const Matrix<Scalar>& C, Scalar rho = Scalar(0)) {
  const Matrix<Scalar> identity = Matrix<Scalar>::Identity(C.rows(), C.rows());
  return solve_dense<Scalar>(C * C.transpose() + rho * identity, C).transpose();
}

/// (I - C+C) v, the part of v that no output sees.
template <typename Scalar>
Vector<Scalar> tangent_part(const Matrix<Scalar>& C, const Vector<Scalar>& v) {
  return v - readout_inverse(C) * (C * v);
}

/// The column of one trial and step.
template <typename Scalar>
Vector<Scalar> column(const History<Scalar>& history, Index trial, Index step) {
  Vector<Scalar> values(history.rows());
  for (Index row = 0; row < history.rows(); ++row) values(row) = history(trial, step, row);
  return values;
}

/// The rows `kept` of a matrix or vector.
template <typename Scalar>
Matrix<Scalar> rows_of(const Matrix<Scalar>& matrix, const std::vector<Index>& kept) {
  Matrix<Scalar> result(static_cast<Index>(kept.size()), matrix.cols());
  for (std::size_t k = 0; k < kept.size(); ++k)
    result.row(static_cast<Index>(k)) = matrix.row(kept[k]);
  return result;
}

/// The outputs that a mask observes at one trial and step, rising.
template <typename Scalar>
std::vector<Index> observed_at(const Batch<Scalar>& batch, Index trial, Index step) {
  std::vector<Index> observed;
  for (Index output = 0; output < batch.mask.rows(); ++output)
    if (batch.mask(trial, step, output) == Scalar(1)) observed.push_back(output);
  return observed;
}

/// Calls visit(trial, step) for all of them.
template <typename Visit>
void for_each_step(const Layout& layout, Visit visit) {
  for (Index trial = 0; trial < layout.trials; ++trial)
    for (Index step = 1; step <= layout.steps; ++step) {
      SCOPED_TRACE(fmt::format("trial {}, step {}", trial, step));
      visit(trial, step);
    }
}

/// What should vanish, in arrays whose entries are about `scale`.
template <typename Derived>
void expect_zero(const Eigen::MatrixBase<Derived>& difference, double scale = 4) {
  EXPECT_LE(size_of(difference), allowed<typename Derived::Scalar>(scale));
}

}  // namespace error_forcing::test
