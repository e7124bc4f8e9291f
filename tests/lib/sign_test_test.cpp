#include <error_forcing/sign_test.hpp>

#include "exact_binomial.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

// Every outcome of n fair coins, weighed.
TEST(SignTest, RejectsATrueHypothesisNoMoreOftenThanItsLevel) {
  for (int n = 0; n <= 20; ++n)
    for (const double level : {0.001, 0.01, 0.05, 0.25, 0.5}) {
      double rejected = 0;
      for (int k = 0; k <= n; ++k)
        if (sign_test_p(k, n - k) <= level) rejected += test::binomial_probability(k, n, 0.5);
      EXPECT_LE(rejected, level) << n;
    }
}

// Two to the n sequences of signs, counted.
TEST(SignTest, IsTheShareOfSequencesAtLeastAsUneven) {
  for (int n = 1; n <= 10; ++n)
    for (int positive = 0; positive <= n; ++positive) {
      int as_uneven = 0;
      for (int bits = 0; bits < 1 << n; ++bits) {
        const int ones = __builtin_popcount(static_cast<unsigned>(bits));
        as_uneven += std::abs(2 * ones - n) >= std::abs(2 * positive - n);
      }
      EXPECT_NEAR(sign_test_p(positive, n - positive), std::ldexp(as_uneven, -n), 1e-14);
    }
}

TEST(SignTest, DoesNotCareWhichSignIsWhichAndFallsAsTheyGrowApart) {
  for (Index k = 0; k <= 17; ++k) EXPECT_EQ(sign_test_p(k, 17 - k), sign_test_p(17 - k, k));
  for (Index k = 0; k < 8; ++k) EXPECT_LT(sign_test_p(k, 17 - k), sign_test_p(k + 1, 16 - k));
}

// McNemar's test of airway hyper-responsiveness before and after a transplantation, 1 and 7 pairs:
// Fagerland, Lydersen and Laake, BMC Med. Res. Methodol. 13 (2013) 91.
TEST(SignTest, AgreesWithPublishedAndWithKnownValues) {
  EXPECT_NEAR(sign_test_p(1, 7), 0.0703, 5e-5);
  EXPECT_NEAR(sign_test_p(9, 3), 0.14599609375, 1e-14);
  EXPECT_NEAR(sign_test_p(2, 15), 0.002349853515625, 1e-15);
  EXPECT_EQ(sign_test_p(5, 5), 1);
  EXPECT_EQ(sign_test_p(0, 0), 1);
}

TEST(SignTest, ReachesNoLessThanItsSmallestP) {
  EXPECT_NEAR(smallest_sign_test_p(3), 0.25, 1e-15);
  EXPECT_NEAR(smallest_sign_test_p(5), 0.0625, 1e-15);
  EXPECT_NEAR(smallest_sign_test_p(6), 0.03125, 1e-15);
  EXPECT_NEAR(smallest_sign_test_p(20), std::ldexp(1.0, -19), 1e-18);
  EXPECT_EQ(smallest_sign_test_p(0), 1);
  for (Index n = 1; n <= 20; ++n)
    for (Index k = 0; k <= n; ++k) EXPECT_GE(sign_test_p(k, n - k), smallest_sign_test_p(n));
}

TEST(SignTest, RefusesNegativeNumbers) {
  test::expect_refusal([] { sign_test_p(-1, 3); }, "-1");
  test::expect_refusal([] { sign_test_p(3, -2); }, "-2");
  test::expect_refusal([] { smallest_sign_test_p(-1); }, "-1");
}

}  // namespace
}  // namespace error_forcing
