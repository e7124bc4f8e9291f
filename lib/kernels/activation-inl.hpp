// phi and its derivative, a vector at a time.
//
// tanh is the element-wise cost of a step, so it has forms of its own, accurate to 2 ulp (float)
// and 3 ulp (double); what is rare is Highway's. Coefficients: least squares in the relative error,
// reweighted until it is even, over [0, 9.02] and over |r| <= log(2)/2.

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

/// c[0] + c[1] x + c[2] x^2 + ... by Horner's rule.
template <typename D, std::size_t n>
HWY_INLINE hn::Vec<D> polynomial(D d, hn::Vec<D> x, const hn::TFromD<D> (&c)[n]) {
  auto sum = hn::Set(d, c[n - 1]);
  unroll<n - 1>([&](auto k)
                    ERROR_FORCING_INLINE { sum = hn::MulAdd(sum, x, hn::Set(d, c[n - 2 - k])); });
  return sum;
}

/// x P(x^2) / Q(x^2) up to 9.02, beyond which tanh rounds to 1. NaN stays NaN: the instructions
/// for minimum and maximum return their second operand then.
template <typename D>
HWY_INLINE hn::Vec<D> tanh_of_floats(D d, hn::Vec<D> x) {
  static constexpr float p[]{0.999999979327f, 0.133796761193f, 0.0034939826858f, 2.0582559609e-5f,
                             1.33177035018e-8f};
  static constexpr float q[]{1.0f, 0.467129914903f, 0.0258708813172f, 0.000328300481346f,
                             7.7614768729e-7f};
  x = hn::Min(hn::Set(d, 9.02f), hn::Max(hn::Set(d, -9.02f), x));
  const auto square = hn::Mul(x, x);
  return hn::Div(hn::Mul(x, polynomial(d, square, p)), polynomial(d, square, q));
}

/// -expm1(y) / (2 + expm1(y)) of y = -2|x| = n log(2) + r, with
/// expm1(y) = 2^n expm1(r) + (2^n - 1): no cancellation, 2^n - 1 being exact. NaN stays NaN here
/// too.
template <typename D>
HWY_INLINE hn::Vec<D> tanh_of_doubles(D d, hn::Vec<D> x) {
  static constexpr double q[]{0.50000000000000010314,     0.1666666666666666746,
                              0.041666666666623820532,    0.0083333333333300381973,
                              0.0013888888917367080562,   0.00019841269863171556026,
                              0.000024801521057868205199, 2.7557268276905696187e-6,
                              2.7620201591031548792e-7,   2.5100472505694996003e-8};
  const hn::RebindToSigned<D> integers;
  const auto one = hn::Set(d, 1.0);
  const auto y = hn::Max(hn::Set(d, -40.0), hn::Mul(hn::Set(d, -2.0), hn::Abs(x)));
  // Adding 1.5 2^52 rounds to an integer, which then stands in the low bits.
  const auto shift = hn::Set(d, 6755399441055744.0);
  const auto shifted = hn::MulAdd(y, hn::Set(d, 1.442695040888963407359925), shift);
  const auto n = hn::Sub(shifted, shift);
  auto r = hn::NegMulAdd(n, hn::Set(d, 0.693147180369123816490), y);
  r = hn::NegMulAdd(n, hn::Set(d, 1.908214929270587816144e-10), r);
  const auto expm1_r = hn::MulAdd(hn::Mul(r, r), polynomial(d, r, q), r);
  const auto power = hn::BitCast(
      d, hn::Add(hn::ShiftLeft<52>(hn::BitCast(integers, shifted)), hn::BitCast(integers, one)));
  const auto expm1_y = hn::MulAdd(power, expm1_r, hn::Sub(power, one));
  const auto magnitude = hn::Div(hn::Neg(expm1_y), hn::Add(hn::Set(d, 2.0), expm1_y));
  return hn::CopySignToAbs(magnitude, x);
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
