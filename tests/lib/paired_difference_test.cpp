#include <error_forcing/paired_difference.hpp>
#include <error_forcing/sign_test.hpp>

#include "exact_binomial.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using test::infinity;

// Every table of n pairs, weighed, for the probabilities of a pair that favours one and the other.
double share_covered(int n, double favours_first, double favours_second) {
  double covered = 0;
  for (int first = 0; first <= n; ++first)
    for (int second = 0; first + second <= n; ++second) {
      const auto found =
          proportion_difference({.first = first, .second = second, .neither = n - first - second});
      const double truth = favours_first - favours_second;
      if (found.interval.low <= truth && truth <= found.interval.high)
        covered += test::binomial_probability(first, n, favours_first) *
                   test::binomial_probability(second, n - first,
                                              favours_second / (1 - favours_first + 1e-300));
    }
  return covered;
}

TEST(ProportionDifference, CoversTheTrueDifferenceAtLeastAsOftenAsItSays) {
  for (const int n : {1, 3, 5, 9})
    for (int first = 0; first < 10; ++first)
      for (int second = 0; first + second <= 10; ++second)
        ASSERT_GE(share_covered(n, first / 10.0, second / 10.0), 0.95 - 1e-12)
            << n << " pairs, " << first << ", " << second;
}

TEST(ProportionDifference, ChangesSignWithTheRulesAndLeavesOutZeroWhereTheTestRejects) {
  int outside = 0;
  for (Index first = 0; first <= 12; ++first)
    for (Index second = 0; first + second <= 12; ++second) {
      const auto found = proportion_difference(
          {.both = 3, .first = first, .second = second, .neither = 12 - first - second});
      const auto turned = proportion_difference(
          {.both = 3, .first = second, .second = first, .neither = 12 - first - second});
      EXPECT_EQ(found.difference, -turned.difference);
      EXPECT_NEAR(found.interval.low, -turned.interval.high, 1e-13);
      EXPECT_EQ(found.p, turned.p);
      EXPECT_EQ(found.p, sign_test_p(first, second));
      const bool without_zero = found.interval.low > 0 || found.interval.high < 0;
      EXPECT_EQ(without_zero, found.p < 0.04) << first << ", " << second;
      EXPECT_LE(found.interval.low, found.difference);
      EXPECT_GE(found.interval.high, found.difference);
      outside += without_zero;
    }
  EXPECT_GT(outside, 20);
}

// Of 20 pairs 10 differ, all in favour of the first: 99 % for s, 96 % for q >= 0.02^(1/10).
TEST(ProportionDifference, IsMadeOfTwoExactIntervals) {
  const auto found = proportion_difference({.both = 6, .first = 10, .neither = 4});
  const double q_low = std::pow(0.02, 0.1);
  EXPECT_EQ(found.difference, 0.5);
  EXPECT_NEAR(found.interval.low, binomial_interval(10, 20, 0.99).low * (2 * q_low - 1), 1e-12);
  EXPECT_NEAR(found.interval.high, binomial_interval(10, 20, 0.99).high, 1e-12);
  EXPECT_NEAR(found.p, std::ldexp(1.0, -9), 1e-15);
}

// What was seen in no pair may still be there: up to 1 - 0.005^(1/3) of three.
TEST(ProportionDifference, OfPairsThatAllAgreeIsNotSurelyZero) {
  const auto found = proportion_difference({.both = 3});
  EXPECT_EQ(found.difference, 0);
  EXPECT_NEAR(found.interval.high, 1 - std::pow(0.005, 1 / 3.0), 1e-12);
  EXPECT_NEAR(found.interval.low, -found.interval.high, 1e-15);
  EXPECT_EQ(found.p, 1);
}

TEST(ProportionDifference, RefusesWhatIsNoTable) {
  test::expect_refusal([] { proportion_difference({}); }, "at least one pair");
  test::expect_refusal([] { proportion_difference({.both = 3, .first = -1}); }, "-1");
  test::expect_refusal([] { proportion_difference({.both = 3}, 1.0); }, "confidence");
  test::expect_refusal([] { proportion_difference({.both = 3}, test::nan); }, "confidence");
}

// Epochs of two rules, of 150: pairs (20, 50), (30, never), (never, 40), (never, never), (60, 60).
TEST(MedianDifference, CountsTheSignsThatAreKnownAndLeavesTheOthersOpen) {
  const auto found = median_difference(
      {{-30, -30}, {-infinity, -121}, {111, infinity}, {-infinity, infinity}, {0, 0}});
  EXPECT_EQ(found.positive, 1);
  EXPECT_EQ(found.negative, 2);
  EXPECT_EQ(found.p, 1);
  EXPECT_EQ(found.estimate.median, (Range{-30, 0}));
  EXPECT_EQ(found.estimate.interval, (Range{-infinity, infinity}));
  EXPECT_EQ(found.estimate.coverage, 0.9375);
}

TEST(MedianDifference, HasTheIntervalOfTheMedianAndThePOfTheSigns) {
  const std::vector<Range> differences{{1, 1}, {2, 2}, {3, 3}, {5, 5}, {8, 8}, {9, 9}, {-1, -1}};
  const auto found = median_difference(differences);
  EXPECT_EQ(found.estimate.median, (Range{3, 3}));
  EXPECT_EQ(found.estimate.interval, (Range{-1, 9}));
  EXPECT_NEAR(found.p, 16.0 / 128, 1e-15);
  EXPECT_EQ(median_difference(differences, 0.8).estimate.interval, (Range{1, 8}));
  EXPECT_EQ(median_difference(differences, 0.5).estimate.interval, (Range{2, 5}));
  test::expect_refusal([] { median_difference({}); }, "at least one");
}

}  // namespace
}  // namespace error_forcing
