// Runs the benchmarks. Exit status 1 if one was withheld because its result is wrong.

#include "verdict.hpp"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return error_forcing::benchmarks::exit_status();
}
