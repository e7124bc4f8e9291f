#pragma once
// Two rules over the same seeds, pair by pair: how they differ, how surely, and whether at all.
//
// Laws: exchanging the rules changes the sign of difference and interval, and leaves p; p is exact
// (sign_test.hpp); the interval of a difference of proportions covers it at least as often as its
// confidence says, and leaves out 0 exactly where p < 0.8 (1 - confidence), 0.04 for 95 %; the
// interval of a median is that of median_interval.hpp.

#include <error_forcing/median_interval.hpp>
#include <vector>

namespace error_forcing {

/// How many pairs came out how: by both, by one of them alone, by neither.
struct PairedCounts {
  Index both = 0, first = 0, second = 0, neither = 0;

  bool operator==(const PairedCounts&) const = default;
};

/// Of the proportions of the first and of the second.
struct ProportionDifference {
  double difference = 0;
  Range interval;
  double p = 1;  ///< exact, of McNemar
};

/// Pairs that differ are a share s of all and favour the first with probability q; the difference
/// is s (2 q - 1). A fifth of what the confidence leaves is spent on the exact interval of s, the
/// rest on that of q given s, and the difference lies between the extremes of both. Throws
/// InvalidInput for negative counts, no pair, or a confidence outside (0, 1).
ProportionDifference proportion_difference(const PairedCounts& counts, double confidence = 0.95);

/// Of values, the first minus the second.
struct MedianDifference {
  MedianEstimate estimate;
  Index positive = 0, negative = 0;  ///< pairs whose sign is known; the others are open or 0
  double p = 1;                      ///< exact, of the sign test
};

/// Each difference as a point, or as the range that it lies in. Throws as median_interval().
MedianDifference median_difference(const std::vector<Range>& differences, double confidence = 0.95);

}  // namespace error_forcing
