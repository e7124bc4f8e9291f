#include <error_forcing/cholesky.hpp>
#include <error_forcing/random.hpp>

#include "precision.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

template <typename Scalar>
class CholeskyIn : public ::testing::Test {
 protected:
  static Matrix<Scalar> random(Index rows, Index cols, std::uint64_t seed) {
    auto engine = random_engine(seed);
    return normal_matrix(engine, rows, cols).template cast<Scalar>();
  }
  static Matrix<Scalar> covariance(Index n) {
    const auto A = random(n, n + 2, 3 + static_cast<std::uint64_t>(n));
    return A * A.transpose() + Matrix<Scalar>::Identity(n, n);
  }
  static void expect_zero(const Matrix<Scalar>& m, Scalar scale = Scalar(1)) {
    if (m.size() > 0) {
      EXPECT_LE(m.cwiseAbs().maxCoeff(), test::rounding<Scalar>() * scale);
    }
  }
};
TYPED_TEST_SUITE(CholeskyIn, test::AllPrecisions, test::PrecisionName);

TYPED_TEST(CholeskyIn, FactorRebuildsTheMatrixAndSolveInvertsIt) {
  using Scalar = TypeParam;
  for (Index n : {0, 1, 2, 5, 20}) {
    const auto A = this->covariance(n);
    const auto factor = cholesky(A);
    const Matrix<Scalar> B = this->random(n, 3, 9);
    const Matrix<Scalar> upper = factor.L.template triangularView<Eigen::StrictlyUpper>();
    ASSERT_TRUE(factor.positive_definite);
    this->expect_zero(upper, Scalar(0));
    this->expect_zero(factor.L * factor.L.transpose() - A, Scalar(n));
    this->expect_zero(A * factor.solve(B) - B, Scalar(n));
    this->expect_zero(factor.L * factor.whiten(B) - B, Scalar(n));
  }
}

// |A| of a product of triangular matrices is that of their diagonals: 2^2 3^2 for the first.
TYPED_TEST(CholeskyIn, LogDeterminantIsThatOfKnownFactors) {
  using Scalar = TypeParam;
  using std::abs;
  using std::log;
  Matrix<Scalar> L(2, 2);
  L << Scalar(2), Scalar(0), Scalar(5), Scalar(3);
  const Scalar found = cholesky<Scalar>(L * L.transpose()).log_determinant();
  EXPECT_LE(abs(found - 2 * log(Scalar(6))), test::rounding<Scalar>());
  EXPECT_EQ(cholesky<Scalar>(Matrix<Scalar>(0, 0)).log_determinant(), Scalar(0));
}

TYPED_TEST(CholeskyIn, SaysWhereThereIsNoFactor) {
  using Scalar = TypeParam;
  Matrix<Scalar> A = Matrix<Scalar>::Identity(3, 3);
  A(1, 1) = -1;
  EXPECT_FALSE(cholesky(A).positive_definite);
  A(1, 1) = 0;
  EXPECT_FALSE(cholesky(A).positive_definite);
  A(1, 1) = std::numeric_limits<Scalar>::quiet_NaN();
  EXPECT_FALSE(cholesky(A).positive_definite);
  test::expect_refusal([] { cholesky<Scalar>(Matrix<Scalar>(2, 3)); },
                       "Cholesky: want a square matrix, got 2 x 3");
}

}  // namespace
}  // namespace error_forcing
