#pragma once
// Subnormal numbers count as zero while this lives, on this thread: an adjoint that dies out over a
// long silence would otherwise cost a hundred times more. The caller's setting is restored.

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace error_forcing::kernels {

#if defined(__SSE__)
class FlushDenormals {
 public:
  FlushDenormals() : saved_(_mm_getcsr()) {
    constexpr unsigned flush_results = 0x8000, operands_are_zero = 0x0040;
    _mm_setcsr(saved_ | flush_results | operands_are_zero);
  }
  ~FlushDenormals() { _mm_setcsr(saved_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  unsigned saved_;
};
#else
struct FlushDenormals {
  FlushDenormals() {}  // not trivial, so that the variable counts as used
};
#endif

}  // namespace error_forcing::kernels
