#include <error_forcing/parameters.hpp>
#include <error_forcing/statistics.hpp>

#include "precision.hpp"
#include "random_case.hpp"

namespace error_forcing {
namespace {

template <typename Scalar>
class ParametersIn : public ::testing::Test {
 protected:
  Parameters<Scalar> weights = test::random_case<Scalar>({}, 1).network.parameters;
};
TYPED_TEST_SUITE(ParametersIn, test::AllPrecisions, test::PrecisionName);

TYPED_TEST(ParametersIn, BlocksAreRowMajorViewsInTheOrderOfTheirNames) {
  auto& p = this->weights;
  const auto parts = blocks(p);
  const std::array<Index, 5> sizes{25, 10, 5, 10, 2};
  for (std::size_t k = 0; k < 5; ++k) EXPECT_EQ(parts[k].size(), sizes[k]) << block_names[k];
  EXPECT_EQ(parts[0](7), p.W(1, 2));
  EXPECT_EQ(parts[1](3), p.U(1, 1));
  EXPECT_EQ(parts[2](4), p.b(4));
  EXPECT_EQ(parts[3](7), p.C(1, 2));
  EXPECT_EQ(parts[4](1), p.d(1));
  auto C = parts[3];
  C(7) = TypeParam(42);
  EXPECT_EQ(p.C(1, 2), TypeParam(42));
  EXPECT_EQ(blocks(std::as_const(p))[3](7), TypeParam(42));
}

TYPED_TEST(ParametersIn, ZeroHasTheShapesOfTheNetwork) {
  const auto zero = zero_like(this->weights);
  EXPECT_EQ(zero.units(), 5);
  EXPECT_EQ(zero.inputs(), 2);
  EXPECT_EQ(zero.outputs(), 2);
  auto cleared = this->weights;
  set_zero(cleared, this->weights);
  Parameters<TypeParam> grown;
  set_zero(grown, this->weights);
  for (const auto& p : {zero, cleared, grown}) {
    EXPECT_EQ(p.W.rows(), 5);
    EXPECT_EQ(p.C.rows(), 2);
    EXPECT_EQ(p.W.rows(), p.W.cols());
    for (const auto& block : blocks(p)) EXPECT_EQ(block.cwiseAbs().maxCoeff(), TypeParam(0));
  }
}

TYPED_TEST(ParametersIn, AddScaledIsAxpyInEveryBlock) {
  const auto direction = test::random_case<TypeParam>({}, 2).network.parameters;
  auto moved = this->weights;
  add_scaled(moved, TypeParam(-0.5), direction);
  const auto start = blocks(std::as_const(this->weights)), step = blocks(direction),
             end = blocks(std::as_const(moved));
  for (std::size_t k = 0; k < 5; ++k)
    for (Index i = 0; i < start[k].size(); ++i)
      EXPECT_EQ(end[k](i), start[k](i) - step[k](i) / 2) << block_names[k];
}

TYPED_TEST(ParametersIn, CastToTheWidestAndBackIsLossless) {
  const auto there = cast<test::Widest>(this->weights);
  EXPECT_EQ(relative_distance(cast<TypeParam>(there), this->weights), TypeParam(0));
}

}  // namespace
}  // namespace error_forcing
