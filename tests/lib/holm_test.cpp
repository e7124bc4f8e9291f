#include <error_forcing/holm.hpp>

#include <algorithm>
#include <random>

#include "refusal.hpp"

namespace error_forcing {
namespace {

// The closed test: test k falls at a where every set of tests that holds it does, by Bonferroni.
double closed_test_p(const std::vector<double>& p, std::size_t test) {
  double adjusted = 0;
  for (unsigned set = 0; set < 1U << p.size(); ++set) {
    if ((set >> test & 1U) == 0) continue;
    double smallest = 1;
    for (std::size_t k = 0; k < p.size(); ++k)
      if (set >> k & 1U) smallest = std::min(smallest, p[k]);
    adjusted = std::max(adjusted, std::min(1.0, __builtin_popcount(set) * smallest));
  }
  return adjusted;
}

TEST(Holm, IsTheClosedTestOfBonferronis) {
  std::mt19937 engine(3);
  std::uniform_int_distribution<int> coin(0, 12);
  for (std::size_t size = 0; size <= 9; ++size)
    for (int draw = 0; draw < 10; ++draw) {
      std::vector<double> p(size);
      for (double& value : p) value = std::ldexp(1.0, -coin(engine));
      const auto adjusted = holm_adjusted(p);
      ASSERT_EQ(adjusted.size(), size);
      for (std::size_t k = 0; k < size; ++k)
        EXPECT_NEAR(adjusted[k], closed_test_p(p, k), 1e-15) << size;
    }
}

// The example of R's documentation of p.adjust and of many textbooks.
TEST(Holm, AgreesWithAKnownExample) {
  const auto adjusted = holm_adjusted({0.01, 0.04, 0.03, 0.005});
  const double wanted[] = {0.03, 0.06, 0.06, 0.02};
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(adjusted[k], wanted[k], 1e-15);
  EXPECT_EQ(holm_adjusted({0.2}), std::vector<double>{0.2});
}

TEST(Holm, RefusesWhatIsNoProbability) {
  for (const double p : {-0.1, 1.1, test::nan})
    test::expect_refusal([&] { holm_adjusted({0.5, p}); }, "p: want");
}

}  // namespace
}  // namespace error_forcing
