#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/pseudoinverse.hpp>
#include <error_forcing/thin_svd.hpp>
#include <limits>

namespace error_forcing {

template <typename Scalar>
Scalar default_rank_tolerance() {
  return std::is_same_v<Scalar, float> ? Scalar(1e-6) : Scalar(1e-12);
}

template <typename Scalar>
Pseudoinverse<Scalar> pseudoinverse(const Matrix<Scalar>& C, Scalar ridge, Scalar rank_tolerance) {
  require(ridge >= 0 && ridge <= std::numeric_limits<Scalar>::max(),
          "ridge: want a finite value >= 0, got {}", static_cast<double>(ridge));
  require(rank_tolerance >= 0 && rank_tolerance < 1,
          "rank tolerance: want a share of the largest singular value in [0, 1), got {}",
          static_cast<double>(rank_tolerance));
  const auto svd = thin_svd(C);
  const Index rank = svd.rank(rank_tolerance);
  const Index kept = ridge > 0 ? svd.values.size() : rank;
  const auto s = svd.values.head(kept).array();
  const Vector<Scalar> gains = s / (s * s + ridge);
  return {svd.right.leftCols(kept) * gains.asDiagonal() * svd.left.leftCols(kept).transpose(), rank,
          svd.smallest(), svd.largest()};
}

namespace {

template <typename Scalar>
void require_gain_shapes(const Matrix<Scalar>& C, const Matrix<Scalar>& Q, const Matrix<Scalar>& R,
                         const Matrix<Scalar>& dL_dK) {
  const Index N = C.cols(), P = C.rows();
  require(C.size() > 0, "C: want at least one output and one unit, got {} x {}", P, N);
  require(Q.rows() == N && Q.cols() == N, "Q: want {0} x {0}, got {1} x {2}", N, Q.rows(),
          Q.cols());
  require(R.rows() == P && R.cols() == P, "R: want {0} x {0}, got {1} x {2}", P, R.rows(),
          R.cols());
  require(dL_dK.rows() == N && dL_dK.cols() == P, "dL/dK: want {} x {}, got {} x {}", N, P,
          dL_dK.rows(), dL_dK.cols());
}

}  // namespace

template <typename Scalar>
Matrix<Scalar> gain_pullback(const Matrix<Scalar>& C, const Matrix<Scalar>& Q,
                             const Matrix<Scalar>& R, const Matrix<Scalar>& dL_dK) {
  require_gain_shapes(C, Q, R, dL_dK);
  const Matrix<Scalar> CQ = C * Q, CQC_plus_R = CQ * C.transpose() + R;
  require(CQC_plus_R.allFinite() && dL_dK.allFinite(),
          "C, Q, R or dL/dK: holds a NaN or an infinity; every entry must be finite");
  // Cholesky tells the sign, the singular values how far from singular: its pivots may not.
  const auto S = cholesky(CQC_plus_R);
  const auto svd = thin_svd(CQC_plus_R);
  const Scalar rounding = Scalar(C.rows() + C.cols()) * std::numeric_limits<Scalar>::epsilon();
  require(
      S.positive_definite && svd.smallest() > rounding * svd.largest(),
      "C: C Q C' + R ({} x {}) is singular, so the gain has no derivative in C; give a ridge > 0",
      C.rows(), C.rows());
  const Matrix<Scalar> K = S.solve(CQ).transpose();
  const Matrix<Scalar> S_inverse_dL = S.solve(dL_dK.transpose());
  const Matrix<Scalar> A = S_inverse_dL * K;
  return S_inverse_dL * Q - (A + A.transpose()) * CQ;
}

#define INSTANTIATE(Scalar)                                                            \
  template Scalar default_rank_tolerance<Scalar>();                                    \
  template Pseudoinverse<Scalar> pseudoinverse(const Matrix<Scalar>&, Scalar, Scalar); \
  template Matrix<Scalar> gain_pullback(const Matrix<Scalar>&, const Matrix<Scalar>&,  \
                                        const Matrix<Scalar>&, const Matrix<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
