#pragma once
// Whether results are only to be verified: one turn each, and no figure means anything.

#include <cstdlib>

namespace error_forcing::benchmarks {

inline bool smoke_run() { return std::getenv("ERROR_FORCING_SMOKE") != nullptr; }

}  // namespace error_forcing::benchmarks
