#pragma once
// Engine and peer side by side, in one run on one machine.

#include <cstdio>

namespace error_forcing::benchmarks {

/// Registers a benchmark for every peer, scalar and size.
void register_comparisons();

/// What they measured, as a plain table; nothing if they did not run.
void print_table(std::FILE* file);

}  // namespace error_forcing::benchmarks
