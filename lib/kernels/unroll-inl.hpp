// Loops that the compiler must unroll before it looks at arrays of vectors: only then does every
// element of such an array become a register.

#include <hwy/highway.h>

#include <cstddef>
#include <utility>

#if defined(ERROR_FORCING_UNROLL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ERROR_FORCING_UNROLL_INL
#undef ERROR_FORCING_UNROLL_INL
#else
#define ERROR_FORCING_UNROLL_INL
#endif

#ifndef ERROR_FORCING_INLINE
#define ERROR_FORCING_INLINE __attribute__((always_inline))
#endif

HWY_BEFORE_NAMESPACE();
namespace error_forcing::kernels {
namespace HWY_NAMESPACE {

/// f(0), f(1), ..., f(n - 1), each index a constant of its type.
template <std::size_t n, typename F>
HWY_INLINE void unroll(F f) {
  [&]<std::size_t... i>(std::index_sequence<i...>) ERROR_FORCING_INLINE {
    (f(std::integral_constant<std::size_t, i>{}), ...);
  }
  (std::make_index_sequence<n>{});
}

}  // namespace HWY_NAMESPACE
}  // namespace error_forcing::kernels
HWY_AFTER_NAMESPACE();
#endif
