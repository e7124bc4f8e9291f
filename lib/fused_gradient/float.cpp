// The kernels in float, compiled for every instruction set; the best is chosen at run time.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fused_gradient/float.cpp"
#include <hwy/foreach_target.h>
// After foreach_target, which says for which target the following is compiled.
#include "kernels/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace error_forcing::kernels {
namespace HWY_NAMESPACE {

Kernels<float> kernels_of_float() { return kernels_of_target<float>(); }

}  // namespace HWY_NAMESPACE
}  // namespace error_forcing::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace error_forcing::kernels {

HWY_EXPORT(kernels_of_float);

template <>
Kernels<float> best_kernels() {
  return HWY_DYNAMIC_DISPATCH(kernels_of_float)();
}

}  // namespace error_forcing::kernels
#endif
