#include <Eigen/SVD>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/thin_svd.hpp>

namespace error_forcing {

template <typename Scalar>
ThinSvd<Scalar> thin_svd(const Matrix<Scalar>& matrix) {
  require(matrix.size() > 0 && matrix.allFinite(),
          "singular values: want a finite matrix with at least one entry, got {} x {}{}",
          matrix.rows(), matrix.cols(), matrix.size() > 0 ? " holding a NaN or an infinity" : "");
  const Eigen::JacobiSVD<Matrix<Scalar>> svd(matrix, Eigen::ComputeThinU | Eigen::ComputeThinV);
  return {svd.matrixU(), svd.singularValues(), svd.matrixV()};
}

#define INSTANTIATE(Scalar) template ThinSvd<Scalar> thin_svd(const Matrix<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
