#include <error_forcing/binomial_interval.hpp>

#include <vector>

#include "exact_binomial.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using test::binomial_sum;

// By enumeration of every outcome, at probabilities between and beside the ends of the intervals.
TEST(BinomialInterval, CoversEveryProbabilityAtLeastAsOftenAsItSays) {
  for (const double confidence : {0.5, 0.95})
    for (int n = 1; n <= 20; ++n) {
      std::vector<Range> intervals;
      for (int k = 0; k <= n; ++k) intervals.push_back(binomial_interval(k, n, confidence));
      for (int step = 0; step <= 200; ++step) {
        const double p = step / 200.0;
        double covered = 0;
        for (int k = 0; k <= n; ++k) {
          const auto [low, high] = intervals[static_cast<std::size_t>(k)];
          if (low <= p && p <= high) covered += test::binomial_probability(k, n, p);
        }
        ASSERT_GE(covered, confidence - 1e-12) << "n " << n << ", p " << p;
      }
    }
}

// An end moved inwards would cover too rarely: the tails are met, not only kept.
TEST(BinomialInterval, LeavesHalfTheRestInEachTail) {
  for (const double confidence : {0.8, 0.95, 0.99})
    for (int n = 1; n <= 20; ++n)
      for (int k = 0; k <= n; ++k) {
        const auto [low, high] = binomial_interval(k, n, confidence);
        const double tail = (1 - confidence) / 2;
        EXPECT_NEAR(k == 0 ? tail + low : binomial_sum(k, n, n, low), tail, 1e-10);
        EXPECT_NEAR(k == n ? tail + 1 - high : binomial_sum(0, k, n, high), tail, 1e-10);
      }
}

TEST(BinomialInterval, IsMirroredByCountingFailuresHoldsTheProportionAndGrows) {
  for (int k = 0; k <= 12; ++k) {
    const Range interval = binomial_interval(k, 12), mirrored = binomial_interval(12 - k, 12);
    EXPECT_NEAR(interval.low, 1 - mirrored.high, 1e-14);
    EXPECT_LE(interval.low, k / 12.0);
    EXPECT_GE(interval.high, k / 12.0);
    const Range wider = binomial_interval(k, 12, 0.99);
    EXPECT_TRUE(k == 0 || wider.low < interval.low);
    EXPECT_TRUE(k == 12 || wider.high > interval.high);
  }
}

// Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 5.
TEST(BinomialInterval, AgreesWithNewcombesTable) {
  const struct {
    Index successes, trials;
    Range published;
  } rows[] = {{81, 263, {0.2527, 0.3676}},
              {15, 148, {0.0578, 0.1617}},
              {0, 20, {0.0000, 0.1684}},
              {1, 29, {0.0009, 0.1776}}};
  for (const auto& [successes, trials, published] : rows) {
    const Range interval = binomial_interval(successes, trials);
    EXPECT_NEAR(interval.low, published.low, 5e-5) << successes;
    EXPECT_NEAR(interval.high, published.high, 5e-5) << successes;
  }
}

TEST(BinomialInterval, RefusesWhatIsNoProportion) {
  test::expect_refusal([] { binomial_interval(0, 0); }, "0 of 0");
  test::expect_refusal([] { binomial_interval(-1, 3); }, "-1 of 3");
  test::expect_refusal([] { binomial_interval(4, 3); }, "4 of 3");
  for (const double confidence : {0.0, 1.0, -0.1, 95.0, test::nan})
    test::expect_refusal([&] { binomial_interval(1, 3, confidence); }, "confidence");
}

}  // namespace
}  // namespace error_forcing
