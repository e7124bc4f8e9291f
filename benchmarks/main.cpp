// Runs the benchmarks. Exit status 1 if one was withheld because its result is wrong.

#include <fmt/format.h>

#include "verdict.hpp"

namespace error_forcing::benchmarks {

namespace {

bool something_is_wrong = false;

}  // namespace

bool verified(benchmark::State& state, const std::string& what, double error, double tolerance) {
  if (error <= tolerance) return true;
  something_is_wrong = true;
  state.SkipWithError(
      fmt::format("{}: relative error {:.1e}, want {:.1e}; not timed", what, error, tolerance)
          .c_str());
  return false;
}

}  // namespace error_forcing::benchmarks

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return error_forcing::benchmarks::something_is_wrong ? 1 : 0;
}
