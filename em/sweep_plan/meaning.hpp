#pragma once
// What a plan means, apart from how it is written.

#include <error_forcing/sweep_plan.hpp>
#include <string>
#include <vector>

namespace error_forcing {

/// Everything that changes the result of a run, in one line of JSON.
std::string meaning(const SweepRun& run);

/// A name-based UUID (RFC 4122, version 5, of object identifiers) of the sorted meanings, one a
/// line: 32 hexadecimal digits.
std::string fingerprint(const std::vector<SweepRun>& runs);

}  // namespace error_forcing
