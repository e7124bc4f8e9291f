#include <error_forcing/displacement_split.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/feedback.hpp>

#include "random_case.hpp"
#include "random_readout.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class DisplacementSplitTest : public ::testing::Test {};
TYPED_TEST_SUITE(DisplacementSplitTest, DoubleAndQuad, PrecisionName);

// (E1) and (E2) word by word, from a C+ of one's choice.
template <typename Scalar>
Vector<Scalar> error_forced(const KnownReadout<Scalar>& r, const Matrix<Scalar>& inverse, Scalar c,
                            const Vector<Scalar>& u, const Vector<Scalar>& target) {
  return u + c * inverse * (target - r.C * u - r.d);
}
template <typename Scalar>
Vector<Scalar> teacher_forced(const KnownReadout<Scalar>& r, const Matrix<Scalar>& inverse,
                              Scalar c, const Vector<Scalar>& u, const Vector<Scalar>& target) {
  return (1 - c) * u + c * inverse * (target - r.d);
}

template <typename Scalar>
void expect_equal(const ForcingEffect<Scalar>& a, const ForcingEffect<Scalar>& b) {
  expect_near(a.normal, b.normal, 8);
  expect_near(a.tangent, b.tangent, 8);
  expect_near(a.error_after, b.error_after, 8);
}

TYPED_TEST(DisplacementSplitTest, SplitsIntoTheRowSpaceAndTheKernel) {
  using Scalar = TypeParam;
  for_each_readout<Scalar>([](const auto& r, RandomEngine& engine) {
    const ZeroErrorManifold<Scalar> manifold(r.C, r.d);
    const Vector<Scalar> nu = random_vector<Scalar>(engine, r.C.cols());
    const auto [normal, tangent] = split_displacement(manifold, nu);
    EXPECT_LE(size_of(normal + tangent - nu), allowed<Scalar>(4));
    EXPECT_LE(size_of(normal - r.normals * (r.normals.transpose() * nu)), allowed<Scalar>(4));
    EXPECT_LE(size_of(tangent - r.tangents * (r.tangents.transpose() * nu)), allowed<Scalar>(4));
    EXPECT_LE(size_of(r.C * tangent), allowed<Scalar>(8));
    expect_near(Scalar(normal.dot(tangent)), Scalar(0), 4);
  });
}

// Targets here are mostly unreachable where rank C < P: (G4) holds there as well.
TYPED_TEST(DisplacementSplitTest, PredictsWhatForcingDoesAtEveryRank) {
  using Scalar = TypeParam;
  for_each_readout<Scalar>([](const auto& r, RandomEngine& engine) {
    const ZeroErrorManifold<Scalar> manifold(r.C, r.d);
    const Vector<Scalar> u = random_vector<Scalar>(engine, r.C.cols());
    const Vector<Scalar> target = random_vector<Scalar>(engine, r.C.rows());
    for (const double gain : {0.0, 0.3, 1.0}) {
      const Scalar c(gain);
      expect_equal(measure_forcing<Scalar>(
                       manifold, u, error_forced<Scalar>(r, r.inverse(), c, u, target), target),
                   predict_error_forcing(manifold, u, target, c));
      expect_equal(measure_forcing<Scalar>(
                       manifold, u, teacher_forced<Scalar>(r, r.inverse(), c, u, target), target),
                   predict_teacher_forcing(manifold, u, target, c));
    }
  });
}

TYPED_TEST(DisplacementSplitTest, ErrorForcingNeverMovesFurtherThanTeacherForcing) {
  using Scalar = TypeParam;
  for_each_readout<Scalar>([](const auto& r, RandomEngine& engine) {
    const ZeroErrorManifold<Scalar> manifold(r.C, r.d);
    const Vector<Scalar> u = random_vector<Scalar>(engine, r.C.cols());
    const Vector<Scalar> target = random_vector<Scalar>(engine, r.C.rows());
    const Scalar c(0.6);
    const Vector<Scalar> ef = error_forced<Scalar>(r, r.inverse(), c, u, target) - u;
    const Vector<Scalar> tf = teacher_forced<Scalar>(r, r.inverse(), c, u, target) - u;
    const Scalar further = tf.squaredNorm() - ef.squaredNorm();
    const Scalar tangent = (r.tangents.transpose() * u).squaredNorm();
    EXPECT_GE(further, -rounding<Scalar>());
    expect_near(further, Scalar(c * c * tangent), 32);
    EXPECT_LE(size_of(r.C * ef - r.C * tf), allowed<Scalar>(8));  // the same error is removed
  });
}

TYPED_TEST(DisplacementSplitTest, EqualOnlyWithoutGainOrInTheRowSpace) {
  using Scalar = TypeParam;
  auto engine = random_engine(6, 25);
  const auto r = random_readout<Scalar>(engine, {2, 5, 2});
  const ZeroErrorManifold<Scalar> manifold(r.C, r.d);
  const Vector<Scalar> target = random_vector<Scalar>(engine, 2);
  const Vector<Scalar> anywhere = random_vector<Scalar>(engine, 5);
  const Vector<Scalar> in_row_space = r.normals * random_vector<Scalar>(engine, 2);
  const auto gap = [&](const Vector<Scalar>& u, double c) {
    return Scalar(predict_teacher_forcing(manifold, u, target, Scalar(c)).displacement() -
                  predict_error_forcing(manifold, u, target, Scalar(c)).displacement());
  };
  EXPECT_EQ(gap(anywhere, 0), 0);
  expect_near(gap(in_row_space, 0.7), Scalar(0), 4);
  EXPECT_GT(gap(anywhere, 0.7), 0.01);
}

// With a ridge teacher forcing also leaves part of the error, and can move less: C = 1, rho = 1
// gives C+ = 1/2; from u = 1/2 to y* = 3/2 error forcing moves by 1/2, teacher forcing by 1/4.
TYPED_TEST(DisplacementSplitTest, WithARidgeTheInequalityCanFail) {
  using Scalar = TypeParam;
  KnownReadout<Scalar> r;
  r.C = Matrix<Scalar>::Ones(1, 1);
  r.d = Vector<Scalar>::Zero(1);
  const Matrix<Scalar> inverse = pseudoinverse(r.C, Scalar(1)).inverse;
  const Vector<Scalar> u = Vector<Scalar>::Constant(1, Scalar(0.5)), target = 3 * u;
  const Vector<Scalar> ef = error_forced<Scalar>(r, inverse, 1, u, target) - u;
  const Vector<Scalar> tf = teacher_forced<Scalar>(r, inverse, 1, u, target) - u;
  expect_near(ef(0), Scalar(0.5), 1);
  expect_near(tf(0), Scalar(0.25), 1);
}

TYPED_TEST(DisplacementSplitTest, AGreedyPosteriorOfUnequalNoiseMovesAlongTheManifold) {
  using Scalar = TypeParam;
  auto engine = random_engine(8, 26);
  const auto r = random_readout<Scalar>(engine, {1, 4, 1});
  const ZeroErrorManifold<Scalar> manifold(r.C, r.d);
  const Matrix<Scalar> unequal = random_metric<Scalar>(engine, 4).Q;
  const auto tangent_share = [&](const Matrix<Scalar>& Q) {
    const Vector<Scalar> nu = Q * r.C.transpose();  // (E3) up to a factor, one output
    return double(split_displacement(manifold, nu).tangent.norm() / nu.norm());
  };
  EXPECT_GT(tangent_share(unequal), 0.05);
  EXPECT_LE(tangent_share(3 * Matrix<Scalar>::Identity(4, 4)), allowed<Scalar>(4));
}

// The same numbers on trajectories that the engine forced.
template <typename Scalar>
void expect_predicted_along_rollout(Anchor anchor, std::uint64_t seed) {
  SCOPED_TRACE(fmt::format("seed {}", seed));
  const Scalar c(0.4);
  const auto [network, batch] = random_case<Scalar>({.observed_share = 1}, seed);
  const bool teacher = anchor == Anchor::target;
  const Feedback<Scalar> feedback{.gain = c * pseudoinverse(network.parameters.C).inverse,
                                  .pull = teacher ? c : Scalar(0),
                                  .anchor = anchor};
  auto trajectory = make_trajectory(network, batch);
  rollout_with_feedback(network, batch, feedback, trajectory);
  const ZeroErrorManifold<Scalar> manifold(network.parameters.C, network.parameters.d);
  for (Index step = 1; step <= batch.layout().steps; ++step) {
    const Vector<Scalar> u = trajectory.states_before.at(0, step).col(1);
    const Vector<Scalar> h = trajectory.states.at(0, step).col(1);
    const Vector<Scalar> target = batch.targets.at(0, step).col(1);
    const auto predicted = teacher ? predict_teacher_forcing(manifold, u, target, c)
                                   : predict_error_forcing(manifold, u, target, c);
    expect_equal(measure_forcing(manifold, u, h, target), predicted);
  }
}

TYPED_TEST(DisplacementSplitTest, PredictsTheForcedRollouts) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    expect_predicted_along_rollout<TypeParam>(Anchor::error, seed);
    expect_predicted_along_rollout<TypeParam>(Anchor::target, seed);
  }
}

TEST(DisplacementSplit, KnownNumbers) {
  // The line h_1 + 1 = 3 in the plane, from u = (0, 4): the error is 2, the target point (2, 0).
  const ZeroErrorManifold<double> manifold(Matrix<double>{{1, 0}}, Vector<double>{{1}});
  const Vector<double> u{{0, 4}}, target{{3}};
  const auto ef = predict_error_forcing(manifold, u, target, 0.5);
  const auto tf = predict_teacher_forcing(manifold, u, target, 0.5);
  EXPECT_DOUBLE_EQ(ef.normal, 1);
  EXPECT_DOUBLE_EQ(ef.tangent, 0);
  EXPECT_DOUBLE_EQ(ef.error_after, 1);
  EXPECT_DOUBLE_EQ(tf.normal, 1);
  EXPECT_DOUBLE_EQ(tf.tangent, 2);
  EXPECT_DOUBLE_EQ(tf.error_after, 1);
  EXPECT_DOUBLE_EQ(tf.displacement(), std::sqrt(5));
}

TEST(DisplacementSplit, RefusesBadInput) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const ZeroErrorManifold<double> manifold(Matrix<double>{{1, 0}}, Vector<double>{{1}});
  const Vector<double> u{{0, 4}}, target{{3}}, bad{{nan, 1}}, bad_target{{nan}};
  for (const double gain : {nan, -0.1, 1.1}) {
    EXPECT_THROW(predict_error_forcing(manifold, u, target, gain), InvalidInput);
    EXPECT_THROW(predict_teacher_forcing(manifold, u, target, gain), InvalidInput);
  }
  EXPECT_THROW(split_displacement(manifold, bad), InvalidInput);
  EXPECT_THROW(split_displacement(manifold, target), InvalidInput);
  EXPECT_THROW(measure_forcing(manifold, bad, u, target), InvalidInput);
  EXPECT_THROW(measure_forcing(manifold, u, bad, target), InvalidInput);
  EXPECT_THROW(measure_forcing(manifold, u, u, bad_target), InvalidInput);
  EXPECT_THROW(predict_teacher_forcing(manifold, bad, target, 0.5), InvalidInput);
}

}  // namespace
}  // namespace error_forcing::test
