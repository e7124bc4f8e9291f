// Other people's ways to the same gradient, each beside the project's. Exit status 1 if one was
// withheld because its gradient differs, 2 if the command line selects none.

#include <benchmark/benchmark.h>

#include "../json_option.hpp"
#include "../verdict.hpp"
#include "comparison.hpp"
#include "environment.hpp"

int main(int argc, char** argv) {
  using namespace error_forcing::benchmarks;
  run_at_full_speed(argv);
  spell_out_json(argc, argv);
  register_comparisons();
  benchmark::AddCustomContext("BLAS", blas_in_use());
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const int status = run_selected();
  benchmark::Shutdown();
  print_table(stderr);  // stdout is the report, perhaps as JSON
  return status;
}
