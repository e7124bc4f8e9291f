// Runs the benchmarks. Exit status 1 if one was withheld because its result is wrong.

#include "json_option.hpp"
#include "verdict.hpp"

int main(int argc, char** argv) {
  error_forcing::benchmarks::spell_out_json(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return error_forcing::benchmarks::exit_status();
}
