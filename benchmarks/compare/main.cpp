// ./ef bench compare OLD.json NEW.json: has a machine-independent ratio of the benchmarks fallen?
// Exit status: 0 no, 1 yes, or a result became wrong, 2 bad input.

#include <error_forcing/errors.hpp>
#include <exception>

#include "comparison.hpp"

namespace {

using namespace error_forcing::benchmarks;

const char* verdict(const Change& change) {
  return change.regressed() ? "REGRESSED" : change.improved() ? "improved" : "";
}

// What only one of the files has, which is no verdict.
void print_unmatched(const Ratios& one, const Ratios& other, const char* where) {
  for (const auto& [name, values] : one.values)
    if (!other.values.contains(name))
      fmt::print("only in {}: {} {}\n", where, name.first, name.second);
}

// The number of regressions.
int print_table(const Ratios& before, const Ratios& after) {
  int regressions = 0;
  const auto table = changes(before, after);
  fmt::print("{:>9} {:>9} {:>8} {:>8}  {:<10} {:<13} {}\n", "old", "new", "change", "noise", "",
             "ratio", "benchmark");
  for (const Change& change : table) {
    regressions += change.regressed();
    fmt::print("{:>9.3g} {:>9.3g} {:>+7.1f}% {:>7.1f}%  {:<10} {:<13} {}\n", change.before,
               change.after, 100 * change.relative(), 100 * change.noise, verdict(change),
               change.name.second, change.name.first);
  }
  for (const auto& name : newly_withheld(before, after)) {
    ++regressions;
    fmt::print("withheld in NEW, its result is wrong: {}\n", name);
  }
  print_unmatched(before, after, "OLD");
  print_unmatched(after, before, "NEW");
  return regressions;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    error_forcing::require(
        argc == 3,
        "want two files that --benchmark_out wrote: ./ef bench compare OLD.json NEW.json");
    const int regressions = print_table(read_ratios(argv[1]), read_ratios(argv[2]));
    if (regressions > 0) fmt::print("{} regressed beyond noise\n", regressions);
    return regressions > 0 ? 1 : 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "compare: {}\n", error.what());
    return 2;
  }
}
