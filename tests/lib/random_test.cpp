#include <error_forcing/random.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace error_forcing {
namespace {

TEST(RandomEngine, SameSeedAndStreamDrawTheSame) {
  auto a = random_engine(7, 3), b = random_engine(7, 3);
  for (int k = 0; k < 100; ++k) EXPECT_EQ(a(), b());
}

TEST(RandomEngine, SeedsAndStreamsDiffer) {
  const auto first = [](std::uint64_t seed, std::uint64_t stream) {
    return random_engine(seed, stream)();
  };
  EXPECT_NE(first(1, 0), first(2, 0));
  EXPECT_NE(first(1, 0), first(1, 1));
  EXPECT_NE(first(1, 2), first(2, 1));
  EXPECT_NE(first(1, 0), first(1 + (1ull << 32), 0)) << "the high word of the seed counts";
  EXPECT_NE(first(1, 0), first(1, 1ull << 32)) << "the high word of the stream counts";
}

TEST(RandomEngine, IsTheMersenneTwisterOfTheStandardSeededWithItsSeedSequence) {
  std::seed_seq words{7u, 1u, 5u, 2u};
  std::mt19937_64 standard(words);
  auto engine = random_engine(7 + (1ull << 32), 5 + (2ull << 32));
  for (int k = 0; k < 1000; ++k) EXPECT_EQ(engine(), standard());
}

TEST(RandomEngine, DrawsKnownBits) {
  auto engine = random_engine(1);
  EXPECT_EQ(engine(), 7712288819789024404u);
}

// A change of these numbers means that draws on this machine differ from those of others.
TEST(NormalMatrix, DrawsKnownValues) {
  auto engine = random_engine(1);
  const auto m = normal_matrix(engine, 2, 2);
  EXPECT_EQ(m(0, 0), -0.58466202888902641);
  EXPECT_EQ(m(0, 1), -0.77842214712949354);
  EXPECT_EQ(m(1, 1), -0.20791152380946903);
}

TEST(NormalMatrix, IsDrawnRowByRow) {
  auto whole = random_engine(5), parts = random_engine(5);
  const auto both = normal_matrix(whole, 2, 3);
  EXPECT_EQ(both.row(0), normal_matrix(parts, 1, 3).row(0));
  EXPECT_EQ(both.row(1), normal_matrix(parts, 1, 3).row(0));
}

TEST(NormalMatrix, ScaleMultiplies) {
  auto a = random_engine(6), b = random_engine(6);
  EXPECT_EQ(normal_matrix(a, 3, 3, 0.25), 0.25 * normal_matrix(b, 3, 3));
}

// With n draws the mean is N(0, 1/n), the mean square N(1, 2/n), the mean fourth power N(3, 96/n);
// five standard deviations are allowed.
TEST(NormalMatrix, HasTheMomentsOfTheNormalDistribution) {
  auto engine = random_engine(8);
  const auto x = normal_matrix(engine, 1000, 200).array().eval();
  const double n = 200000;
  EXPECT_LT(std::abs(x.mean()), 5 / std::sqrt(n));
  EXPECT_LT(std::abs(x.square().mean() - 1), 5 * std::sqrt(2 / n));
  EXPECT_LT(std::abs(x.square().square().mean() - 3), 5 * std::sqrt(96 / n));
}

TEST(NormalMatrix, MayBeEmpty) {
  auto engine = random_engine(9);
  EXPECT_EQ(normal_matrix(engine, 3, 0).size(), 0);
}

}  // namespace
}  // namespace error_forcing
