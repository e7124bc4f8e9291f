#include <error_forcing/errors.hpp>
#include <error_forcing/statistics.hpp>

#include <cmath>
#include <limits>

#include "precision.hpp"
#include "random_case.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using test::infinity;
using test::nan;

TEST(FittedOrder, RecoversThePowerWhateverItsFactor) {
  const std::vector<double> x{1e-3, 4e-3, 0.02, 0.5};
  for (double power : {-2.0, 0.0, 0.5, 1.0, 2.0, 6.0})
    for (double factor : {3.0, -1e-9}) {
      std::vector<double> y;
      for (double value : x) y.push_back(factor * std::pow(value, power));
      EXPECT_NEAR(fitted_order(x, y), power, 1e-13) << "factor " << factor;
    }
}

TEST(FittedOrder, IsTheSlopeOfTheLeastSquaresLine) {
  // log2 x = 0, 1, 2 and log2 y = 0, 3, 3: slope sum dx dy / sum dx^2 = 3/2
  EXPECT_NEAR(fitted_order({1, 2, 4}, {1, 8, 8}), 1.5, 1e-14);
}

TEST(FittedOrder, RefusesWhatHasNoOrder) {
  EXPECT_THROW(fitted_order({}, {}), InvalidInput);
  EXPECT_THROW(fitted_order({1}, {1}), InvalidInput);
  EXPECT_THROW(fitted_order({1, 2}, {1}), InvalidInput);
  EXPECT_THROW(fitted_order({1, 1}, {1, 2}), InvalidInput);
  EXPECT_THROW(fitted_order({0, 1}, {1, 2}), InvalidInput);
  EXPECT_THROW(fitted_order({-1, 1}, {1, 2}), InvalidInput);
  EXPECT_THROW(fitted_order({1, 2}, {0, 2}), InvalidInput);
  EXPECT_THROW(fitted_order({1, nan}, {1, 2}), InvalidInput);
  EXPECT_THROW(fitted_order({1, 2}, {1, nan}), InvalidInput);
  EXPECT_THROW(fitted_order({1, infinity}, {1, 2}), InvalidInput);
}

template <typename Scalar>
class RelativeDistance : public ::testing::Test {
 protected:
  Parameters<Scalar> weights = test::random_case<Scalar>({}, 11).network.parameters;
};
TYPED_TEST_SUITE(RelativeDistance, test::AllPrecisions, test::PrecisionName);

TYPED_TEST(RelativeDistance, IsZeroBetweenEqualsOnly) {
  auto moved = this->weights;
  EXPECT_EQ(relative_distance(moved, this->weights), TypeParam(0));
  moved.d(1) += TypeParam(1e-3);
  EXPECT_GT(relative_distance(moved, this->weights), TypeParam(0));
}

TYPED_TEST(RelativeDistance, IsMeasuredByTheLargestEntryOfTheBlockAndDoesNotChangeWithScale) {
  const auto& weights = this->weights;
  auto moved = weights;
  moved.C(1, 2) += TypeParam(0.25);
  const TypeParam expected = TypeParam(0.25) / weights.C.cwiseAbs().maxCoeff();
  const TypeParam distance = relative_distance(moved, weights);
  EXPECT_LT(abs(distance - expected), test::rounding<TypeParam>() * expected);
  auto doubled = moved, reference = weights;
  add_scaled(doubled, TypeParam(1), moved);
  add_scaled(reference, TypeParam(1), weights);
  EXPECT_EQ(relative_distance(doubled, reference), distance);
}

TYPED_TEST(RelativeDistance, IsAbsoluteWhereTheReferenceIsZero) {
  const auto zero = zero_like(this->weights);
  auto moved = zero;
  moved.b(0) = TypeParam(0.5);
  EXPECT_EQ(relative_distance(moved, zero), TypeParam(0.5));
}

TYPED_TEST(RelativeDistance, OfAnythingNotFiniteFailsEveryTolerance) {
  const auto& weights = this->weights;
  const auto limit = std::numeric_limits<TypeParam>::max();
  for (double poison : {nan, infinity, -infinity})
    for (std::size_t block = 0; block < block_names.size(); ++block) {
      auto poisoned = weights;
      BlockView<TypeParam>(blocks(poisoned)[block])(1) = TypeParam(poison);
      EXPECT_FALSE(relative_distance(poisoned, weights) <= limit) << block_names[block];
      EXPECT_FALSE(relative_distance(weights, poisoned) <= limit) << block_names[block];
      EXPECT_FALSE(relative_distance(poisoned, poisoned) <= limit) << block_names[block];
    }
}

TYPED_TEST(RelativeDistance, OfHistoriesSeesEveryTrialAndStep) {
  const Layout layout = tiled(40, 3);
  auto engine = random_engine(2);
  const auto reference = cast<TypeParam>(test::random_history(engine, layout, 2));
  for (Index trial : {0, 31, 32, 39})
    for (Index step : {1, 3}) {
      auto moved = reference;
      moved(trial, step, 1) += TypeParam(1);
      EXPECT_GT(relative_distance(moved, reference), TypeParam(0.1));
    }
  EXPECT_EQ(relative_distance(reference, reference), TypeParam(0));
}

TEST(RelativeDistanceInput, RefusesOtherShapes) {
  const Matrix<double> a = Matrix<double>::Zero(2, 3), b = Matrix<double>::Zero(3, 2);
  EXPECT_THROW(relative_distance(a, b), InvalidInput);
  EXPECT_THROW(
      relative_distance(zero_parameters<double>(2, 1, 1), zero_parameters<double>(2, 2, 1)),
      InvalidInput);
  const Layout layout = tiled(3, 4);
  EXPECT_THROW(relative_distance(History<double>(layout, 2), History<double>(layout, 2, 0)),
               InvalidInput);
}

}  // namespace
}  // namespace error_forcing
