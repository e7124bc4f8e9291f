#include "register_loop.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "register_loop.cpp"
#include <hwy/foreach_target.h>
// After foreach_target, which says for which target the following is compiled.
#include <hwy/highway.h>

#include "kernels/unroll-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace error_forcing::benchmarks {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using kernels::HWY_NAMESPACE::unroll;

// Twelve chains hide a latency of up to six cycles at two multiply-adds a cycle. They start apart,
// or they would be computed once; the factor keeps them finite; the sink keeps them at all.
template <typename T>
double multiply_add_registers(long rounds) {
  constexpr std::size_t chains = 12;
  const hn::ScalableTag<T> d;
  const auto factor = hn::Set(d, T(0.999)), term = hn::Set(d, T(1e-3));
  hn::Vec<decltype(d)> sum[chains];
  unroll<chains>([&](auto k) ERROR_FORCING_INLINE { sum[k] = hn::Set(d, T(k)); });
  for (long round = 0; round < rounds; ++round)
    unroll<chains>([&](auto k) ERROR_FORCING_INLINE { sum[k] = hn::MulAdd(sum[k], factor, term); });
  volatile T sink;
  unroll<chains>([&](auto k) ERROR_FORCING_INLINE { sink = hn::GetLane(sum[k]); });
  static_cast<void>(sink);
  return 2.0 * chains * static_cast<double>(hn::Lanes(d)) * static_cast<double>(rounds);
}

double floats(long rounds) { return multiply_add_registers<float>(rounds); }
double doubles(long rounds) { return multiply_add_registers<double>(rounds); }

}  // namespace HWY_NAMESPACE
}  // namespace error_forcing::benchmarks
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace error_forcing::benchmarks {

HWY_EXPORT(floats);
HWY_EXPORT(doubles);

template <>
double register_loop<float>(long rounds) {
  return HWY_DYNAMIC_DISPATCH(floats)(rounds);
}
template <>
double register_loop<double>(long rounds) {
  return HWY_DYNAMIC_DISPATCH(doubles)(rounds);
}

}  // namespace error_forcing::benchmarks
#endif
