#pragma once
// What the environment asks of the benchmarks.

#include <cstdlib>

namespace error_forcing::benchmarks {

/// Only verify: one turn each, and no figure means anything.
inline bool smoke_run() { return std::getenv("ERROR_FORCING_SMOKE") != nullptr; }

/// Time, by a single call each, what takes up to minutes a call too.
inline bool large_run() { return std::getenv("ERROR_FORCING_LARGE") != nullptr; }

}  // namespace error_forcing::benchmarks
