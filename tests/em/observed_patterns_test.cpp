#include <error_forcing/observed_patterns.hpp>

#include <set>

#include "random_case.hpp"
#include "refusal.hpp"
#include "settings.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class ObservedPatternsIn : public ::testing::Test {};
TYPED_TEST_SUITE(ObservedPatternsIn, AllPrecisions, PrecisionName);

// A matrix that says which outputs it belongs to: column k holds 1 + 10 k where k is observed.
template <typename Scalar>
Matrix<Scalar> marked(const ObservedOutputs& observed, Index outputs) {
  Matrix<Scalar> matrix = Matrix<Scalar>::Zero(2, outputs);
  for (Index k : observed) matrix.col(k) << Scalar(1 + 10 * k), Scalar(observed.size());
  return matrix;
}

TYPED_TEST(ObservedPatternsIn, AsksOnceForEveryPatternThatOccurs) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>({.outputs = 4, .trials = 40}, 3);
  std::set<ObservedOutputs> wanted;
  for_each_step(c.batch.layout(),
                [&](Index trial, Index step) { wanted.insert(observed_at(c.batch, trial, step)); });
  ASSERT_EQ(wanted.erase(ObservedOutputs{}), 1);  // empty patterns occur and are not asked for
  std::vector<ObservedOutputs> asked;
  const ObservedPatterns<Scalar> patterns(c.batch.mask, [&](const ObservedOutputs& o) {
    asked.push_back(o);
    return marked<Scalar>(o, 4);
  });
  EXPECT_EQ(asked.size(), wanted.size());
  EXPECT_EQ(std::set<ObservedOutputs>(asked.begin(), asked.end()), wanted);
}

TYPED_TEST(ObservedPatternsIn, FindsAPatternOfTheLastTrialAndStep) {
  using Scalar = TypeParam;
  History<Scalar> mask(tiled(33, 2), 3);
  mask(32, 2, 1) = 1;
  std::vector<ObservedOutputs> asked;
  const ObservedPatterns<Scalar> patterns(mask, [&](const ObservedOutputs& o) {
    asked.push_back(o);
    return marked<Scalar>(o, 3);
  });
  EXPECT_EQ(asked, (std::vector<ObservedOutputs>{{1}}));
}

TYPED_TEST(ObservedPatternsIn, MultipliesEachTrialByTheMatrixOfItsPattern) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>({.outputs = 3, .trials = 35}, 4);
  const ObservedPatterns<Scalar> patterns(
      c.batch.mask, [](const ObservedOutputs& o) { return marked<Scalar>(o, 3); });
  History<Scalar> result(c.batch.layout(), 2);
  result.fill(std::numeric_limits<Scalar>::quiet_NaN());
  const auto signal = cast<Scalar>(random_case({.outputs = 3, .trials = 35}, 5).batch.mask);
  for (Index tile = 0; tile < 2; ++tile)
    for (Index step = 1; step <= 6; ++step)
      patterns.multiply(std::as_const(c.batch.mask).at(tile, step), signal.at(tile, step),
                        result.at(tile, step));
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto matrix = marked<Scalar>(observed_at(c.batch, trial, step), 3);
    EXPECT_EQ(column(result, trial, step), Vector<Scalar>(matrix * column(signal, trial, step)));
  });
}

TYPED_TEST(ObservedPatternsIn, IsZeroWhereNothingIsObserved) {
  using Scalar = TypeParam;
  const History<Scalar> mask(tiled(2, 1), 3);
  const ObservedPatterns<Scalar> patterns(mask, [](const ObservedOutputs&) -> Matrix<Scalar> {
    throw InvalidInput("asked for the empty pattern");
  });
  const Matrix<Scalar> signal = Matrix<Scalar>::Ones(3, 2);
  Matrix<Scalar> result = Matrix<Scalar>::Constant(4, 2, std::numeric_limits<Scalar>::quiet_NaN());
  patterns.multiply(mask.at(0, 1), signal, result);
  EXPECT_EQ(result, Matrix<Scalar>(Matrix<Scalar>::Zero(4, 2)));
}

// Sixty-four outputs fill the bits of a pattern; the last one is told apart from the others.
TEST(ObservedPatternsInput, ServesUpTo64OutputsAndRefusesMore) {
  History<double> mask(tiled(2, 1), 64);
  mask(0, 1, 63) = 1;
  mask(1, 1, 31) = 1;
  std::vector<ObservedOutputs> asked;
  const auto remember = [&](const ObservedOutputs& o) {
    asked.push_back(o);
    return marked<double>(o, 64);
  };
  const ObservedPatterns<double> patterns(mask, remember);
  EXPECT_EQ(asked, (std::vector<ObservedOutputs>{{63}, {31}}));
  Matrix<double> result(2, 2);
  patterns.multiply(std::as_const(mask).at(0, 1), Matrix<double>::Ones(64, 2), result);
  EXPECT_EQ(result, (Matrix<double>{{631, 311}, {1, 1}}));

  const History<double> wider(tiled(2, 1), 65);
  expect_refusal([&] { ObservedPatterns<double>(wider, remember); }, "mask: 65 outputs");
}

TEST(ObservedPatternsSelection, KeepsTheNamedRowsAndColumns) {
  const Matrix<double> matrix{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
  EXPECT_EQ(select_rows(matrix, {0, 2}), (Matrix<double>{{1, 2, 3}, {7, 8, 9}}));
  EXPECT_EQ(select_square(matrix, {0, 2}), (Matrix<double>{{1, 3}, {7, 9}}));
}

}  // namespace
}  // namespace error_forcing::test
