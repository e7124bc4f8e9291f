#pragma once
// How much k successes of n say about a probability: the exact interval of Clopper and Pearson
// (Biometrika 26, 1934).
//
// Laws: whatever the probability, the interval covers it at least as often as its confidence says;
// its ends are where the tail that k begins has half the rest; counting failures in place of
// successes mirrors it at 1/2; it holds k/n, and grows with the confidence.

#include <error_forcing/matrix.hpp>

namespace error_forcing {

/// All numbers from low to high, ends included; an end may be infinite.
struct Range {
  double low = 0, high = 0;

  bool operator==(const Range&) const = default;
};

/// The interval for a probability in [0, 1]. Throws InvalidInput unless 0 <= successes <= trials,
/// trials >= 1 and 0 < confidence < 1.
Range binomial_interval(Index successes, Index trials, double confidence = 0.95);

}  // namespace error_forcing
