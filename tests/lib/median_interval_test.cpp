#include <error_forcing/median_interval.hpp>
#include <error_forcing/sign_test.hpp>

#include <algorithm>
#include <numeric>
#include <random>

#include "exact_binomial.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using test::infinity;

std::vector<Range> points(const std::vector<double>& values) {
  std::vector<Range> ranges;
  for (const double value : values) ranges.push_back({value, value});
  return ranges;
}

std::vector<double> first_numbers(int n) {
  std::vector<double> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

// The values are 0, 1 and infinity with probabilities whose medians are known, so that ties and
// infinities are all there is: every count of each, weighed.
TEST(MedianInterval, CoversEveryMedianOfADistributionOfTiesAsOftenAsItSays) {
  const struct {
    double zero, one;
    std::vector<double> medians;
  } cases[] = {{0.3, 0.4, {1}}, {0.5, 0.2, {0, 0.5, 1}}, {0.1, 0.3, {infinity}}, {0.2, 0.3, {1}}};
  for (const auto& [zero, one, medians] : cases)
    for (int n = 1; n <= 12; ++n)
      for (const double median : medians) {
        double covered = 0, coverage = 1;
        for (int a = 0; a <= n; ++a)
          for (int b = 0; a + b <= n; ++b) {
            std::vector<double> values(static_cast<std::size_t>(n), infinity);
            std::fill_n(values.begin(), a + b, 1.0);
            std::fill_n(values.begin(), a, 0.0);
            const auto found = median_interval(points(values));
            coverage = found.coverage;
            if (found.interval.low <= median && median <= found.interval.high)
              covered += test::binomial_probability(a, n, zero) *
                         test::binomial_probability(b, n - a, one / (1 - zero));
          }
        ASSERT_GE(covered, coverage - 1e-12) << "n " << n << ", median " << median;
      }
}

// For values without ties the coverage is met: the median lies below the j-th smallest with the
// probability that fewer than j values are below it.
TEST(MedianInterval, TakesTheNarrowestPairOfOrderStatisticsThatReachesTheConfidence) {
  for (int n = 1; n <= 30; ++n) {
    const auto found = median_interval(points(first_numbers(n)));
    const int j = static_cast<int>(found.interval.low);
    EXPECT_EQ(found.interval.high, n + 1 - j);
    const auto coverage_of = [&](int order) {
      return 1 - 2 * test::binomial_sum(0, order - 1, n, 0.5);
    };
    EXPECT_NEAR(found.coverage, coverage_of(j), 1e-13);
    EXPECT_TRUE(j == 1 || found.coverage >= 0.95);
    EXPECT_TRUE(2 * (j + 1) > n || coverage_of(j + 1) < 0.95) << n;
  }
}

// Two sizes of any table of confidence limits for a median, as of Hollander and Wolfe's.
TEST(MedianInterval, AgreesWithKnownTables) {
  const struct {
    int n, low, high;
    double coverage;
  } rows[] = {{3, 1, 3, 0.75},    {5, 1, 5, 0.9375},   {6, 1, 6, 0.9688},
              {10, 2, 9, 0.9785}, {15, 4, 12, 0.9648}, {20, 6, 15, 0.9586}};
  for (const auto& [n, low, high, coverage] : rows) {
    const auto found = median_interval(points(first_numbers(n)));
    EXPECT_EQ(found.interval, (Range{static_cast<double>(low), static_cast<double>(high)}));
    EXPECT_NEAR(found.coverage, coverage, 5e-5);
    EXPECT_EQ(found.median, (Range{(n + 1) / 2.0, (n + 1) / 2.0}));
  }
}

TEST(MedianInterval, LeavesOutZeroOnlyWhereTheSignTestRejectsToo) {
  std::mt19937 engine(7);
  std::uniform_int_distribution<int> value(-2, 4), size(1, 20);
  int outside = 0;
  for (int draw = 0; draw < 2000; ++draw) {
    std::vector<double> values(static_cast<std::size_t>(size(engine)));
    for (double& entry : values) entry = value(engine);
    const auto found = median_interval(points(values));
    if (found.interval.low <= 0 && found.interval.high >= 0) continue;
    ++outside;
    const auto positive = std::count_if(values.begin(), values.end(), [](auto x) { return x > 0; });
    const auto negative = std::count_if(values.begin(), values.end(), [](auto x) { return x < 0; });
    EXPECT_LE(sign_test_p(positive, negative), 1 - found.coverage + 1e-12);
  }
  EXPECT_GT(outside, 100);
}

// Whatever the values behind the ranges are, their own interval lies within that of the ranges.
TEST(MedianInterval, OfRangesHoldsThatOfAnyValuesInThem) {
  std::mt19937 engine(8);
  std::normal_distribution<double> normal;
  for (int draw = 0; draw < 500; ++draw) {
    std::vector<double> values(1 + static_cast<std::size_t>(draw) % 13);
    std::vector<Range> ranges;
    for (double& value : values) {
      value = normal(engine);
      const double low = draw % 3 == 0 ? -infinity : value - std::abs(normal(engine));
      ranges.push_back({low, value + std::abs(normal(engine))});
    }
    const auto known = median_interval(points(values)), found = median_interval(ranges);
    EXPECT_LE(found.median.low, known.median.low);
    EXPECT_GE(found.median.high, known.median.high);
    EXPECT_LE(found.interval.low, known.interval.low);
    EXPECT_GE(found.interval.high, known.interval.high);
    EXPECT_EQ(found.coverage, known.coverage);
  }
}

TEST(MedianInterval, KnowsInfinityAndNeverAnswersNaN) {
  EXPECT_EQ(median_interval(points({1, infinity, 2})).median, (Range{2, 2}));
  EXPECT_EQ(median_interval(points({1, infinity})).median, (Range{infinity, infinity}));
  EXPECT_EQ(median_interval(points({infinity, infinity})).median, (Range{infinity, infinity}));
  EXPECT_EQ(median_interval(points({-infinity, infinity})).median, (Range{-infinity, infinity}));
  EXPECT_EQ(median_interval({{-infinity, infinity}}).median, (Range{-infinity, infinity}));
}

TEST(MedianInterval, RefusesWhatHasNoMedian) {
  test::expect_refusal([] { median_interval({}); }, "at least one");
  test::expect_refusal([] { median_interval({{2, 1}}); }, "2 and 1");
  test::expect_refusal([] { median_interval({{test::nan, 1}}); }, "nan");
  test::expect_refusal([] { median_interval({{1, test::nan}}); }, "nan");
  for (const double confidence : {0.0, 1.0, test::nan})
    test::expect_refusal([&] { median_interval({{1, 1}}, confidence); }, "confidence");
}

// The product-limit estimate, term by term; censored times come after events at the same time.
double literal_kaplan_meier_median(std::vector<double> times, double budget) {
  std::sort(times.begin(), times.end());
  double survival = 1;
  for (std::size_t k = 0; k < times.size(); ++k) {
    if (times[k] > budget) break;  // censored, this one and all that follow
    survival *= 1 - 1 / static_cast<double>(times.size() - k);
    if (survival <= 0.5 + 1e-12) return times[k];
  }
  return infinity;
}

TEST(MedianTime, IsTheMedianOfKaplanAndMeier) {
  std::mt19937 engine(9);
  std::uniform_int_distribution<int> epoch(1, 30);
  for (int draw = 0; draw < 500; ++draw) {
    std::vector<double> times(1 + static_cast<std::size_t>(draw) % 20);
    for (double& time : times) {
      time = epoch(engine);
      if (time > 16) time = infinity;
    }
    EXPECT_EQ(median_time(times), literal_kaplan_meier_median(times, 16));
  }
}

// Weeks of remission under placebo: Freireich et al., Blood 21 (1963) 699-716; median 8.
TEST(MedianTime, AgreesWithThePublishedMedianOfRemission) {
  EXPECT_EQ(median_time({1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23}),
            8);
}

TEST(MedianTime, IsInfiniteWhereFewerThanHalfCameAndRefusesNoTimes) {
  EXPECT_EQ(median_time({3, infinity, infinity}), infinity);
  EXPECT_EQ(median_time({3, infinity}), 3);
  test::expect_refusal([] { median_time({}); }, "at least one");
  test::expect_refusal([] { median_time({1, test::nan}); }, "NaN");
}

}  // namespace
}  // namespace error_forcing
