#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/zero_error_manifold.hpp>
#include <limits>
#include <string_view>

namespace error_forcing {

namespace {

template <typename Scalar>
void require_vector(std::string_view name, const Vector<Scalar>& v, Index size) {
  require(v.size() == size, "{}: want {} entries, got {}", name, size, v.size());
  require(v.allFinite(), "{}: holds a NaN or an infinity; every entry must be finite", name);
}

template <typename Scalar>
void require_metric(const Matrix<Scalar>& Q, Index units) {
  require(Q.rows() == units && Q.cols() == units, "Q: want {0} x {0}, got {1} x {2}", units,
          Q.rows(), Q.cols());
  require(Q.allFinite(), "Q: holds a NaN or an infinity; every entry must be finite");
  const Scalar skew = (Q - Q.transpose()).cwiseAbs().maxCoeff();
  const Scalar rounding = Scalar(4 * units) * std::numeric_limits<Scalar>::epsilon();
  require(skew <= rounding * Q.cwiseAbs().maxCoeff(),
          "Q: is not symmetric, entries differ from their mirror by up to {:.3g}; use (Q + Q')/2",
          static_cast<double>(skew));
  // Cholesky tells the sign, the singular values how far from singular: its pivots may not.
  const auto svd = thin_svd(Q);
  require(cholesky(Q).positive_definite && svd.smallest() > 4 * rounding * svd.largest(),
          "Q: is not positive definite; give a symmetric positive definite {0} x {0} matrix, e.g. "
          "the noise covariance plus a small multiple of the identity",
          units);
}

// The distance of the shorter row from the line along the longer one.
template <typename Scalar>
Scalar distance_from_parallel(const Vector<Scalar>& a, const Vector<Scalar>& b) {
  if (a.squaredNorm() < b.squaredNorm()) return distance_from_parallel(b, a);
  return (b - a * (a.dot(b) / a.squaredNorm())).norm();
}

}  // namespace

template <typename Scalar>
ZeroErrorManifold<Scalar>::ZeroErrorManifold(const Matrix<Scalar>& C, const Vector<Scalar>& d,
                                             Scalar rank_tolerance)
    : C_(C), d_(d), rank_tolerance_(rank_tolerance) {
  require(C.size() > 0 && C.allFinite(), "C: want a finite P x N readout, got {} x {}{}", C.rows(),
          C.cols(), C.size() > 0 ? " holding a NaN or an infinity" : "");
  require_vector("d", d, C.rows());
  require(rank_tolerance >= 0 && rank_tolerance < 1,
          "rank tolerance: want a share of the largest singular value in [0, 1), got {}",
          static_cast<double>(rank_tolerance));
  svd_ = thin_svd(C);
  rank_ = svd_.rank(rank_tolerance);
}

template <typename Scalar>
Scalar ZeroErrorManifold<Scalar>::condition() const {
  if (outputs() > units() || !(smallest() > 0)) return std::numeric_limits<Scalar>::infinity();
  const Scalar ratio = largest() / smallest();
  return ratio * ratio;
}

template <typename Scalar>
bool ZeroErrorManifold<Scalar>::reachable(const Vector<Scalar>& target) const {
  require_vector("target", target, outputs());
  if (rank_ == outputs()) return true;
  const Vector<Scalar> wanted = target - d_;
  return (wanted - achievable_part(wanted)).norm() <= rank_tolerance_ * wanted.norm();  // (G8)
}

template <typename Scalar>
Vector<Scalar> ZeroErrorManifold<Scalar>::residual(const Vector<Scalar>& h,
                                                   const Vector<Scalar>& target) const {
  require_vector("h", h, units());
  require_vector("target", target, outputs());
  return target - C_ * h - d_;
}

template <typename Scalar>
Vector<Scalar> ZeroErrorManifold<Scalar>::shortest_displacement(const Vector<Scalar>& e) const {
  require_vector("output error", e, outputs());
  const Vector<Scalar> coordinates = svd_.left.leftCols(rank_).transpose() * e;
  return svd_.right.leftCols(rank_) * coordinates.cwiseQuotient(svd_.values.head(rank_));
}

template <typename Scalar>
Vector<Scalar> ZeroErrorManifold<Scalar>::achievable_part(const Vector<Scalar>& e) const {
  require_vector("output error", e, outputs());
  const auto range = svd_.left.leftCols(rank_);
  return range * (range.transpose() * e);
}

template <typename Scalar>
Vector<Scalar> ZeroErrorManifold<Scalar>::normal_part(const Vector<Scalar>& v) const {
  require_vector("displacement", v, units());
  const auto normals = svd_.right.leftCols(rank_);
  return normals * (normals.transpose() * v);
}

template <typename Scalar>
Vector<Scalar> ZeroErrorManifold<Scalar>::project(const Vector<Scalar>& h,
                                                  const Vector<Scalar>& target) const {
  require_reachable(target);
  return h + shortest_displacement(residual(h, target));  // (G2)
}

template <typename Scalar>
Vector<Scalar> ZeroErrorManifold<Scalar>::project_obliquely(const Vector<Scalar>& h,
                                                            const Vector<Scalar>& target,
                                                            const Matrix<Scalar>& Q) const {
  require_metric(Q, units());
  const Vector<Scalar> shortest = project(h, target) - h;
  if (rank_ == 0) return h;
  // With V the normals, C = A V' and A of full column rank, (G2) loses A:
  // Q C' (C Q C')^+ r = Q V (V' Q V)^-1 V' C+ r.
  const auto V = svd_.right.leftCols(rank_);
  const Matrix<Scalar> QV = Q * V;
  const Vector<Scalar> weights =
      cholesky<Scalar>(V.transpose() * QV).solve(V.transpose() * shortest);
  return h + QV * weights;
}

template <typename Scalar>
Vector<Scalar> ZeroErrorManifold<Scalar>::minimum_norm_point(const Vector<Scalar>& target) const {
  require_reachable(target);
  return shortest_displacement(target - d_);  // (G3)
}

template <typename Scalar>
void ZeroErrorManifold<Scalar>::require_reachable(const Vector<Scalar>& target) const {
  if (reachable(target)) return;
  const Vector<Scalar> wanted = target - d_;
  throw InvalidInput(fmt::format(
      "C C' has condition {:.3g} (rank {} of {}, singular values {:.3g} to {:.3g}): {}, the target "
      "is unreachable; {:.3g} of |y* - d| = {:.3g} lies outside the range of C (tolerance {:.3g}); "
      "give a target inside it, or a displacement that goes as near as it can",
      static_cast<double>(condition()), rank_, outputs(), static_cast<double>(smallest()),
      static_cast<double>(largest()), why_rank_is_low(),
      static_cast<double>((wanted - achievable_part(wanted)).norm()),
      static_cast<double>(wanted.norm()), static_cast<double>(rank_tolerance_)));
}

template <typename Scalar>
std::string ZeroErrorManifold<Scalar>::why_rank_is_low() const {
  const Scalar negligible = 2 * rank_tolerance_ * largest();
  for (Index i = 0; i < outputs(); ++i)
    if (C_.row(i).norm() <= negligible) return fmt::format("row {} of C is nearly zero", i);
  for (Index i = 0; i < outputs(); ++i)
    for (Index j = i + 1; j < outputs(); ++j)
      if (distance_from_parallel<Scalar>(C_.row(i), C_.row(j)) <= negligible)
        return outputs() == 2 ? "two outputs are nearly parallel"
                              : fmt::format("outputs {} and {} (from 0) are nearly parallel", i, j);
  if (outputs() > units()) return fmt::format("{} outputs read {} units", outputs(), units());
  return "the outputs are linearly dependent";
}

#define INSTANTIATE(Scalar) template class ZeroErrorManifold<Scalar>;
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
