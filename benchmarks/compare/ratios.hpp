#pragma once
// The machine-independent ratios in a report of Google Benchmark: more is faster.

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace error_forcing::benchmarks {

/// The benchmark, without its numbers of turns and repetitions, and the counter.
using RatioName = std::pair<std::string, std::string>;

struct Ratios {
  std::map<RatioName, std::vector<double>> values;  ///< one for each repetition
  std::vector<std::string> withheld;                ///< benchmarks without timing: wrong results
};

/// Reads what --benchmark_out wrote. Throws InvalidInput with one line for a file that cannot be
/// read, is no such report, or holds a ratio that is not a positive number, or none at all.
Ratios read_ratios(const std::filesystem::path& file);

}  // namespace error_forcing::benchmarks
