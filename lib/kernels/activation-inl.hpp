// phi and its derivative, a vector at a time.
//
// tanh is the element-wise cost of a step, so it has forms of its own, accurate to 3 ulp; what is
// rare is Highway's. Coefficients: minimax in the relative error, scaled so that one of them is 1
// (an addition, which runs beside multiply-adds) and the constants of numerator and denominator,
// rounded, are the same.

#include <hwy/contrib/math/math-inl.h>

#include <error_forcing/activation.hpp>

#include "kernels/unroll-inl.hpp"

#if defined(ERROR_FORCING_ACTIVATION_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ERROR_FORCING_ACTIVATION_INL
#undef ERROR_FORCING_ACTIVATION_INL
#else
#define ERROR_FORCING_ACTIVATION_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace error_forcing::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule from `sum`, its last coefficients.
template <typename D, std::size_t n>
HWY_INLINE hn::Vec<D> horner(D d, hn::Vec<D> sum, hn::Vec<D> x, const hn::TFromD<D> (&c)[n]) {
  unroll<n>([&](auto k)
                ERROR_FORCING_INLINE { sum = hn::MulAdd(sum, x, hn::Set(d, c[n - 1 - k])); });
  return sum;
}

/// x P(x^2) / Q(x^2) up to 9.02, beyond which tanh rounds to 1. NaN stays NaN: the instructions
/// for minimum and maximum return their second operand then.
template <typename D>
HWY_INLINE hn::Vec<D> tanh_of_floats(D d, hn::Vec<D> x) {
  static constexpr float p[]{1268770.75f, 169915.671875f, 4451.36865234375f, 26.3962059020996f};
  static constexpr float q[]{1268770.75f, 592839.25f, 32895.125f};
  x = hn::Min(hn::Set(d, 9.02f), hn::Max(hn::Set(d, -9.02f), x));
  const auto square = hn::Mul(x, x);
  const auto P = horner(d, hn::Set(d, 0.0172506663948298f), square, p);
  const auto Q = horner(d, hn::Add(square, hn::Set(d, 419.447204589844f)), square, q);
  return hn::Div(hn::Mul(x, P), Q);
}

/// By the addition theorem: |x| = n log(2)/2 + z with |z| <= log(2)/4. With w = 2^-n
///   tanh(n log(2)/2) = (1 - w) / (1 + w),   tanh(z) = z P(z^2) / Q(z^2),
/// so that tanh|x| = (Q (1 - w) + z P (1 + w)) / (Q (1 + w) + z P (1 - w)). NaN stays NaN here too.
template <typename D>
HWY_INLINE hn::Vec<D> tanh_of_doubles(D d, hn::Vec<D> x) {
  static constexpr double p[]{945.71635866945814453};
  static constexpr double q[]{945.71635866945814453, 420.30700232557024309};
  const hn::RebindToSigned<D> integers;
  const auto one = hn::Set(d, 1.0);
  const auto magnitude = hn::Min(hn::Set(d, 20.0), hn::Abs(x));  // beyond, tanh rounds to 1
  // Adding 1.5 2^52 rounds to an integer, which then stands in the low bits.
  const auto shift = hn::Set(d, 6755399441055744.0);
  const auto shifted = hn::MulAdd(magnitude, hn::Set(d, 2.8853900817779268147), shift);
  const auto n = hn::Sub(shifted, shift);
  const auto z = hn::NegMulAdd(n, hn::Set(d, 0.34657359027997265471), magnitude);
  const auto square = hn::Mul(z, z);
  const auto P = horner(d, hn::Add(square, hn::Set(d, 105.06821610242512744)), square, p);
  const auto Q = horner(d, hn::Set(d, 15.006819621293994795), square, q);
  const auto zP = hn::Mul(z, P);
  const auto w = hn::BitCast(
      d, hn::Sub(hn::BitCast(integers, one), hn::ShiftLeft<52>(hn::BitCast(integers, shifted))));
  const auto minus = hn::Sub(one, w), plus = hn::Add(one, w);
  return hn::CopySignToAbs(
      hn::Div(hn::MulAdd(zP, plus, hn::Mul(Q, minus)), hn::MulAdd(zP, minus, hn::Mul(Q, plus))), x);
}

/// log(1 + exp(x)) without overflow for large x or cancellation for small.
template <typename D>
HWY_INLINE hn::Vec<D> softplus(D d, hn::Vec<D> x) {
  const auto tail = hn::CallLog1p(d, hn::CallExp(d, hn::Neg(hn::Abs(x))));
  return hn::Add(hn::Max(hn::Zero(d), x), tail);
}

/// 1 / (1 + exp(-x)); exp is only asked for what it can represent.
template <typename D>
HWY_INLINE hn::Vec<D> logistic(D d, hn::Vec<D> x) {
  using T = hn::TFromD<D>;
  const auto largest = hn::Set(d, sizeof(T) == 4 ? T(88) : T(700));
  const auto power = hn::CallExp(d, hn::Min(largest, hn::Neg(x)));
  const auto one = hn::Set(d, T(1));
  return hn::Div(one, hn::Add(one, power));
}

template <Activation phi, typename D>
HWY_INLINE hn::Vec<D> activate(D d, hn::Vec<D> x) {
  if constexpr (phi == Activation::tanh)
    if constexpr (sizeof(hn::TFromD<D>) == 4)
      return tanh_of_floats(d, x);
    else
      return tanh_of_doubles(d, x);
  else if constexpr (phi == Activation::relu)
    return hn::IfThenElse(hn::Le(x, hn::Zero(d)), hn::Zero(d), x);
  else if constexpr (phi == Activation::softplus)
    return softplus(d, x);
  else if constexpr (phi == Activation::logistic)
    return logistic(d, x);
  else
    return x;
}

/// factor * phi'(x) from y = phi(x).
template <Activation phi, typename D>
HWY_INLINE hn::Vec<D> times_slope(D d, hn::Vec<D> y, hn::Vec<D> factor) {
  using T = hn::TFromD<D>;
  const auto one = hn::Set(d, T(1));
  if constexpr (phi == Activation::tanh)
    return hn::Mul(factor, hn::NegMulAdd(y, y, one));
  else if constexpr (phi == Activation::relu)
    return hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), factor);
  else if constexpr (phi == Activation::softplus)
    return hn::Mul(factor, hn::Neg(hn::CallExpm1(d, hn::Neg(y))));
  else if constexpr (phi == Activation::logistic)
    return hn::Mul(factor, hn::Mul(y, hn::Sub(one, y)));
  else
    return factor;
}

}  // namespace HWY_NAMESPACE
}  // namespace error_forcing::kernels
HWY_AFTER_NAMESPACE();
#endif
