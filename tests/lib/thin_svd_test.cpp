#include <error_forcing/random.hpp>
#include <error_forcing/thin_svd.hpp>

#include <cmath>
#include <limits>

#include "precision.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

template <typename Scalar>
class ThinSvdIn : public ::testing::Test {
 protected:
  static Matrix<Scalar> random(Index rows, Index cols, std::uint64_t seed) {
    auto engine = random_engine(seed);
    return normal_matrix(engine, rows, cols).template cast<Scalar>();
  }
  static void expect_zero(const Matrix<Scalar>& m, Scalar scale = Scalar(1)) {
    EXPECT_LE(m.cwiseAbs().maxCoeff(), test::rounding<Scalar>() * scale);
  }
};
TYPED_TEST_SUITE(ThinSvdIn, test::AllPrecisions, test::PrecisionName);

TYPED_TEST(ThinSvdIn, FactorsAreOrthonormalAndRebuildTheMatrix) {
  using Scalar = TypeParam;
  for (auto [rows, cols] :
       {std::pair<Index, Index>{1, 1}, {1, 7}, {7, 1}, {3, 8}, {8, 3}, {6, 6}}) {
    const auto A = this->random(rows, cols, 1 + static_cast<std::uint64_t>(rows));
    const auto svd = thin_svd(A);
    const Index k = std::min(rows, cols);
    const Matrix<Scalar> identity = Matrix<Scalar>::Identity(k, k);
    ASSERT_EQ(svd.values.size(), k);
    this->expect_zero(svd.left * svd.values.asDiagonal() * svd.right.transpose() - A,
                      svd.largest());
    this->expect_zero(svd.left.transpose() * svd.left - identity);
    this->expect_zero(svd.right.transpose() * svd.right - identity);
    for (Index i = 1; i < k; ++i) EXPECT_LE(svd.values(i), svd.values(i - 1));
    EXPECT_GE(svd.smallest(), Scalar(0));
  }
}

// s_1 s_2 = |det A| and s_1^2 + s_2^2 = |A|^2 for a 2 x 2 matrix.
TYPED_TEST(ThinSvdIn, ValuesAreThoseOfTheClosedForm) {
  using Scalar = TypeParam;
  using std::abs;
  const auto A = this->random(2, 2, 5);
  const auto svd = thin_svd(A);
  const Scalar determinant = A(0, 0) * A(1, 1) - A(0, 1) * A(1, 0);
  EXPECT_LE(abs(svd.largest() * svd.smallest() - abs(determinant)), test::rounding<Scalar>());
  EXPECT_LE(abs(svd.values.squaredNorm() - A.squaredNorm()), test::rounding<Scalar>());
}

TYPED_TEST(ThinSvdIn, KnownAnswerOfADiagonal) {
  using Scalar = TypeParam;
  Matrix<Scalar> A = Matrix<Scalar>::Zero(2, 3);
  A(0, 1) = Scalar(-2);
  A(1, 2) = Scalar(5);
  const auto svd = thin_svd(A);
  EXPECT_EQ(svd.largest(), Scalar(5));
  EXPECT_EQ(svd.smallest(), Scalar(2));
}

TYPED_TEST(ThinSvdIn, RankCountsTheValuesAboveItsTolerance) {
  using Scalar = TypeParam;
  for (Index rank : {1, 2, 3}) {
    const Matrix<Scalar> A = this->random(4, rank, 6) * this->random(rank, 7, 7);
    EXPECT_EQ(thin_svd(A).rank(test::rounding<Scalar>()), rank);
  }
  Matrix<Scalar> nearly(2, 2);
  nearly << Scalar(1), Scalar(0), Scalar(0), Scalar(1e-3);
  EXPECT_EQ(thin_svd(nearly).rank(Scalar(0.99e-3)), 2);
  EXPECT_EQ(thin_svd(nearly).rank(Scalar(1.01e-3)), 1);
  EXPECT_EQ(thin_svd(Matrix<Scalar>(Matrix<Scalar>::Zero(2, 3))).rank(Scalar(0)), 0);
}

TYPED_TEST(ThinSvdIn, RefusesWhatHasNoSingularValues) {
  using Scalar = TypeParam;
  test::expect_refusal([] { thin_svd(Matrix<Scalar>(0, 3)); }, "got 0 x 3");
  for (double poison : {std::nan(""), HUGE_VAL}) {
    Matrix<Scalar> A = Matrix<Scalar>::Ones(2, 3);
    A(1, 1) = Scalar(poison);
    test::expect_refusal([&] { thin_svd(A); }, "got 2 x 3 holding a NaN or an infinity");
  }
}

}  // namespace
}  // namespace error_forcing
