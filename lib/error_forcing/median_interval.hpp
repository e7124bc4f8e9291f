#pragma once
// The median of a few values, with an interval between two of them (Thompson, Ann. Math. Stat. 7,
// 1936): no assumption about how they are distributed. A value may be infinite, and it may be known
// only to lie in a range, as an epoch beyond the budget is.
//
// Laws: the interval covers every median of the distribution at least as often as its coverage
// says, values that are equal or infinite included; for n exact values it is the j-th smallest to
// the j-th largest, with the largest j whose coverage 1 - 2 P(Bin(n, 1/2) < j) reaches the
// confidence; where n is too small for that it is all of them, and the coverage says so; 0 lies
// outside only if the sign test about 0 gives p <= 1 - coverage; widening a value's range never
// narrows a result.

#include <error_forcing/binomial_interval.hpp>
#include <vector>

namespace error_forcing {

struct MedianEstimate {
  Range median;         ///< a point where the middle values are known
  Range interval;       ///< covers the median
  double coverage = 0;  ///< of the interval: at least the confidence, or the most that n allows
};

/// Throws InvalidInput for no values, an end that is NaN, low > high, or a confidence outside
/// (0, 1).
MedianEstimate median_interval(const std::vector<Range>& values, double confidence = 0.95);

/// The smallest time by which at least half have come: the median of Kaplan and Meier where all
/// that have not come, an infinite time, were watched equally long. Infinite if fewer than half
/// have. Throws InvalidInput for no times, or NaN.
double median_time(std::vector<double> times);

}  // namespace error_forcing
