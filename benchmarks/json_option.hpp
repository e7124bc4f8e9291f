#pragma once
// --json, what Google Benchmark calls --benchmark_format=json.

#include <string_view>

namespace error_forcing::benchmarks {

/// To be called before benchmark::Initialize().
inline void spell_out_json(int argc, char** argv) {
  static char spelt_out[] = "--benchmark_format=json";
  for (int k = 1; k < argc; ++k)
    if (std::string_view(argv[k]) == "--json") argv[k] = spelt_out;
}

}  // namespace error_forcing::benchmarks
