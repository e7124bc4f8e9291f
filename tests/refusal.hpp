#pragma once
// Hostile input: a call must be refused with InvalidInput whose message names the thing.

#include <gtest/gtest.h>
#include <error_forcing/errors.hpp>

#include <limits>
#include <string>

namespace error_forcing::test {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// Expects one line of InvalidInput that contains `part`.
template <typename Call>
void expect_refusal(Call call, const std::string& part) {
  try {
    call();
  } catch (const InvalidInput& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find(part), std::string::npos) << "want '" << part << "' in: " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return;
  }
  ADD_FAILURE() << "not refused; want a message with '" << part << "'";
}

}  // namespace error_forcing::test
