// Runs the benchmarks. Exit status 1 if one was withheld because its result is wrong, 2 if the
// command line selects none.

#include "json_option.hpp"
#include "verdict.hpp"

int main(int argc, char** argv) {
  error_forcing::benchmarks::spell_out_json(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const int status = error_forcing::benchmarks::run_selected();
  benchmark::Shutdown();
  return status;
}
