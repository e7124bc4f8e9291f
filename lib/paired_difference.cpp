#include <error_forcing/errors.hpp>
#include <error_forcing/paired_difference.hpp>
#include <error_forcing/sign_test.hpp>

namespace error_forcing {

namespace {

constexpr double share_of_share = 0.2;  // of the error probability

// The extremes of s t for s >= 0 in `share` and t in `tilt`.
Range product(const Range& share, const Range& tilt) {
  return {tilt.low * (tilt.low < 0 ? share.high : share.low),
          tilt.high * (tilt.high > 0 ? share.high : share.low)};
}

}  // namespace

ProportionDifference proportion_difference(const PairedCounts& counts, double confidence) {
  const auto& [both, first, second, neither] = counts;
  require(both >= 0 && first >= 0 && second >= 0 && neither >= 0,
          "paired counts: want none negative, got {}, {}, {}, {}", both, first, second, neither);
  const Index differ = first + second, pairs = differ + both + neither;
  require(pairs >= 1, "paired counts: want at least one pair, got none");
  require(confidence > 0 && confidence < 1, "confidence: want a number in (0, 1), got {}",
          confidence);
  const double error = 1 - confidence;
  const Range share = binomial_interval(differ, pairs, 1 - share_of_share * error);
  const Range direction =
      differ > 0 ? binomial_interval(first, differ, 1 - (1 - share_of_share) * error) : Range{0, 1};
  return {static_cast<double>(first - second) / static_cast<double>(pairs),
          product(share, {2 * direction.low - 1, 2 * direction.high - 1}),
          sign_test_p(first, second)};
}

MedianDifference median_difference(const std::vector<Range>& differences, double confidence) {
  MedianDifference found{.estimate = median_interval(differences, confidence)};
  for (const Range& difference : differences) {
    found.positive += difference.low > 0;
    found.negative += difference.high < 0;
  }
  found.p = sign_test_p(found.positive, found.negative);
  return found;
}

}  // namespace error_forcing
