#pragma once
// The machine's limit: multiply-adds between registers, as many chains as hide their latency.

namespace error_forcing::benchmarks {

/// Runs `rounds` rounds with the instruction set in use and returns how many floating-point
/// operations that were. float and double.
template <typename Scalar>
double register_loop(long rounds);

}  // namespace error_forcing::benchmarks
