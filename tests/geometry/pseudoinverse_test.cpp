#include <Eigen/LU>
#include <error_forcing/errors.hpp>
#include <error_forcing/finite_difference.hpp>
#include <error_forcing/pseudoinverse.hpp>
#include <error_forcing/statistics.hpp>

#include "random_readout.hpp"
#include "refusal.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class PseudoinverseTest : public ::testing::Test {};
TYPED_TEST_SUITE(PseudoinverseTest, AllPrecisions, PrecisionName);

template <typename Scalar>
class GainPullbackTest : public ::testing::Test {};
TYPED_TEST_SUITE(GainPullbackTest, DoubleAndQuad, PrecisionName);

TYPED_TEST(PseudoinverseTest, MoorePenroseLawsHoldAtEveryRank) {
  using Scalar = TypeParam;
  for_each_readout<Scalar>([](const auto& r, RandomEngine&) {
    const Matrix<Scalar> C = r.C, X = pseudoinverse(C).inverse;
    EXPECT_LE(size_of(C * X * C - C), allowed<Scalar>(8));
    EXPECT_LE(size_of(X * C * X - X), allowed<Scalar>(8));
    EXPECT_LE(size_of(C * X - (C * X).transpose()), allowed<Scalar>(8));
    EXPECT_LE(size_of(X * C - (X * C).transpose()), allowed<Scalar>(8));
  });
}

TYPED_TEST(PseudoinverseTest, KnownInverseRankAndSingularValues) {
  using Scalar = TypeParam;
  for_each_readout<Scalar>([](const auto& r, RandomEngine&) {
    const auto [inverse, rank, smallest, largest] = pseudoinverse(r.C);
    const bool deficient = r.values.size() < std::min(r.C.rows(), r.C.cols());
    const Scalar last = deficient ? Scalar(0) : r.values(r.values.size() - 1);
    EXPECT_LE(size_of(inverse - r.inverse()), allowed<Scalar>(8));
    EXPECT_EQ(rank, r.values.size());
    expect_near(smallest, last, 2);
    expect_near(largest, Scalar(2), 2);
  });
}

TYPED_TEST(PseudoinverseTest, RidgeInverseSolvesItsNormalEquations) {
  using Scalar = TypeParam;
  for_each_readout<Scalar>([](const auto& r, RandomEngine&) {
    const Scalar ridge(0.3);
    const Matrix<Scalar> identity = Matrix<Scalar>::Identity(r.C.rows(), r.C.rows());
    const Matrix<Scalar> S = r.C * r.C.transpose() + ridge * identity;
    const auto result = pseudoinverse(r.C, ridge);
    EXPECT_LE(size_of(result.inverse * S - r.C.transpose()), allowed<Scalar>(8));
    EXPECT_EQ(result.rank, r.values.size());
  });
}

TYPED_TEST(PseudoinverseTest, RankToleranceIsAShareOfTheLargestSingularValue) {
  using Scalar = TypeParam;
  auto engine = random_engine(2, 31);
  Vector<Scalar> values(2);
  values << Scalar(50), Scalar(0.5);
  const auto r = readout_with<Scalar>(engine, 2, 4, values);
  EXPECT_EQ(pseudoinverse(r.C, Scalar(0), Scalar(0.009)).rank, 2);
  const auto low = pseudoinverse(r.C, Scalar(0), Scalar(0.011));
  EXPECT_EQ(low.rank, 1);
  expect_near(low.smallest, Scalar(0.5), 50);
  const Matrix<Scalar> kept = r.normals.col(0) * r.left.col(0).transpose() / Scalar(50);
  EXPECT_LE(size_of(low.inverse - kept), allowed<Scalar>(8));
}

TYPED_TEST(PseudoinverseTest, ARidgeKeepsTheSingularValuesBelowTheTolerance) {
  using Scalar = TypeParam;
  auto engine = random_engine(2, 36);
  const Scalar ridge(0.1);
  Vector<Scalar> values(2), gains(2);
  values << Scalar(2), Scalar(0.02);
  gains << values(0) / (4 + ridge), values(1) / (values(1) * values(1) + ridge);
  const auto r = readout_with<Scalar>(engine, 2, 4, values);
  const auto ridged = pseudoinverse(r.C, ridge, Scalar(0.5));
  const Matrix<Scalar> known = r.normals * gains.asDiagonal() * r.left.transpose();
  EXPECT_EQ(ridged.rank, 1);
  EXPECT_LE(size_of(ridged.inverse - known), allowed<Scalar>(2));
}

#ifndef ERROR_FORCING_WITHOUT_QUAD
TEST(Pseudoinverse, RidgeInverseTendsToThePseudoinverseInFirstOrder) {
  for (const ReadoutShape& shape : readout_shapes) {
    SCOPED_TRACE(description(shape, 9));
    auto engine = random_engine(9, 32);
    const auto r = random_readout<quad>(engine, shape);
    const Matrix<quad> limit = pseudoinverse(r.C).inverse;
    std::vector<double> ridges, distances;
    for (double ridge = 1e-4; ridge > 1e-9; ridge /= 10) {
      ridges.push_back(ridge);
      distances.push_back(size_of(pseudoinverse(r.C, quad(ridge)).inverse - limit));
    }
    EXPECT_NEAR(fitted_order(ridges, distances), 1, 1e-3);
    EXPECT_LT(distances.back(), 1e-7);
  }
}
#endif

TEST(Pseudoinverse, OfNothingIsNothing) {
  const auto [inverse, rank, smallest, largest] = pseudoinverse<double>(Matrix<double>::Zero(2, 3));
  EXPECT_EQ(inverse, Matrix<double>::Zero(3, 2));
  EXPECT_EQ(rank, 0);
  EXPECT_EQ(largest, 0);
  EXPECT_EQ(pseudoinverse<double>(Matrix<double>::Zero(2, 3), 0.1).inverse,
            Matrix<double>::Zero(3, 2));
}

TEST(Pseudoinverse, RefusesBadInput) {
  const Matrix<double> C{{1, 2, 3}, {0, 1, 0}};
  for (const double bad : {-1e-9, nan, infinity}) {
    EXPECT_THROW(pseudoinverse(C, bad), InvalidInput);
    EXPECT_THROW(pseudoinverse(C, 0.0, bad), InvalidInput);
  }
  EXPECT_THROW(pseudoinverse(C, 0.0, 1.0), InvalidInput);
  EXPECT_THROW(pseudoinverse<double>(Matrix<double>{{1, nan}}), InvalidInput);
  EXPECT_THROW(pseudoinverse<double>(Matrix<double>(0, 3)), InvalidInput);
}

// K = Q C' (C Q C' + R)^-1 for two outputs, by Cramer's rule.
template <typename Scalar>
Matrix<Scalar> gain_of(const Matrix<Scalar>& C, const Matrix<Scalar>& Q, const Matrix<Scalar>& R) {
  const Eigen::Matrix<Scalar, 2, 2> S = C * Q * C.transpose() + R;
  return Q * C.transpose() * S.inverse();
}

template <typename Scalar>
void expect_gradient(const std::function<Matrix<Scalar>(const Matrix<Scalar>&)>& gain,
                     const Matrix<Scalar>& C, const Matrix<Scalar>& dL_dK,
                     const Matrix<Scalar>& claimed, Scalar tolerance) {
  const auto objective = [&](const Matrix<Scalar>& at) {
    return Scalar((gain(at).array() * dL_dK.array()).sum());
  };
  const auto verdict =
      compare<Scalar>(claimed, finite_difference<Scalar>(objective, C), tolerance, "C");
  EXPECT_TRUE(verdict.agrees()) << describe(verdict);
}

TYPED_TEST(GainPullbackTest, IsTheDerivativeOfTheGain) {
  using Scalar = TypeParam;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    auto engine = random_engine(seed, 33);
    const auto C = random_readout<Scalar>(engine, {2, 4, 2}).C;
    const Matrix<Scalar> dL_dK = random_matrix<Scalar>(engine, 4, 2);
    const Matrix<Scalar> I = Matrix<Scalar>::Identity(4, 4);
    const Matrix<Scalar> Q = random_metric<Scalar>(engine, 4).Q;
    const Matrix<Scalar> R = random_metric<Scalar>(engine, 2).Q;
    const Matrix<Scalar> none = Matrix<Scalar>::Zero(2, 2);
    for (const auto& [metric, noise] : {std::pair{I, R}, {Q, R}, {I, none}, {Q, none}})
      expect_gradient<Scalar>([&](const auto& at) { return gain_of<Scalar>(at, metric, noise); }, C,
                              dL_dK, gain_pullback(C, metric, noise, dL_dK), rounding<Scalar>());
  }
}

// A pseudoinverse from singular values is good to some 50 eps, where the oracle allows for 5; its
// step (eps/168)^(1/7) turns that into 50 eps / step of the derivative.
template <typename Scalar>
Scalar singular_value_noise() {
  using std::pow;
  const Scalar eps = std::numeric_limits<Scalar>::epsilon();
  return 50 * eps / pow(eps / 168, Scalar(1) / 7);
}

TYPED_TEST(GainPullbackTest, IsTheDerivativeOfThePseudoinverse) {
  using Scalar = TypeParam;
  auto engine = random_engine(4, 34);
  for (const Index outputs : {1, 2, 3})
    for (const double ridge : {0.0, 0.2}) {
      SCOPED_TRACE(fmt::format("seed 4: P {}, ridge {}", outputs, ridge));
      const auto C = random_readout<Scalar>(engine, {outputs, 4, outputs}).C;
      const Matrix<Scalar> dL_dK = random_matrix<Scalar>(engine, 4, outputs);
      const Matrix<Scalar> Q = Matrix<Scalar>::Identity(4, 4);
      const Matrix<Scalar> R = Scalar(ridge) * Matrix<Scalar>::Identity(outputs, outputs);
      expect_gradient<Scalar>(
          [&](const auto& at) { return pseudoinverse(at, Scalar(ridge)).inverse; }, C, dL_dK,
          gain_pullback(C, Q, R, dL_dK), singular_value_noise<Scalar>());
    }
}

TEST(GainPullback, RefusesAGainWithoutADerivative) {
  const Matrix<double> Q = Matrix<double>::Identity(3, 3), R = Matrix<double>::Zero(2, 2);
  const Matrix<double> dL_dK = Matrix<double>::Ones(3, 2);
  for (const Matrix<double>& C :
       {Matrix<double>{{1, 2, 3}, {2, 4, 6}}, Matrix<double>{{0.1, 0.7, 0.3}, {0.3, 2.1, 0.9}},
        Matrix<double>{{0, 0, 0}, {1, 2, 3}}}) {
    EXPECT_THROW(gain_pullback(C, Q, R, dL_dK), InvalidInput) << C;
    EXPECT_NO_THROW(gain_pullback<double>(C, Q, Matrix<double>::Identity(2, 2), dL_dK));
  }
  for (std::uint64_t seed = 1; seed <= 300; ++seed)
    for (const ReadoutShape& shape : {ReadoutShape{2, 3, 1}, {3, 5, 2}, {4, 6, 3}, {5, 3, 3}}) {
      SCOPED_TRACE(description(shape, seed));
      auto engine = random_engine(seed, 35);
      const auto C = random_readout<double>(engine, shape).C;
      const Matrix<double> I = Matrix<double>::Identity(shape.units, shape.units);
      const Matrix<double> none = Matrix<double>::Zero(shape.outputs, shape.outputs);
      EXPECT_THROW(gain_pullback<double>(C, I, none, C.transpose()), InvalidInput);
    }
}

TEST(GainPullback, RefusesBadInput) {
  const Matrix<double> C{{1, 2, 3}, {0, 1, 0}}, dL_dK = Matrix<double>::Ones(3, 2);
  const Matrix<double> Q = Matrix<double>::Identity(3, 3), R = Matrix<double>::Identity(2, 2);
  const auto with_nan = [](Matrix<double> matrix) {
    matrix(1, 1) = nan;
    return matrix;
  };
  EXPECT_NO_THROW(gain_pullback(C, Q, R, dL_dK));
  EXPECT_THROW(gain_pullback(with_nan(C), Q, R, dL_dK), InvalidInput);
  EXPECT_THROW(gain_pullback(C, with_nan(Q), R, dL_dK), InvalidInput);
  EXPECT_THROW(gain_pullback(C, Q, with_nan(R), dL_dK), InvalidInput);
  EXPECT_THROW(gain_pullback(C, Q, R, with_nan(dL_dK)), InvalidInput);
  EXPECT_THROW(gain_pullback<double>(C, Q, -100 * R, dL_dK), InvalidInput);
  EXPECT_THROW(gain_pullback(C, R, R, dL_dK), InvalidInput);
  EXPECT_THROW(gain_pullback(C, Q, Q, dL_dK), InvalidInput);
  EXPECT_THROW(gain_pullback(C, Q, R, C), InvalidInput);
  EXPECT_THROW(gain_pullback<double>(Matrix<double>(0, 3), Q, R, dL_dK), InvalidInput);
}

}  // namespace
}  // namespace error_forcing::test
