#include <error_forcing/displacement_split.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>

namespace error_forcing {

template <typename Scalar>
DisplacementSplit<Scalar> split_displacement(const ZeroErrorManifold<Scalar>& manifold,
                                             const Vector<Scalar>& nu) {
  const Vector<Scalar> normal = manifold.normal_part(nu);
  return {normal, nu - normal};  // (G4)
}

template <typename Scalar>
ForcingEffect<Scalar> measure_forcing(const ZeroErrorManifold<Scalar>& manifold,
                                      const Vector<Scalar>& u, const Vector<Scalar>& h,
                                      const Vector<Scalar>& target) {
  const Scalar error_after = manifold.residual(h, target).norm();
  const auto [normal, tangent] = split_displacement<Scalar>(manifold, h - u);
  return {normal.norm(), tangent.norm(), error_after};
}

template <typename Scalar>
ForcingEffect<Scalar> predict_error_forcing(const ZeroErrorManifold<Scalar>& manifold,
                                            const Vector<Scalar>& u, const Vector<Scalar>& target,
                                            Scalar gain) {
  require(gain >= 0 && gain <= 1, "gain: want a value in [0, 1], got {}",
          static_cast<double>(gain));
  const Vector<Scalar> e = manifold.residual(u, target);
  const Vector<Scalar> left = e - gain * manifold.achievable_part(e);
  return {gain * manifold.shortest_displacement(e).norm(), Scalar(0), left.norm()};  // (G4)
}

template <typename Scalar>
ForcingEffect<Scalar> predict_teacher_forcing(const ZeroErrorManifold<Scalar>& manifold,
                                              const Vector<Scalar>& u, const Vector<Scalar>& target,
                                              Scalar gain) {
  auto effect = predict_error_forcing(manifold, u, target, gain);
  effect.tangent = gain * split_displacement(manifold, u).tangent.norm();  // (G4)
  return effect;
}

#define INSTANTIATE(Scalar)                                                                    \
  template DisplacementSplit<Scalar> split_displacement(const ZeroErrorManifold<Scalar>&,      \
                                                        const Vector<Scalar>&);                \
  template ForcingEffect<Scalar> measure_forcing(const ZeroErrorManifold<Scalar>&,             \
                                                 const Vector<Scalar>&, const Vector<Scalar>&, \
                                                 const Vector<Scalar>&);                       \
  template ForcingEffect<Scalar> predict_error_forcing(                                        \
      const ZeroErrorManifold<Scalar>&, const Vector<Scalar>&, const Vector<Scalar>&, Scalar); \
  template ForcingEffect<Scalar> predict_teacher_forcing(                                      \
      const ZeroErrorManifold<Scalar>&, const Vector<Scalar>&, const Vector<Scalar>&, Scalar);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
