#pragma once
// Whether the sanitizers watch, who find an error in the first pass through a loop and make every
// pass twenty times as slow.

#include <gtest/gtest.h>

namespace error_forcing::test {

#ifdef ERROR_FORCING_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace error_forcing::test

/// Ends a test there that takes long; `why` says what watches its code instead.
#define SKIP_UNDER_SANITIZERS(why) \
  if (::error_forcing::test::sanitized) GTEST_SKIP() << "slow under the sanitizers; " why
