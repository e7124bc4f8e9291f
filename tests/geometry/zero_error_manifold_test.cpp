#include <Eigen/LU>
#include <error_forcing/errors.hpp>
#include <error_forcing/zero_error_manifold.hpp>

#include "random_readout.hpp"
#include "refusal.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class ZeroErrorManifoldTest : public ::testing::Test {};
TYPED_TEST_SUITE(ZeroErrorManifoldTest, AllPrecisions, PrecisionName);

// A target, and the point of its manifold nearest the origin from the known decomposition.
template <typename Scalar>
struct KnownTarget {
  Vector<Scalar> target, nearest_to_origin;
};

template <typename Scalar>
KnownTarget<Scalar> reachable_target(const KnownReadout<Scalar>& r, RandomEngine& engine) {
  const Vector<Scalar> z = random_vector<Scalar>(engine, r.values.size());
  return {r.left * r.values.cwiseProduct(z) + r.d, r.normals * z};
}

template <typename Scalar>
Vector<Scalar> random_point(const KnownReadout<Scalar>& r, const KnownTarget<Scalar>& t,
                            RandomEngine& engine) {
  return t.nearest_to_origin + r.tangents * random_vector<Scalar>(engine, r.tangents.cols());
}

TYPED_TEST(ZeroErrorManifoldTest, KnowsRankDimensionAndSingularValues) {
  using Scalar = TypeParam;
  for_each_readout<Scalar>([](const auto& r, RandomEngine&) {
    const ZeroErrorManifold<Scalar> manifold(r.C, r.d);
    const Index rank = r.values.size(), thin = std::min(r.C.rows(), r.C.cols());
    const Scalar smallest = rank < thin ? Scalar(0) : r.values(rank - 1);
    EXPECT_EQ(manifold.rank(), rank);
    EXPECT_EQ(manifold.dimension(), r.C.cols() - rank);
    expect_near(manifold.largest(), Scalar(2), 2);
    expect_near(manifold.smallest(), smallest, 2);
  });
}

TYPED_TEST(ZeroErrorManifoldTest, RankToleranceIsAShareOfTheLargestSingularValue) {
  using Scalar = TypeParam;
  auto engine = random_engine(2, 27);
  Vector<Scalar> values(2);
  values << Scalar(50), Scalar(0.5);
  const auto r = readout_with<Scalar>(engine, 2, 4, values);
  EXPECT_EQ(ZeroErrorManifold<Scalar>(r.C, r.d, Scalar(0.009)).rank(), 2);
  EXPECT_EQ(ZeroErrorManifold<Scalar>(r.C, r.d, Scalar(0.011)).rank(), 1);
}

TYPED_TEST(ZeroErrorManifoldTest, ProjectsOrthogonallyToTheKnownPoint) {
  using Scalar = TypeParam;
  for_each_readout<Scalar>([](const auto& r, RandomEngine& engine) {
    const ZeroErrorManifold<Scalar> manifold(r.C, r.d);
    const auto t = reachable_target(r, engine);
    const Vector<Scalar> h = random_vector<Scalar>(engine, r.C.cols());
    const Vector<Scalar> p = manifold.project(h, t.target);
    const Vector<Scalar> known = t.nearest_to_origin + r.tangents * (r.tangents.transpose() * h);
    EXPECT_LE(size_of(p - known), allowed<Scalar>(4));
    EXPECT_LE(size_of(r.C * p + r.d - t.target), allowed<Scalar>(4));
    EXPECT_LE(size_of(manifold.residual(p, t.target)), allowed<Scalar>(4));
    EXPECT_LE(size_of(manifold.project(p, t.target) - p), allowed<Scalar>(4));
    EXPECT_LE(size_of(r.tangents.transpose() * (p - h)), allowed<Scalar>(4));
  });
}

TYPED_TEST(ZeroErrorManifoldTest, NoPointIsNearerThanTheProjection) {
  using Scalar = TypeParam;
  for_each_readout<Scalar>([](const auto& r, RandomEngine& engine) {
    const ZeroErrorManifold<Scalar> manifold(r.C, r.d);
    const auto t = reachable_target(r, engine);
    const Vector<Scalar> h = random_vector<Scalar>(engine, r.C.cols());
    const Vector<Scalar> p = manifold.project(h, t.target);
    for (int k = 0; k < 5; ++k) {
      const Vector<Scalar> m = random_point(r, t, engine);
      const Scalar whole = (m - h).squaredNorm(), across = (p - h).squaredNorm();
      expect_near(whole, Scalar((m - p).squaredNorm() + across), 8 + double(whole));
    }
  });
}

TYPED_TEST(ZeroErrorManifoldTest, ObliqueProjectionIsNearestInItsOwnNorm) {
  using Scalar = TypeParam;
  for_each_readout<Scalar>([](const auto& r, RandomEngine& engine) {
    const ZeroErrorManifold<Scalar> manifold(r.C, r.d);
    const auto [Q, Q_inverse] = random_metric<Scalar>(engine, r.C.cols());
    const auto t = reachable_target(r, engine);
    const Vector<Scalar> h = random_vector<Scalar>(engine, r.C.cols());
    const Vector<Scalar> p = manifold.project_obliquely(h, t.target, Q);
    EXPECT_LE(size_of(r.C * p + r.d - t.target), allowed<Scalar>(16));
    EXPECT_LE(size_of(r.tangents.transpose() * Q_inverse * (p - h)), allowed<Scalar>(64));
    EXPECT_LE(size_of(manifold.project_obliquely(p, t.target, Q) - p), allowed<Scalar>(16));
    const auto norm = [&inverse = Q_inverse](const Vector<Scalar>& v) {
      return Scalar(v.dot(inverse * v));
    };
    for (int k = 0; k < 5; ++k) {
      const Vector<Scalar> m = random_point(r, t, engine);
      expect_near(norm(m - h), Scalar(norm(m - p) + norm(p - h)), 64 + double(norm(m - h)));
    }
  });
}

TYPED_TEST(ZeroErrorManifoldTest, ObliqueIsTheGainFormulaAtFullRank) {
  using Scalar = TypeParam;
  auto engine = random_engine(5, 22);
  const auto r = random_readout<Scalar>(engine, {2, 5, 2});
  const auto [Q, unused] = random_metric<Scalar>(engine, 5);
  const Vector<Scalar> target = random_vector<Scalar>(engine, 2);
  const Vector<Scalar> h = random_vector<Scalar>(engine, 5);
  const Eigen::Matrix<Scalar, 2, 2> S = r.C * Q * r.C.transpose();
  const Vector<Scalar> e = target - r.C * h - r.d;
  const Vector<Scalar> literal = h + Q * r.C.transpose() * (S.inverse() * e);  // (G2)
  const ZeroErrorManifold<Scalar> manifold(r.C, r.d);
  EXPECT_LE(size_of(manifold.project_obliquely(h, target, Q) - literal), allowed<Scalar>(64));
}

TYPED_TEST(ZeroErrorManifoldTest, ObliqueWithTheIdentityIsOrthogonalAndScaleDropsOut) {
  using Scalar = TypeParam;
  for_each_readout<Scalar>([](const auto& r, RandomEngine& engine) {
    const Index N = r.C.cols();
    const ZeroErrorManifold<Scalar> manifold(r.C, r.d);
    const Vector<Scalar> target = reachable_target(r, engine).target;
    const Vector<Scalar> h = random_vector<Scalar>(engine, N);
    const auto Q = random_metric<Scalar>(engine, N).Q;
    const Matrix<Scalar> identity = Matrix<Scalar>::Identity(N, N), scaled = 7 * Q;
    EXPECT_LE(
        size_of(manifold.project_obliquely(h, target, identity) - manifold.project(h, target)),
        allowed<Scalar>(4));
    EXPECT_LE(size_of(manifold.project_obliquely(h, target, scaled) -
                      manifold.project_obliquely(h, target, Q)),
              allowed<Scalar>(16));
  });
}

TYPED_TEST(ZeroErrorManifoldTest, TurnsWithTheLatentSpace) {
  using Scalar = TypeParam;
  for_each_readout<Scalar>([](const auto& r, RandomEngine& engine) {
    const Index N = r.C.cols();
    const auto G = random_rotation<Scalar>(engine, N);
    const auto Q = random_metric<Scalar>(engine, N).Q;
    const Matrix<Scalar> turned_Q = G * Q * G.transpose();
    const ZeroErrorManifold<Scalar> manifold(r.C, r.d), turned(r.C * G.transpose(), r.d);
    const Vector<Scalar> target = reachable_target(r, engine).target;
    const Vector<Scalar> h = random_vector<Scalar>(engine, N);
    EXPECT_LE(size_of(turned.project(G * h, target) - G * manifold.project(h, target)),
              allowed<Scalar>(4));
    EXPECT_LE(size_of(turned.project_obliquely(G * h, target, turned_Q) -
                      G * manifold.project_obliquely(h, target, Q)),
              allowed<Scalar>(64));
  });
}

TYPED_TEST(ZeroErrorManifoldTest, MinimumNormPointIsNearestTheOrigin) {
  using Scalar = TypeParam;
  for_each_readout<Scalar>([](const auto& r, RandomEngine& engine) {
    const ZeroErrorManifold<Scalar> manifold(r.C, r.d);
    const auto t = reachable_target(r, engine);
    const Vector<Scalar> point = manifold.minimum_norm_point(t.target);
    const Vector<Scalar> origin = Vector<Scalar>::Zero(r.C.cols());
    EXPECT_LE(size_of(point - t.nearest_to_origin), allowed<Scalar>(4));
    EXPECT_LE(size_of(point - manifold.project(origin, t.target)), allowed<Scalar>(4));
    for (int k = 0; k < 5 && manifold.dimension() > 0; ++k)
      EXPECT_LT(point.norm(), random_point(r, t, engine).norm());
  });
}

TYPED_TEST(ZeroErrorManifoldTest, AchievesWhatItsDisplacementsAchieve) {
  using Scalar = TypeParam;
  for_each_readout<Scalar>([](const auto& r, RandomEngine& engine) {
    const ZeroErrorManifold<Scalar> manifold(r.C, r.d);
    const Vector<Scalar> e = random_vector<Scalar>(engine, r.C.rows());
    const Vector<Scalar> v = random_vector<Scalar>(engine, r.C.cols());
    const Vector<Scalar> shortest = manifold.shortest_displacement(e);
    EXPECT_LE(size_of(shortest - r.inverse() * e), allowed<Scalar>(8));
    EXPECT_LE(size_of(r.C * shortest - manifold.achievable_part(e)), allowed<Scalar>(8));
    EXPECT_LE(size_of(manifold.normal_part(v) - r.normals * (r.normals.transpose() * v)),
              allowed<Scalar>(4));
  });
}

TYPED_TEST(ZeroErrorManifoldTest, ReachesWithinTheToleranceAndNotBeyond) {
  using Scalar = TypeParam;
  auto engine = random_engine(3, 23);
  const auto r = random_readout<Scalar>(engine, {3, 5, 2});
  const Vector<Scalar> in_range = r.left * Vector<Scalar>::Ones(2);
  Vector<Scalar> outside = random_vector<Scalar>(engine, 3);
  outside -= r.left * (r.left.transpose() * outside);
  outside *= in_range.norm() / outside.norm();
  const Scalar tolerance = Scalar(0.01);
  const ZeroErrorManifold<Scalar> manifold(r.C, r.d, tolerance);
  const Vector<Scalar> h = Vector<Scalar>::Zero(5);
  const auto target = [&](Scalar share) {
    return Vector<Scalar>(r.d + in_range + share * outside);
  };
  EXPECT_TRUE(manifold.reachable(target(Scalar(0))));
  EXPECT_TRUE(manifold.reachable(target(Scalar(0.0099))));
  EXPECT_FALSE(manifold.reachable(target(Scalar(0.0102))));
  EXPECT_TRUE(manifold.reachable(r.d));
  EXPECT_NO_THROW(manifold.project(h, target(Scalar(0.0099))));
  EXPECT_THROW(manifold.project(h, target(Scalar(0.0102))), InvalidInput);
  const Matrix<Scalar> Q = Matrix<Scalar>::Identity(5, 5);
  EXPECT_THROW(manifold.project_obliquely(h, target(Scalar(1)), Q), InvalidInput);
  EXPECT_THROW(manifold.minimum_norm_point(target(Scalar(1))), InvalidInput);
}

TYPED_TEST(ZeroErrorManifoldTest, FullRankReachesEveryTarget) {
  using Scalar = TypeParam;
  auto engine = random_engine(4, 24);
  for (int k = 0; k < 20; ++k) {
    const auto r = random_readout<Scalar>(engine, {4, 30, 4});
    const ZeroErrorManifold<Scalar> manifold(r.C, r.d, Scalar(0));
    EXPECT_TRUE(manifold.reachable(random_vector<Scalar>(engine, 4)));
  }
}

// Two rows at the angle `sine`; singular values about sqrt(2) and sine / sqrt(2).
Matrix<double> rows_at_angle(double sine) {
  Matrix<double> C(2, 3);
  C << 1, 0, 0, 1, sine, 0;
  return C;
}

TEST(ZeroErrorManifold, NearParallelOutputsKeepTheirRankUntilTheTolerance) {
  const Vector<double> d = Vector<double>::Zero(2);
  const ZeroErrorManifold<double> full(rows_at_angle(1e-5), d);
  EXPECT_EQ(full.rank(), 2);
  EXPECT_NEAR(full.condition() / 4e10, 1, 1e-5);
  const ZeroErrorManifold<double> low(rows_at_angle(1e-5), d, 1e-4);
  EXPECT_EQ(low.rank(), 1);
  EXPECT_EQ(low.dimension(), 2);
  EXPECT_NEAR(low.smallest() / (1e-5 / std::sqrt(2)), 1, 1e-5);
}

TEST(ZeroErrorManifold, ProjectsOntoTheManifoldOfNearParallelOutputs) {
  const ZeroErrorManifold<double> manifold(rows_at_angle(1e-5), Vector<double>::Zero(2));
  const Vector<double> target{{1, 1 + 2e-5}}, h{{3, -1, 4}}, nearest{{1, 2, 4}};
  EXPECT_LE(size_of(manifold.project(h, target) - nearest), 1e-9);
}

void expect_unreachable(const ZeroErrorManifold<double>& manifold, const Vector<double>& target,
                        const std::string& part) {
  expect_refusal([&] { manifold.minimum_norm_point(target); }, part);
}

TEST(ZeroErrorManifold, RefusalNamesRankConditionAndCause) {
  const Vector<double> d2 = Vector<double>::Zero(2), target{{1, 2}};
  expect_unreachable(
      {rows_at_angle(1e-7), d2, 1e-6}, target,
      "C C' has condition 4e+14 (rank 1 of 2, singular values 7.07e-08 to 1.41): two "
      "outputs are nearly parallel, the target is unreachable; 0.707 of |y* - d| = "
      "2.24 lies outside the range of C (tolerance 1e-06)");
  expect_unreachable({rows_at_angle(1e-5), d2, 0.55e-5}, target, "two outputs are nearly parallel");
  expect_unreachable({Matrix<double>{{1, 0, 0}, {1e6, 1, 0}}, d2, 1e-9}, target, "nearly parallel");
  const Matrix<double> zero = Matrix<double>::Zero(2, 3);
  expect_unreachable({zero, d2}, target, "condition inf (rank 0 of 2");
  expect_unreachable({zero, d2}, target, "row 0 of C is nearly zero");

  const Vector<double> d3 = Vector<double>::Zero(3), far{{1, 2, 4}};
  const Matrix<double> parallel{{1, 0, 0}, {0, 1, 0}, {0, 3, 0}};
  expect_unreachable({parallel, d3}, far, "outputs 1 and 2 (from 0) are nearly parallel");
  const Matrix<double> dependent{{1, 0, 0}, {0, 1, 0}, {1, 1, 0}};
  expect_unreachable({dependent, d3}, far, "the outputs are linearly dependent");
  expect_unreachable({dependent.leftCols(2), d3}, far, "condition inf (rank 2 of 3");
  expect_unreachable({dependent.leftCols(2), d3}, far, "3 outputs read 2 units");
}

TEST(ZeroErrorManifold, RankZeroLeavesTheStateWhereItIs) {
  const Vector<double> d{{0.5, -1}}, h{{1, 2, 3}};
  const ZeroErrorManifold<double> manifold(Matrix<double>::Zero(2, 3), d);
  EXPECT_EQ(manifold.dimension(), 3);
  EXPECT_EQ(manifold.project(h, d), h);
  EXPECT_EQ(manifold.project_obliquely(h, d, Matrix<double>::Identity(3, 3)), h);
  EXPECT_EQ(manifold.minimum_norm_point(d), Vector<double>::Zero(3));
}

TEST(ZeroErrorManifold, RefusesABadReadout) {
  using Manifold = ZeroErrorManifold<double>;
  const Matrix<double> C = rows_at_angle(1);
  const Vector<double> d = Vector<double>::Zero(2);
  for (const double bad : {nan, infinity}) {
    Matrix<double> bad_C = C;
    bad_C(1, 2) = bad;
    EXPECT_THROW(Manifold(bad_C, d), InvalidInput);
    EXPECT_THROW(Manifold(C, Vector<double>{{0, bad}}), InvalidInput);
  }
  EXPECT_THROW(Manifold(Matrix<double>(0, 3), Vector<double>(0)), InvalidInput);
  EXPECT_THROW(Manifold(C, Vector<double>::Zero(3)), InvalidInput);
  for (const double bad : {nan, -1e-9, 1.0}) EXPECT_THROW(Manifold(C, d, bad), InvalidInput);
}

TEST(ZeroErrorManifold, RefusesBadStatesAndTargets) {
  const ZeroErrorManifold<double> manifold(rows_at_angle(1), Vector<double>::Zero(2));
  const Vector<double> h{{1, 2, 3}}, target{{1, 2}};
  for (const Vector<double>& bad : {Vector<double>{{1, nan}}, Vector<double>{{1, 2, 3}}}) {
    EXPECT_THROW(manifold.reachable(bad), InvalidInput);
    EXPECT_THROW(manifold.residual(h, bad), InvalidInput);
    EXPECT_THROW(manifold.project(h, bad), InvalidInput);
    EXPECT_THROW(manifold.minimum_norm_point(bad), InvalidInput);
    EXPECT_THROW(manifold.shortest_displacement(bad), InvalidInput);
    EXPECT_THROW(manifold.achievable_part(bad), InvalidInput);
  }
  for (const Vector<double>& bad : {Vector<double>{{1, nan, 3}}, Vector<double>{{1, 2}}}) {
    EXPECT_THROW(manifold.residual(bad, target), InvalidInput);
    EXPECT_THROW(manifold.project(bad, target), InvalidInput);
    EXPECT_THROW(manifold.normal_part(bad), InvalidInput);
  }
}

void expect_refused_metric(const Matrix<double>& Q, const std::string& part) {
  const ZeroErrorManifold<double> manifold(rows_at_angle(1), Vector<double>::Zero(2));
  const Vector<double> h{{1, 2, 3}}, target{{1, 2}};
  expect_refusal([&] { manifold.project_obliquely(h, target, Q); }, part);
}

TEST(ZeroErrorManifold, RefusesABadMetric) {
  Matrix<double> Q = Matrix<double>::Identity(3, 3);
  expect_refused_metric(Q.topRows(2), "Q: want 3 x 3, got 2 x 3");
  Q(0, 1) = 1e-3;
  expect_refused_metric(Q, "Q: is not symmetric");
  Q(1, 0) = 1e-3;
  Q(2, 2) = nan;
  expect_refused_metric(Q, "Q: holds a NaN");
  Q(2, 2) = -1;
  expect_refused_metric(Q, "Q: is not positive definite");
  expect_refused_metric(Matrix<double>::Zero(3, 3), "Q: is not positive definite");
}

TEST(ZeroErrorManifold, RefusesASingularMetric) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    auto engine = random_engine(seed, 28);
    const auto half = random_matrix<double>(engine, 3, 2);
    expect_refused_metric(half * half.transpose(), "Q: is not positive definite");
  }
}

}  // namespace
}  // namespace error_forcing::test
