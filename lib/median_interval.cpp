#include <algorithm>
#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/median_interval.hpp>
#include <error_forcing/sign_test.hpp>
#include <limits>

namespace error_forcing {

namespace {

// How often the j-th smallest to the j-th largest of n values covers the median.
double order_coverage(Index j, Index n) { return 1 - sign_test_p(j - 1, n - j + 1); }

Index order_of_interval(Index n, double confidence) {
  Index j = 1;
  while (2 * (j + 1) <= n && order_coverage(j + 1, n) >= confidence) ++j;
  return j;
}

// Halfway; `open` where one end is -infinity and the other infinity.
double between(double a, double b, double open) {
  if (a == b) return a;
  const double middle = a / 2 + b / 2;
  return std::isnan(middle) ? open : middle;
}

double middle_of(const std::vector<double>& sorted, double open) {
  const std::size_t n = sorted.size();
  return between(sorted[(n - 1) / 2], sorted[n / 2], open);
}

}  // namespace

MedianEstimate median_interval(const std::vector<Range>& values, double confidence) {
  require(!values.empty(), "median: want at least one value, got none");
  require(confidence > 0 && confidence < 1, "confidence: want a number in (0, 1), got {}",
          confidence);
  std::vector<double> low, high;
  for (const Range& value : values) {
    require(value.low <= value.high, "median: want low <= high, got {} and {}", value.low,
            value.high);
    low.push_back(value.low);
    high.push_back(value.high);
  }
  std::sort(low.begin(), low.end());
  std::sort(high.begin(), high.end());
  const auto n = static_cast<Index>(values.size());
  const Index j = order_of_interval(n, confidence);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return {{middle_of(low, -infinity), middle_of(high, infinity)},
          {low[static_cast<std::size_t>(j - 1)], high[static_cast<std::size_t>(n - j)]},
          order_coverage(j, n)};
}

double median_time(std::vector<double> times) {
  require(!times.empty(), "median time: want at least one time, got none");
  for (const double time : times) require(!std::isnan(time), "median time: a time is NaN");
  std::sort(times.begin(), times.end());
  return times[(times.size() - 1) / 2];
}

}  // namespace error_forcing
