#include <error_forcing/local.hpp>
#include <error_forcing/reparameterised.hpp>

#include "objective_in_weights.hpp"
#include "refusal.hpp"
#include "settings.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class LocalIn : public ::testing::Test {};
TYPED_TEST_SUITE(LocalIn, DoubleAndQuad, PrecisionName);

// phi, written here once more.
template <typename Scalar>
Scalar tanh_of(const Scalar& x) {
  using std::tanh;
  return tanh(x);
}

// F(h_{t-1}, x_t) of (M2) at the states of a trajectory.
template <typename Scalar>
Vector<Scalar> prediction_from(const Network<Scalar>& network, const Batch<Scalar>& batch,
                               const Trajectory<Scalar>& t, Index trial, Index step) {
  const auto& p = network.parameters;
  const Scalar a = network.leak;
  const Vector<Scalar> h = column(t.states, trial, step - 1);
  const Vector<Scalar> phi = h.unaryExpr(&tanh_of<Scalar>);
  return (1 - a) * h + a * (p.W * phi + p.U * column(batch.inputs, trial, step) + p.b);
}

// log p(h | theta) + log p(y* | h; theta) without constants: the states are given, so every step
// stands alone.
template <typename Scalar>
Scalar centred_log_likelihood(const Noise<Scalar>& noise, const Network<Scalar>& network,
                              const Batch<Scalar>& batch, const Trajectory<Scalar>& t) {
  const auto& p = network.parameters;
  Scalar sum(0);
  for_each_step(batch.layout(), [&](Index trial, Index step) {
    const Vector<Scalar> h = column(t.states, trial, step);
    const Vector<Scalar> noise_part = h - prediction_from(network, batch, t, trial, step);
    sum -= noise_part.dot(solve_dense<Scalar>(noise.Q, noise_part).col(0)) / 2;
    const auto o = observed_at(batch, trial, step);
    if (o.empty()) return;
    const Vector<Scalar> y = p.C * h + p.d;
    const Vector<Scalar> r =
        rows_of<Scalar>(column(batch.targets, trial, step), o) - rows_of<Scalar>(y, o);
    sum -= r.dot(solve_dense<Scalar>(noise.R(o, o), r).col(0)) / 2;
  });
  return sum;
}

TYPED_TEST(LocalIn, AscendsTheCentredLikelihoodAtFixedStates) {
  SKIP_UNDER_SANITIZERS("the next laws call the same code");
  using Scalar = TypeParam;
  const auto noise = random_noise<Scalar>(5, 2, 1);
  for (const auto& s : settings<Scalar>(small, 1)) {
    SCOPED_TRACE(s.name);
    const auto& [network, batch] = s.drawn;
    auto t = inferred(s.e_step, s.drawn);
    expect_gradient(ascent_direction(Local<Scalar>{noise}, network, batch, t), network,
                    [&](const Network<Scalar>& moved) {
                      return centred_log_likelihood(noise, moved, batch, t);
                    });
  }
}

// (I2) With the greedy E-step, Q^-1 nu_t = C' S^-1 e_t = C' R^-1 r_t: the first term of
// lambda_t = C' R^-1 r_t + J' lambda_{t+1} and nothing of the second.
TYPED_TEST(LocalIn, WithTheGreedyEStepTruncatesBackPropagationToOneStep) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>({.outputs = 3, .trials = 34}, 2);
  const auto noise = random_noise<Scalar>(5, 3, 2);
  const auto& p = c.network.parameters;
  auto t = inferred<Scalar>(GreedyPosterior<Scalar>{noise}, c);
  auto want = zero_like(p);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto o = observed_at(c.batch, trial, step);
    if (o.empty()) return;
    const Vector<Scalar> h = column(t.states, trial, step);
    const Vector<Scalar> y = p.C * h + p.d;
    const Vector<Scalar> r =
        rows_of<Scalar>(column(c.batch.targets, trial, step), o) - rows_of<Scalar>(y, o);
    const Vector<Scalar> g = solve_dense<Scalar>(noise.R(o, o), r);
    const Vector<Scalar> lambda = rows_of(p.C, o).transpose() * g;
    const Vector<Scalar> phi = column(t.states, trial, step - 1).unaryExpr(&tanh_of<Scalar>);
    want.W += c.network.leak * lambda * phi.transpose();
    want.U += c.network.leak * lambda * column(c.batch.inputs, trial, step).transpose();
    want.b += c.network.leak * lambda;
    want.C(o, Eigen::all) += g * h.transpose();
    want.d(o) += g;
  });
  const auto found = ascent_direction(Local<Scalar>{noise}, c.network, c.batch, t);
  EXPECT_LE(relative_distance(found, want), 16 * rounding<Scalar>());
  // Back-propagation itself goes further back.
  const auto whole = ascent_direction(Reparameterised<Scalar>{noise.R}, c.network, c.batch, t);
  EXPECT_GT(relative_distance(found.W, whole.W), Scalar(0.01));
  EXPECT_LE(relative_distance(found.C, whole.C), 16 * rounding<Scalar>());
}

// One step is all there is: back-propagation has nothing to add.
TYPED_TEST(LocalIn, WithTheGreedyEStepAndOneStepIsBackPropagation) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>({.outputs = 3, .steps = 1}, 3);
  const auto noise = random_noise<Scalar>(5, 3, 3);
  auto t = inferred<Scalar>(GreedyPosterior<Scalar>{noise}, c);
  const auto found = ascent_direction(Local<Scalar>{noise}, c.network, c.batch, t);
  const auto whole = ascent_direction(Reparameterised<Scalar>{noise.R}, c.network, c.batch, t);
  EXPECT_LE(relative_distance(found, whole), 16 * rounding<Scalar>());
}

// The one-step trial that starts at h_{t-1}.
template <typename Scalar>
RandomCase<Scalar> step_alone(const RandomCase<Scalar>& c, const Trajectory<Scalar>& t,
                              Index step) {
  RandomCase<Scalar> alone{c.network, zero_batch<Scalar>(tiled(1, 1), 2, 2)};
  alone.network.initial_state = column(t.states, 0, step - 1);
  for (Index row = 0; row < 2; ++row) {
    alone.batch.inputs(0, 1, row) = c.batch.inputs(0, step, row);
    alone.batch.targets(0, 1, row) = c.batch.targets(0, step, row);
    alone.batch.mask(0, 1, row) = c.batch.mask(0, step, row);
  }
  return alone;
}

TYPED_TEST(LocalIn, EveryStepStandsAlone) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>({.trials = 1}, 4);
  const Local<Scalar> m_step{random_noise<Scalar>(5, 2, 4)};
  auto t = displaced_trajectory(c, 4);
  const auto whole = ascent_direction(m_step, c.network, c.batch, t);
  auto sum = zero_like(c.network.parameters);
  for (Index step = 1; step <= 6; ++step) {
    const auto alone = step_alone(c, t, step);
    auto one = make_trajectory(alone.network, alone.batch);
    for (Index unit = 0; unit < 5; ++unit)
      one.displacements(0, 1, unit) = t.displacements(0, step, unit);
    replay(alone.network, alone.batch, one);
    add_scaled(sum, Scalar(1), ascent_direction(m_step, alone.network, alone.batch, one));
  }
  EXPECT_LE(relative_distance(whole, sum), rounding<Scalar>());
}

TYPED_TEST(LocalIn, WithoutDisplacementsTeachesTheReadoutOnly) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>({}, 5);
  auto t = inferred<Scalar>(FreeRunning{}, c);
  const auto direction =
      ascent_direction(Local<Scalar>{random_noise<Scalar>(5, 2, 5)}, c.network, c.batch, t);
  EXPECT_EQ(direction.W.cwiseAbs().maxCoeff(), Scalar(0));
  EXPECT_EQ(direction.U.cwiseAbs().maxCoeff(), Scalar(0));
  EXPECT_EQ(direction.b.cwiseAbs().maxCoeff(), Scalar(0));
  EXPECT_GT(direction.C.cwiseAbs().maxCoeff(), Scalar(0.1));
}

// One linear unit, a = 1/2, h_0 = 2, C = 4, nu = 3/2, Q = 1/2, R = 2, y* = 19, no weights:
//   u = 1   h = 5/2   delta = 3   r = 9   dW = 1/2 * 3 * 2 = 3   db = 3/2   dC = 45/4   dd = 9/2
TYPED_TEST(LocalIn, KnownNumbersOfOneUnit) {
  using Scalar = TypeParam;
  RandomCase<Scalar> c;
  c.network.parameters = zero_parameters<Scalar>(1, 0, 1);
  c.network.parameters.C(0, 0) = 4;
  c.network.leak = Scalar(0.5);
  c.network.activation = Activation::identity;
  c.network.initial_state = Vector<Scalar>::Constant(1, 2);
  c.batch = zero_batch<Scalar>(tiled(1, 1), 0, 1);
  c.batch.mask.fill(1);
  c.batch.targets(0, 1, 0) = 19;
  auto t = make_trajectory(c.network, c.batch);
  t.displacements(0, 1, 0) = Scalar(1.5);
  replay(c.network, c.batch, t);
  const Local<Scalar> m_step{{Matrix<Scalar>{{0.5}}, Matrix<Scalar>{{2}}}};
  const auto direction = ascent_direction(m_step, c.network, c.batch, t);
  expect_near(direction.W(0, 0), Scalar(3), 8);
  expect_near(direction.b(0), Scalar(3) / 2, 8);
  expect_near(direction.C(0, 0), Scalar(45) / 4, 8);
  expect_near(direction.d(0), Scalar(9) / 2, 8);
}

TEST(LocalInput, RefusesNoiseWithoutAPrecision) {
  const auto c = random_case({.observed_share = 1}, 6);
  auto t = inferred<double>(FreeRunning{}, c);
  const auto refused = [&](const Noise<double>& noise, const std::string& part) {
    expect_refusal([&] { ascent_direction(Local<double>{noise}, c.network, c.batch, t); }, part);
  };
  refused(isotropic_noise<double>(5, 2, 0, 1), "Q: not positive definite");
  refused(isotropic_noise<double>(5, 2, 1, 0), "R: not positive definite");
  refused(isotropic_noise<double>(4, 2, 1, 1), "Q: want 5 x 5");
  refused(isotropic_noise<double>(5, 3, 1, 1), "R: want 2 x 2");
  auto noise = isotropic_noise<double>(5, 2, 1, 1);
  noise.Q(0, 1) = 0.5;
  refused(noise, "Q: not symmetric");
  noise.Q(0, 1) = std::numeric_limits<double>::quiet_NaN();
  refused(noise, "Q: holds a NaN");
}

}  // namespace
}  // namespace error_forcing::test
