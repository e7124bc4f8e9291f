#pragma once
// The states that make no error: M_t = {h : C h + d = y*_t} of an affine readout (G1).
//
//   letter  meaning                                                        size
//   C, d    readout                                                        P x N, P
//   y*      target, one manifold each                                      P
//   C+      pseudoinverse over the singular values above the tolerance     N x P
//   Q       metric of the oblique projection, e.g. the noise covariance    N x N
//
// Laws, for a reachable target, p = project(h, y*) and any m on M:
//   C p + d = y*;  project(p) = p;  |m - h|^2 = |m - p|^2 + |p - h|^2, so p is the nearest point
//   (G2) the same for the oblique projection in the norm |v|^2 = v' Q^-1 v; Q = I is the orthogonal
//   one minimum_norm_point = project(0), the point of M nearest the origin (G3) dimension = N -
//   rank C;  projections turn with the latent space: (C G', G h) -> G p
//
// A target is unreachable if |(I - C C+)(y* - d)| > tolerance |y* - d| (G8): M is then empty and
// every projection throws. With rank C = P every target is reachable.

#include <error_forcing/pseudoinverse.hpp>
#include <error_forcing/thin_svd.hpp>

namespace error_forcing {

template <typename Scalar>
class ZeroErrorManifold {
 public:
  /// C is P x N and d has P entries, both finite; the tolerance is in [0, 1) and serves the rank
  /// and the reachability alike. Throws InvalidInput otherwise.
  ZeroErrorManifold(const Matrix<Scalar>& C, const Vector<Scalar>& d,
                    Scalar rank_tolerance = default_rank_tolerance<Scalar>());

  Index units() const { return C_.cols(); }                  ///< N
  Index outputs() const { return C_.rows(); }                ///< P
  Index rank() const { return rank_; }                       ///< effective rank of C
  Index dimension() const { return units() - rank_; }        ///< of M where it is not empty
  Scalar smallest() const { return svd_.smallest(); }        ///< of min(P, N) singular values of C
  Scalar largest() const { return svd_.largest(); }          ///< largest singular value of C
  Scalar rank_tolerance() const { return rank_tolerance_; }  ///< [0, 1)

  /// Condition number of C C', P x P; infinite if it is singular.
  Scalar condition() const;

  bool reachable(const Vector<Scalar>& target) const;

  /// y* - C h - d.
  Vector<Scalar> residual(const Vector<Scalar>& h, const Vector<Scalar>& target) const;

  /// C+ e: the shortest displacement that moves the output by e, or as near to it as it can.
  Vector<Scalar> shortest_displacement(const Vector<Scalar>& e) const;

  /// C C+ e: the part of e that some displacement achieves.
  Vector<Scalar> achievable_part(const Vector<Scalar>& e) const;

  /// C+ C v: the part of v normal to M; v - normal_part(v) is tangent to it.
  Vector<Scalar> normal_part(const Vector<Scalar>& v) const;

  /// h + C+ (y* - C h - d), the nearest point of M (G2).
  Vector<Scalar> project(const Vector<Scalar>& h, const Vector<Scalar>& target) const;

  /// h + Q C' (C Q C')^-1 (y* - C h - d), the point of M nearest in the norm of Q^-1 (G2). Q is
  /// symmetric positive definite; where C has rank below P the inverse acts on the range of C.
  Vector<Scalar> project_obliquely(const Vector<Scalar>& h, const Vector<Scalar>& target,
                                   const Matrix<Scalar>& Q) const;

  /// C+ (y* - d), the point of M nearest the origin: the target of teacher forcing (G3).
  Vector<Scalar> minimum_norm_point(const Vector<Scalar>& target) const;

 private:
  void require_reachable(const Vector<Scalar>& target) const;
  std::string why_rank_is_low() const;

  Matrix<Scalar> C_;
  Vector<Scalar> d_;
  Scalar rank_tolerance_;
  ThinSvd<Scalar> svd_;
  Index rank_;
};

}  // namespace error_forcing
