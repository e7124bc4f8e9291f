#include "verdict.hpp"

#include <fmt/format.h>

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

int run_selected() {
  if (benchmark::RunSpecifiedBenchmarks() == 0) {
    fmt::print(stderr, "no benchmark has such a name: --benchmark_list_tests lists them\n");
    return 2;
  }
  return something_is_wrong ? 1 : 0;
}

}  // namespace error_forcing::benchmarks
