#include <gtest/gtest.h>
#include <error_forcing/errors.hpp>
#include <error_forcing/gradient_clipping.hpp>
#include <error_forcing/random.hpp>

#include <cmath>
#include <limits>

#include "refusal.hpp"

namespace error_forcing {
namespace {

constexpr std::uint64_t clipping_seed = 20240706;
constexpr TrainedBlocks all_blocks{};

template <typename Scalar>
Parameters<Scalar> gradient_to_clip(RandomEngine& engine) {
  return cast<Scalar>(Parameters<double>{normal_matrix(engine, 4, 4), normal_matrix(engine, 4, 3),
                                         normal_matrix(engine, 4, 1), normal_matrix(engine, 2, 4),
                                         normal_matrix(engine, 2, 1)});
}

// The norm by a plain loop.
template <typename Scalar>
double norm_by_hand(const Parameters<Scalar>& g, std::size_t without = 5) {
  double sum = 0;
  for (std::size_t k = 0; k < 5; ++k)
    for (Index i = 0; k != without && i < blocks(g)[k].size(); ++i)
      sum += std::pow(static_cast<double>(blocks(g)[k](i)), 2);
  return std::sqrt(sum);
}

template <typename Scalar>
class ClippingLaw : public testing::Test {};
using ClippingScalars = testing::Types<float, double>;
TYPED_TEST_SUITE(ClippingLaw, ClippingScalars);

TYPED_TEST(ClippingLaw, TheNormEndsBelowTheBoundAndTheDirectionStays) {
  auto engine = random_engine(clipping_seed);
  const auto gradient = gradient_to_clip<TypeParam>(engine);
  const double norm = norm_by_hand(gradient), eps = std::numeric_limits<TypeParam>::epsilon();
  for (const double bound : {1e-3, 0.5, 0.9 * norm}) {
    auto clipped = gradient;
    EXPECT_NEAR(clip_gradient(all_blocks, bound, clipped), norm, 4 * eps * norm);
    EXPECT_NEAR(norm_by_hand(clipped), bound / (norm + 1e-6) * norm, 4 * eps * bound);
    EXPECT_LE(norm_by_hand(clipped), bound * (1 + 2 * eps));
    for (std::size_t k = 0; k < 5; ++k)
      EXPECT_LE((blocks(clipped)[k] * TypeParam(norm / bound) - blocks(gradient)[k]).norm(),
                4e-6 * norm)
          << block_names[k];
  }
}

TYPED_TEST(ClippingLaw, AGradientWithinTheBoundKeepsItsBits) {
  auto engine = random_engine(clipping_seed, 1);
  const auto gradient = gradient_to_clip<TypeParam>(engine);
  for (const double room : {1.001, 2.0, 1e30}) {
    auto same = gradient;
    clip_gradient(all_blocks, norm_by_hand(gradient) * room, same);
    for (std::size_t k = 0; k < 5; ++k) EXPECT_EQ(blocks(same)[k], blocks(gradient)[k]);
  }
}

TYPED_TEST(ClippingLaw, ABlockThatIsNotTrainedNeitherCountsNorChanges) {
  auto engine = random_engine(clipping_seed, 2);
  for (std::size_t frozen = 0; frozen < 5; ++frozen) {
    TrainedBlocks trained;
    *std::array{&trained.W, &trained.U, &trained.b, &trained.C, &trained.d}[frozen] = false;
    auto gradient = gradient_to_clip<TypeParam>(engine);
    BlockView<TypeParam>(blocks(gradient)[frozen]).setConstant(TypeParam(1e10));
    auto clipped = gradient;
    EXPECT_NEAR(clip_gradient(trained, 0.1, clipped), norm_by_hand(gradient, frozen), 1e-5);
    EXPECT_NEAR(norm_by_hand(clipped, frozen), 0.1, 1e-6);
    EXPECT_EQ(blocks(clipped)[frozen], blocks(gradient)[frozen]);
    BlockView<TypeParam>(blocks(gradient)[frozen]).setConstant(std::nan(""));
    EXPECT_NO_THROW(clip_gradient(trained, 0.1, gradient));
  }
}

// |(3, 4)| = 5 over two blocks, to 1: each times 1 / (5 + 1e-6).
TEST(ClippingKnownAnswer, ThreeFourFive) {
  auto gradient = zero_parameters<double>(1, 0, 1);
  gradient.W(0, 0) = 3;
  gradient.d(0) = -4;
  EXPECT_DOUBLE_EQ(clip_gradient(all_blocks, 1, gradient), 5);
  EXPECT_DOUBLE_EQ(gradient.W(0, 0), 3 / 5.000001);
  EXPECT_DOUBLE_EQ(gradient.d(0), -4 / 5.000001);
  auto none = zero_parameters<double>(1, 0, 1);
  EXPECT_EQ(clip_gradient(all_blocks, 1, none), 0);
  EXPECT_EQ(none.W(0, 0), 0);
}

// What Adam would refuse: entries whose squares overflow.
TEST(ClippingKnownAnswer, AnEntryWhoseSquareOverflowsIsClipped) {
  auto large = zero_parameters<double>(1, 0, 1);
  large.b(0) = -1e200;
  EXPECT_DOUBLE_EQ(clip_gradient(all_blocks, 2, large), 1e200);
  EXPECT_DOUBLE_EQ(large.b(0), -2);
  auto narrow = zero_parameters<float>(1, 0, 1);
  narrow.b(0) = 1e30F;
  clip_gradient(all_blocks, 2, narrow);
  EXPECT_FLOAT_EQ(narrow.b(0), 2);
}

TEST(ClippingHostile, WhatIsNotFiniteIsADivergenceAndNothingChanges) {
  auto engine = random_engine(clipping_seed, 3);
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL})
    for (std::size_t k = 0; k < 5; ++k) {
      auto gradient = gradient_to_clip<double>(engine);
      const double first = gradient.W(0, 0);
      BlockView<double>(blocks(gradient)[k])(1) = bad;
      try {
        clip_gradient(all_blocks, 1, gradient);
        ADD_FAILURE() << bad << " passed in " << block_names[k];
      } catch (const Divergence& error) {
        EXPECT_NE(std::string(error.what()).find("dL/d" + std::string(block_names[k])),
                  std::string::npos);
      }
      EXPECT_EQ(gradient.W(0, 0), first);
    }
  auto huge = zero_parameters<double>(1, 0, 1);  // a norm above the largest double
  huge.W(0, 0) = huge.d(0) = 1.7e308;
  EXPECT_THROW(clip_gradient(all_blocks, 1, huge), Divergence);
  auto gradient = gradient_to_clip<double>(engine);
  for (const double bound : {0.0, -1.0, std::nan(""), HUGE_VAL})
    test::expect_refusal([&] { clip_gradient(all_blocks, bound, gradient); },
                         "clipping norm: want a finite value > 0");
}

}  // namespace
}  // namespace error_forcing
