#pragma once
// What became of a ratio from one run to another, beside the noise of both.
//
//   change   of the medians over the repetitions, relative to the old one
//   noise    the ranges of the old and the new repetitions, each relative to its median, added, and
//            at least 3 %: runs differ by more than repetitions do; 10 % where either has fewer
//            than three repetitions
//
// Law: a ratio has regressed if its change is below -noise. A file beside itself never has.

#include "ratios.hpp"

namespace error_forcing::benchmarks {

struct Change {
  RatioName name;
  double before, after;  ///< medians
  double noise;          ///< relative

  double relative() const { return after / before - 1; }
  bool regressed() const { return relative() < -noise; }
  bool improved() const { return relative() > noise; }
};

/// Of every ratio that both have. Throws InvalidInput if there is none.
std::vector<Change> changes(const Ratios& before, const Ratios& after);

/// The benchmarks withheld after that had a ratio before.
std::vector<std::string> newly_withheld(const Ratios& before, const Ratios& after);

}  // namespace error_forcing::benchmarks
