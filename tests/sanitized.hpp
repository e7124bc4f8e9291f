#pragma once
// Whether the sanitizers watch, who find an error in the first pass through a loop and make every
// pass twenty times as slow.

namespace error_forcing::test {

#ifdef ERROR_FORCING_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace error_forcing::test
