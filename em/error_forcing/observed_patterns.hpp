#pragma once
// Matrices that depend on which outputs are observed: with o the outputs observed at a step,
// C, R and e stand for C_o, R_oo and e_o. Computed once for every pattern that occurs in a mask,
// so that a step only looks one up.

#include <cstdint>
#include <error_forcing/history.hpp>
#include <functional>
#include <map>
#include <vector>

namespace error_forcing {

/// The observed outputs o of one trial and step, rising.
using ObservedOutputs = std::vector<Index>;

template <typename Scalar>
class ObservedPatterns {
 public:
  /// `matrix_of(o)` is called for every non-empty pattern o in the mask and returns a matrix with
  /// P columns, those of unobserved outputs zero. At most 64 outputs.
  ObservedPatterns(const History<Scalar>& mask,
                   const std::function<Matrix<Scalar>(const ObservedOutputs&)>& matrix_of);

  /// result.col(lane) = matrix of the lane's pattern * signal.col(lane), 0 where o is empty.
  void multiply(const ConstPanel<Scalar>& mask, const ConstMatrixRef<Scalar>& signal,
                MatrixRef<Scalar> result) const;

 private:
  std::map<std::uint64_t, Matrix<Scalar>> matrices_;
};

/// The rows `kept` of a matrix; the rows and columns `kept` of a square one.
template <typename Scalar>
Matrix<Scalar> select_rows(const Matrix<Scalar>& matrix, const ObservedOutputs& kept) {
  return matrix(kept, Eigen::all);
}
template <typename Scalar>
Matrix<Scalar> select_square(const Matrix<Scalar>& matrix, const ObservedOutputs& kept) {
  return matrix(kept, kept);
}

}  // namespace error_forcing
