#pragma once
// How often memory has been asked for, in all threads: what is timed should not ask at all.

namespace error_forcing::benchmarks {

/// Calls of malloc and its kin since the program began; 0 where they cannot be counted.
long allocations();

}  // namespace error_forcing::benchmarks
