#pragma once
// What the libraries of the peers read from the environment, before main() or at their first call.

#include <string>

namespace error_forcing::benchmarks {

/// Replaces the process by itself, once, in an environment in which every peer runs on one thread
/// and with the best instructions it has.
void run_at_full_speed(char** argv);

/// Which BLAS serves libtorch's products, and with which kernels; "none" without libtorch.
std::string blas_in_use();

}  // namespace error_forcing::benchmarks
