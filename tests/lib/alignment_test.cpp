#include <cmath>
#include <error_forcing/alignment.hpp>
#include <error_forcing/random.hpp>

#include "refusal.hpp"

namespace error_forcing {
namespace {

using namespace test;

Parameters<double> random_gradient(std::uint64_t seed) {
  auto engine = random_engine(seed, 61);
  return {normal_matrix(engine, 4, 4), normal_matrix(engine, 4, 2), normal_matrix(engine, 4, 1),
          normal_matrix(engine, 3, 4), normal_matrix(engine, 3, 1)};
}

TEST(AlignmentLaw, OfAGradientWithItselfIsOne) {
  const auto g = random_gradient(1);
  for (const auto& group : weight_groups()) {
    const auto found = alignment(g, g, group);
    EXPECT_NEAR(found.cosine, 1, 1e-14) << group.name;
    EXPECT_NEAR(found.norm_ratio, 1, 1e-14) << group.name;
    EXPECT_NEAR(found.share, 1, 1e-14) << group.name;
  }
}

TEST(AlignmentLaw, ScalingChangesTheRatioAlone) {
  const auto g = random_gradient(2), r = random_gradient(3);
  auto scaled = zero_like(g);
  add_scaled(scaled, 2.5, g);
  for (const auto& group : weight_groups()) {
    const auto before = alignment(g, r, group), after = alignment(scaled, r, group);
    EXPECT_NEAR(after.cosine, before.cosine, 1e-14);
    EXPECT_NEAR(after.norm_ratio, 2.5 * before.norm_ratio, 1e-13);
    EXPECT_LE(std::abs(before.cosine), 1);
  }
}

TEST(AlignmentLaw, SignsAgreeWhateverTheScaleOfAnEntry) {
  const auto g = random_gradient(6), r = random_gradient(7);
  auto squared = g, opposite = zero_like(g);
  for (auto block : blocks(squared)) block = block.cwiseProduct(block.cwiseAbs());
  add_scaled(opposite, -3.0, g);
  for (const auto& group : block_groups()) {
    const double agreement = alignment(g, r, group).sign_agreement;
    EXPECT_EQ(alignment(g, g, group).sign_agreement, 1) << group.name;
    EXPECT_EQ(alignment(squared, r, group).sign_agreement, agreement);
    EXPECT_NEAR(alignment(opposite, r, group).sign_agreement, 1 - agreement, 1e-15);
  }
}

TEST(AlignmentLaw, BlocksAreTheirOwnGroups) {
  const auto g = random_gradient(8), r = random_gradient(9);
  ASSERT_EQ(block_groups().size(), block_names.size());
  double product = 0;
  for (std::size_t k = 0; k < block_names.size(); ++k) {
    EXPECT_EQ(block_groups()[k].name, block_names[k]);
    const ConstBlockView<double> own(blocks(g)[k]), other(blocks(r)[k]);
    EXPECT_NEAR(alignment(g, r, block_groups()[k]).norm_ratio, own.norm() / other.norm(), 1e-13);
    product += own.dot(other);
  }
  EXPECT_NEAR(product, inner_product(g, r), 1e-12);
}

TEST(AlignmentLaw, SharesOfPartsSumToOne) {
  const auto part = random_gradient(4), rest = random_gradient(5);
  auto whole = part;
  add_scaled(whole, 1.0, rest);
  for (const auto& group : weight_groups())
    EXPECT_NEAR(alignment(part, whole, group).share + alignment(rest, whole, group).share, 1,
                1e-13);
}

// One entry a block: the numbers by hand.
TEST(Alignment, LooksAtItsBlocksAlone) {
  auto g = zero_parameters<double>(2, 1, 1), r = g;
  g.W(0, 0) = 3;
  g.C(0, 1) = 7;
  r.W(0, 0) = 1;
  r.b(1) = 1;
  r.C(0, 0) = 2;
  const auto dynamics = alignment(g, r, weight_groups()[1]);
  EXPECT_NEAR(dynamics.cosine, 1 / std::sqrt(2.0), 1e-15);
  EXPECT_NEAR(dynamics.norm_ratio, 3 / std::sqrt(2.0), 1e-15);
  EXPECT_NEAR(dynamics.share, 1.5, 1e-15);
  EXPECT_EQ(alignment(g, r, weight_groups()[2]).cosine, 0);
  EXPECT_EQ(dynamics.sign_agreement, 1);  // W(0, 0) alone is 0 in neither
  EXPECT_TRUE(std::isnan(alignment(g, r, weight_groups()[2]).sign_agreement));
  EXPECT_TRUE(std::isnan(alignment(zero_like(g), r, weight_groups()[0]).cosine));
  EXPECT_NEAR(inner_product(g, r), 3, 1e-15);
}

TEST(AlignmentHostile, OtherShapesAndBlocksAreRefused) {
  const auto g = random_gradient(1);
  expect_refusal([&] { alignment(g, zero_parameters<double>(5, 2, 3), weight_groups()[0]); },
                 "4 units and 3 outputs, and 5 and 3");
  expect_refusal([&] { alignment(g, g, {"other", {"W", "X"}}); }, "no block is called 'X'");
}

}  // namespace
}  // namespace error_forcing
