#include <error_forcing/feedback.hpp>
#include <error_forcing/rollout.hpp>
#include <error_forcing/statistics.hpp>
#include <error_forcing/thin_svd.hpp>

#include "precision.hpp"
#include "random_case.hpp"

namespace error_forcing {
namespace {

using test::CaseOptions;

template <typename Scalar>
class FeedbackIn : public ::testing::Test {};
TYPED_TEST_SUITE(FeedbackIn, test::AllPrecisions, test::PrecisionName);

const std::vector<Anchor> every_anchor{Anchor::error, Anchor::target, Anchor::target_with_bias};

// c C+ of a readout of full row rank.
template <typename Scalar>
Matrix<Scalar> readout_gain(const Matrix<Scalar>& C, Scalar c) {
  const auto svd = thin_svd(C);
  return c * svd.right * svd.values.cwiseInverse().asDiagonal() * svd.left.transpose();
}

template <typename Scalar>
Feedback<Scalar> random_feedback(const Network<Scalar>& network, Anchor anchor, Scalar pull) {
  auto engine = random_engine(4, 1);
  const auto K = normal_matrix(engine, network.units(), network.outputs(), 0.3);
  return {K.template cast<Scalar>(), pull, anchor};
}

// nu_t = K s_t - p u_t of one trial and step by the table of the header, in loops.
template <typename Scalar>
Vector<Scalar> literal_displacement(const Feedback<Scalar>& feedback,
                                    const test::RandomCase<Scalar>& c, const Trajectory<Scalar>& t,
                                    Index trial, Index step) {
  const Index N = c.network.units(), P = c.network.outputs();
  const auto observed = [&](Index k) {
    return c.batch.mask(trial, step, feedback.first_mask_channel ? 0 : k) == 1;
  };
  Vector<Scalar> nu = Vector<Scalar>::Zero(N);
  bool any = false;
  for (Index k = 0; k < P; ++k) any = any || observed(k);
  if (!any) return nu;
  for (Index i = 0; i < N; ++i) {
    nu(i) = -feedback.pull * t.states_before(trial, step, i);
    for (Index k = 0; k < P; ++k) {
      const Scalar y = t.outputs(trial, step, k), d = c.network.parameters.d(k);
      Scalar s = observed(k) ? Scalar(c.batch.targets(trial, step, k) - y) : Scalar(0);
      if (feedback.anchor == Anchor::target) s += y - d;
      if (feedback.anchor == Anchor::target_with_bias) s += y;
      nu(i) += feedback.gain(i, k) * s;
    }
  }
  return nu;
}

TYPED_TEST(FeedbackIn, DisplacesByTheTableOfItsHeader) {
  using Scalar = TypeParam;
  for (Anchor anchor : every_anchor)
    for (bool first_channel : {false, true}) {
      CaseOptions options;
      options.outputs = 3;
      options.trials = 35;
      options.observed_share = 0.4;
      options.nan_where_unobserved = !first_channel;  // the first mask may ask for any target
      const auto c = test::random_case<Scalar>(options, 41);
      auto feedback = random_feedback(c.network, anchor, Scalar(0.3));
      feedback.first_mask_channel = first_channel;
      auto t = make_trajectory(c.network, c.batch);
      rollout_with_feedback(c.network, c.batch, feedback, t);
      History<Scalar> literal(c.batch.layout(), c.network.units());
      for (Index trial = 0; trial < 35; ++trial)
        for (Index step = 1; step <= 6; ++step) {
          const auto nu = literal_displacement(feedback, c, t, trial, step);
          for (Index i = 0; i < 5; ++i) literal(trial, step, i) = nu(i);
        }
      EXPECT_LE(relative_distance(t.displacements, literal), test::rounding<Scalar>())
          << "anchor " << static_cast<int>(anchor) << ", first channel " << first_channel;
    }
}

TYPED_TEST(FeedbackIn, ReplayingItsDisplacementsRepeatsTheBits) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({.trials = 33}, 42);
  for (Anchor anchor : every_anchor) {
    auto t = make_trajectory(c.network, c.batch);
    rollout_with_feedback(c.network, c.batch, random_feedback(c.network, anchor, Scalar(0.5)), t);
    auto again = make_trajectory(c.network, c.batch);
    again.displacements = t.displacements;
    replay(c.network, c.batch, again);
    EXPECT_EQ(relative_distance(again.states, t.states), Scalar(0));
  }
}

TYPED_TEST(FeedbackIn, WithoutGainAndPullRunsFree) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({.trials = 33}, 43);
  auto forced = test::displaced_trajectory(c, 43), free = forced;
  rollout_with_feedback(c.network, c.batch, {Matrix<Scalar>(Matrix<Scalar>::Zero(5, 2))}, forced);
  run_free(c.network, c.batch, free);
  EXPECT_EQ(relative_distance(forced.states, free.states), Scalar(0));
}

// C h_t + d = y_t + c e_t where every output of a trial is observed or none is.
TYPED_TEST(FeedbackIn, RemovesTheShareCOfTheErrorForTheAnchorsErrorAndTarget) {
  using Scalar = TypeParam;
  const Scalar share(0.7);
  const auto c = test::random_case<Scalar>({.trials = 33, .same_for_outputs = true}, 44);
  const auto& p = c.network.parameters;
  for (Anchor anchor : {Anchor::error, Anchor::target}) {
    const Scalar pull = anchor == Anchor::error ? Scalar(0) : share;
    auto t = make_trajectory(c.network, c.batch);
    rollout_with_feedback(c.network, c.batch, {readout_gain(p.C, share), pull, anchor}, t);
    for (Index step = 1; step <= 6; ++step) {
      const Matrix<Scalar> left = (p.C * t.states.at(0, step)).colwise() + p.d;
      const Matrix<Scalar> right = t.outputs.at(0, step) + share * t.errors.at(0, step);
      EXPECT_LE(relative_distance(left, right), test::rounding<Scalar>());
    }
  }
}

// (E2) literally: h = (1-c) u + c C+ (target - d), as released without subtracting d; an unobserved
// output keeps its prediction; a trial without an observed output runs on freely.
TYPED_TEST(FeedbackIn, TargetAnchorsAreTeacherForcing) {
  using Scalar = TypeParam;
  const Scalar share(0.4);
  const auto c = test::random_case<Scalar>({.trials = 33}, 45);
  const auto& p = c.network.parameters;
  const Matrix<Scalar> inverse = readout_gain(p.C, Scalar(1));
  for (Anchor anchor : {Anchor::target, Anchor::target_with_bias}) {
    auto t = make_trajectory(c.network, c.batch);
    rollout_with_feedback(c.network, c.batch, {readout_gain(p.C, share), share, anchor}, t);
    for (Index trial = 0; trial < 33; ++trial)
      for (Index step = 1; step <= 6; ++step) {
        const Index tile = trial / 32, lane = trial % 32;
        const Vector<Scalar> u = t.states_before.at(tile, step).col(lane);
        Vector<Scalar> target = t.outputs.at(tile, step).col(lane);
        bool any = false;
        for (Index k = 0; k < 2; ++k) {
          if (c.batch.mask(trial, step, k) == 0) continue;
          target(k) = c.batch.targets(trial, step, k);
          any = true;
        }
        if (anchor == Anchor::target) target -= p.d;
        const Vector<Scalar> h =
            any ? Vector<Scalar>((1 - share) * u + share * (inverse * target)) : u;
        const Vector<Scalar> gap = t.states.at(tile, step).col(lane) - h;
        EXPECT_LE(gap.cwiseAbs().maxCoeff(), test::rounding<Scalar>());
      }
  }
}

TYPED_TEST(FeedbackIn, FirstMaskChannelForcesEveryOutputWhereTheFirstIsObserved) {
  using Scalar = TypeParam;
  auto c = test::random_case<Scalar>({.nan_where_unobserved = false}, 46);
  const Feedback<Scalar> own{random_feedback(c.network, Anchor::error, Scalar(0))};
  auto by_first = own;
  by_first.first_mask_channel = true;
  auto first_for_all = c;
  for (Index trial = 0; trial < 3; ++trial)
    for (Index step = 1; step <= 6; ++step)
      first_for_all.batch.mask(trial, step, 1) = c.batch.mask(trial, step, 0);
  auto a = make_trajectory(c.network, c.batch), b = a, other = a;
  rollout_with_feedback(c.network, c.batch, by_first, a);
  rollout_with_feedback(c.network, first_for_all.batch, own, b);
  rollout_with_feedback(c.network, c.batch, own, other);
  EXPECT_EQ(relative_distance(a.states, b.states), Scalar(0));
  EXPECT_GT(relative_distance(a.states, other.states), Scalar(1e-3));
  EXPECT_GT(relative_distance(a.errors, b.errors), Scalar(1e-3)) << "errors keep their own mask";
}

}  // namespace
}  // namespace error_forcing
