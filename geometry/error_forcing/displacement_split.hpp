#pragma once
// What forcing does to the state in directions normal and tangent to the zero-error manifold.
//
//   (G4) nu = nu_perp + nu_par,  nu_perp = C+C nu,  nu_par = (I - C+C) nu
//
// Laws, at ridge 0, for the displacements from the same u_t with the same gain c:
//   nu_perp and nu_par are orthogonal and add up to nu; the output moves by C nu_perp alone
//   error forcing     |nu_perp| = c |C+ e|    |nu_par| = 0
//   teacher forcing   |nu_perp| = c |C+ e|    |nu_par| = c |(I - C+C) u|
//   both leave the error (1 - c) e where the target is reachable, so |nu_TF| >= |nu_EF|, equal only
//   for c = 0 or u in the row space of C
// With a ridge the inequality can fail, and a greedy posterior whose Q is not isotropic has
// nu_par != 0.

#include <cmath>
#include <error_forcing/zero_error_manifold.hpp>

namespace error_forcing {

template <typename Scalar>
struct DisplacementSplit {
  Vector<Scalar> normal;   ///< nu_perp, N
  Vector<Scalar> tangent;  ///< nu_par, N
};

/// nu has N entries, finite.
template <typename Scalar>
DisplacementSplit<Scalar> split_displacement(const ZeroErrorManifold<Scalar>& manifold,
                                             const Vector<Scalar>& nu);

/// The effect of forcing at one step: how far it moved the state, and what error that left.
template <typename Scalar>
struct ForcingEffect {
  Scalar normal{};       ///< |nu_perp|
  Scalar tangent{};      ///< |nu_par|
  Scalar error_after{};  ///< |y* - C h - d|

  /// |nu|
  Scalar displacement() const {
    using std::sqrt;
    return sqrt(normal * normal + tangent * tangent);
  }
};

/// Measured: the state was u before forcing and h after it.
template <typename Scalar>
ForcingEffect<Scalar> measure_forcing(const ZeroErrorManifold<Scalar>& manifold,
                                      const Vector<Scalar>& u, const Vector<Scalar>& h,
                                      const Vector<Scalar>& target);

/// Predicted by (G4) from the state u before error forcing (E1) with gain c in [0, 1].
template <typename Scalar>
ForcingEffect<Scalar> predict_error_forcing(const ZeroErrorManifold<Scalar>& manifold,
                                            const Vector<Scalar>& u, const Vector<Scalar>& target,
                                            Scalar gain);

/// Predicted by (G4) from the state u before teacher forcing (E2) with gain c in [0, 1].
template <typename Scalar>
ForcingEffect<Scalar> predict_teacher_forcing(const ZeroErrorManifold<Scalar>& manifold,
                                              const Vector<Scalar>& u, const Vector<Scalar>& target,
                                              Scalar gain);

}  // namespace error_forcing
