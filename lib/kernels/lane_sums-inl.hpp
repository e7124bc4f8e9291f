// Sums over the lanes of several vectors at once, as many as 16 bytes hold, by a tree of shuffles
// that they share.

#include <hwy/highway.h>

#if defined(ERROR_FORCING_LANE_SUMS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ERROR_FORCING_LANE_SUMS_INL
#undef ERROR_FORCING_LANE_SUMS_INL
#else
#define ERROR_FORCING_LANE_SUMS_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace error_forcing::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

/// A vector of one lane is its own sum.
template <typename D>
HWY_INLINE hn::Vec<D> sums_of_lanes(D, const hn::Vec<D>* v) {
  return v[0];
}

template <typename D>
HWY_INLINE hn::Vec<D> extend(D, hn::Vec<D> v) {
  return v;
}

#else

/// 16 bytes in the first lanes of a vector, zeros behind.
template <typename D, typename Block>
HWY_INLINE hn::Vec<D> extend(D d, Block v) {
  if constexpr (sizeof(hn::Vec<D>) == sizeof(Block))
    return v;
  else
    return hn::ZeroExtendVector(d, extend(hn::Half<D>(), v));
}

/// Adds the 16-byte blocks of a vector.
template <typename D>
HWY_INLINE auto add_blocks(D, hn::Vec<D> v) {
  if constexpr (sizeof(hn::Vec<D>) == 16) {
    return v;
  } else {
    const hn::Half<D> half;
    return add_blocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

template <typename D>
HWY_INLINE hn::Vec<D> interleave_and_add(D d, hn::Vec<D> a, hn::Vec<D> b) {
  return hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b));
}

/// [sum of the lanes of v[0], of v[1], ...], 16 bytes of them.
template <typename D>
HWY_INLINE auto sums_of_lanes(D d, const hn::Vec<D>* v) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return add_blocks(d, interleave_and_add(d, v[0], v[1]));
  } else {
    const hn::Repartition<double, D> pairs;
    const auto v01 = hn::BitCast(pairs, interleave_and_add(d, v[0], v[1]));
    const auto v23 = hn::BitCast(pairs, interleave_and_add(d, v[2], v[3]));
    return add_blocks(d, hn::Add(hn::BitCast(d, hn::InterleaveLower(pairs, v01, v23)),
                                 hn::BitCast(d, hn::InterleaveUpper(pairs, v01, v23))));
  }
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace error_forcing::kernels
HWY_AFTER_NAMESPACE();
#endif
