#pragma once
// A benchmark verifies before it times: a wrong result has no timing.

#include <benchmark/benchmark.h>

#include <string>

namespace error_forcing::benchmarks {

/// False, and the benchmark withheld with a message, if the error of the result it is about to
/// time exceeds the tolerance or is not a number. The program then ends with status 1.
bool verified(benchmark::State& state, const std::string& what, double error, double tolerance);

/// Runs the benchmarks that the command line selects. Exit status: 1 if one was withheld, 2 with a
/// line of what to do if none was selected, else 0.
int run_selected();

}  // namespace error_forcing::benchmarks
