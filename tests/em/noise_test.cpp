#include <error_forcing/noise.hpp>

#include "dense.hpp"
#include "refusal.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class NoiseIn : public ::testing::Test {};
TYPED_TEST_SUITE(NoiseIn, AllPrecisions, PrecisionName);

template <typename Scalar>
Matrix<Scalar> identity(Index n) {
  return Matrix<Scalar>::Identity(n, n);
}

// G diag(values) G' with a random orthogonal G.
template <typename Scalar>
Matrix<Scalar> with_eigenvalues(RandomEngine& engine, const std::vector<double>& values) {
  const auto n = static_cast<Index>(values.size());
  const Matrix<Scalar> G = random_rotation<Scalar>(engine, n);
  Matrix<Scalar> result = Matrix<Scalar>::Zero(n, n);
  for (Index i = 0; i < n; ++i) result += Scalar(values[i]) * G.col(i) * G.col(i).transpose();
  return result;
}

TYPED_TEST(NoiseIn, IsotropicIsAVarianceTimesTheIdentity) {
  using Scalar = TypeParam;
  const auto [Q, R] = isotropic_noise<Scalar>(3, 2, Scalar(0.5), Scalar(3));
  EXPECT_EQ(Q, Matrix<Scalar>(Scalar(0.25) * identity<Scalar>(3)));
  EXPECT_EQ(R, Matrix<Scalar>(Scalar(9) * identity<Scalar>(2)));
  validate<Scalar>({Q, R}, 3, 2);
}

// (R3): s = 3 and 1/2 at sigma_h = 2, sigma_y = 1 have gains 36/37 and 1/2.
TYPED_TEST(NoiseIn, ImpliesTheMeanGainOfTheReadoutsDirections) {
  using Scalar = TypeParam;
  auto engine = random_engine(3, 41);
  const Matrix<Scalar> G = random_rotation<Scalar>(engine, 3);
  const Matrix<Scalar> C = Matrix<Scalar>{{0, 3, 0}, {Scalar(0.5), 0, 0}} * G;
  const Scalar want = (Scalar(36) / Scalar(37) + Scalar(0.5)) / 2;
  expect_zero(Matrix<Scalar>{{implied_gain<Scalar>(C, {Scalar(2), Scalar(1)}) - want}});
}

TYPED_TEST(NoiseIn, AcceptsEveryGramMatrixOfAnyRankAndScale) {
  using Scalar = TypeParam;
  auto engine = random_engine(1, 41);
  for (Index n : {1, 2, 5, 8})
    for (Index rank = 0; rank <= n; ++rank)
      for (double scale : {1e-8, 1.0, 1e8}) {
        SCOPED_TRACE(fmt::format("n {} rank {} scale {}", n, rank, scale));
        const Matrix<Scalar> A = random_matrix<Scalar>(engine, n, rank) * Scalar(scale);
        const Matrix<Scalar> gram = A * A.transpose();
        EXPECT_NO_THROW(validate<Scalar>({gram, identity<Scalar>(2)}, n, 2));
        EXPECT_NO_THROW(validate<Scalar>({identity<Scalar>(2), gram}, 2, n));
      }
}

TYPED_TEST(NoiseIn, RefusesANegativeDirectionHoweverSmall) {
  using Scalar = TypeParam;
  auto engine = random_engine(2, 41);
  const auto visible = static_cast<double>(rounding<Scalar>());
  for (double negative : {-1.0, -1e-3, -visible}) {
    SCOPED_TRACE(negative);
    const auto bad = with_eigenvalues<Scalar>(engine, {1, 0.5, negative, 0.2});
    expect_refusal(
        [&] {
          validate<Scalar>({bad, identity<Scalar>(2)}, 4, 2);
        },
        "Q: not positive semidefinite");
    expect_refusal(
        [&] {
          validate<Scalar>({identity<Scalar>(2), bad}, 2, 4);
        },
        "R: not positive semidefinite");
  }
}

TYPED_TEST(NoiseIn, RefusesAnAsymmetryHoweverSmall) {
  using Scalar = TypeParam;
  auto Q = identity<Scalar>(3);
  for (const Scalar& gap : {Scalar(0.5), rounding<Scalar>()}) {
    Q(0, 2) = gap;
    expect_refusal([&] { validate<Scalar>({Q, identity<Scalar>(1)}, 3, 1); }, "Q: not symmetric");
    expect_refusal([&] { validate<Scalar>({identity<Scalar>(1), Q}, 1, 3); }, "use (R + R')/2");
  }
}

TYPED_TEST(NoiseIn, RefusesWhatIsNotFinite) {
  using Scalar = TypeParam;
  for (const Scalar& bad :
       {std::numeric_limits<Scalar>::quiet_NaN(), std::numeric_limits<Scalar>::infinity()}) {
    auto Q = identity<Scalar>(3);
    Q(1, 2) = Q(2, 1) = bad;
    expect_refusal([&] { validate<Scalar>({Q, identity<Scalar>(1)}, 3, 1); }, "Q: holds a NaN");
    expect_refusal([&] { validate<Scalar>({identity<Scalar>(1), Q}, 1, 3); }, "R: holds a NaN");
    expect_refusal(
        [&] {
          validate(isotropic_noise<Scalar>(2, 1, std::numeric_limits<Scalar>::infinity(), 1), 2, 1);
        },
        "Q: holds a NaN");
  }
}

TEST(NoiseInput, RefusesAnotherShape) {
  const auto noise = isotropic_noise<double>(3, 2, 1, 1);
  expect_refusal([&] { validate(noise, 4, 2); }, "Q: want 4 x 4, got 3 x 3");
  expect_refusal([&] { validate(noise, 3, 1); }, "R: want 1 x 1, got 2 x 2");
  expect_refusal(
      [&] {
        validate<double>({Matrix<double>::Zero(3, 2), noise.R}, 3, 2);
      },
      "Q: want 3 x 3, got 3 x 2");
}

TEST(NoiseInput, RefusesDeviationsThatAreNegativeOrNotANumber) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (double bad : {-1.0, nan}) {
    expect_refusal([&] { isotropic_noise<double>(2, 1, bad, 1); }, "noise: want standard");
    expect_refusal([&] { isotropic_noise<double>(2, 1, 1, bad); }, "noise: want standard");
  }
}

}  // namespace
}  // namespace error_forcing::test
