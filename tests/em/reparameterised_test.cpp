#include <error_forcing/paper_form.hpp>
#include <error_forcing/reference_bptt.hpp>
#include <error_forcing/reparameterised.hpp>

#include "objective_in_weights.hpp"
#include "refusal.hpp"
#include "settings.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class ReparameterisedIn : public ::testing::Test {};
TYPED_TEST_SUITE(ReparameterisedIn, DoubleAndQuad, PrecisionName);

TYPED_TEST(ReparameterisedIn, IsTheRecursionOfTheLoopsForEveryEStepAndActivation) {
  using Scalar = TypeParam;
  const Matrix<Scalar> R = random_noise<Scalar>(5, 3, 1).R;
  for (const std::string& name : activation_names()) {
    const CaseOptions options{.outputs = 3, .trials = 34, .activation = parse_activation(name)};
    for_each_setting<Scalar>(options, [&](const Setting<Scalar>& s) {
      const auto& [network, batch] = s.drawn;
      auto t = inferred(s.e_step, s.drawn);
      const auto loops =
          reference_gradient(network, batch, t.displacements, ReadFrom::after_forcing, R);
      const auto direction = ascent_direction(Reparameterised<Scalar>{R}, network, batch, t);
      EXPECT_LE(relative_distance(direction, loops), 16 * rounding<Scalar>());
    });
  }
}

// (S1) by elimination, one trial and step at a time.
template <typename Scalar>
Scalar log_likelihood_by_elimination(const Matrix<Scalar>& R, const RandomCase<Scalar>& c,
                                     const Trajectory<Scalar>& t) {
  const auto& p = c.network.parameters;
  Scalar sum(0);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto o = observed_at(c.batch, trial, step);
    if (o.empty()) return;
    const Vector<Scalar> prediction = p.C * column(t.states, trial, step) + p.d;
    const Vector<Scalar> r =
        rows_of<Scalar>(column(c.batch.targets, trial, step), o) - rows_of<Scalar>(prediction, o);
    sum -= r.dot(solve_dense<Scalar>(R(o, o), r).col(0)) / 2;
  });
  return sum;
}

TYPED_TEST(ReparameterisedIn, ItsLikelihoodIsTheWeightedSquareOfTheResidual) {
  using Scalar = TypeParam;
  const CaseOptions options{.outputs = 3, .trials = 34};
  const Reparameterised<Scalar> m_step{random_noise<Scalar>(5, 3, 2).R};
  for_each_setting<Scalar>(options, [&](const Setting<Scalar>& s) {
    auto t = inferred(s.e_step, s.drawn);
    const Scalar want = log_likelihood_by_elimination(m_step.R, s.drawn, t);
    const Scalar found = non_centred_log_likelihood(m_step, s.drawn.network, s.drawn.batch, t);
    EXPECT_LT(want, Scalar(-1));
    expect_near(Scalar(found / want), Scalar(1), 1);
  });
}

TYPED_TEST(ReparameterisedIn, AscendsTheLikelihoodAtFixedNoise) {
  using Scalar = TypeParam;
  const Reparameterised<Scalar> m_step{random_noise<Scalar>(5, 2, 3).R};
  for (const auto& s : settings<Scalar>(small, 3)) {
    SCOPED_TRACE(s.name);
    const auto& [network, batch] = s.drawn;
    auto t = inferred(s.e_step, s.drawn);
    expect_gradient(ascent_direction(m_step, network, batch, t), network,
                    [&](const Network<Scalar>& moved) {
                      replay(moved, batch, t);
                      return log_likelihood_by_elimination<Scalar>(m_step.R, {moved, batch}, t);
                    });
  }
}

// (I3) Error forcing, rho = 0, R = sigma_y^2 I, every output observed or none: r = (1-c) e.
TYPED_TEST(ReparameterisedIn, UnderErrorForcingIsThePapersFormScaled) {
  using Scalar = TypeParam;
  const Scalar variance(0.3), gain(0.7), scale = (1 - gain) / variance;
  const auto c = random_case<Scalar>({.outputs = 3, .same_for_outputs = true}, 4);
  const auto& C = c.network.parameters.C;
  auto t = inferred<Scalar>(ErrorForcing<Scalar>{gain}, c);
  auto want = zero_like(c.network.parameters);
  add_scaled(want, scale, ascent_direction(PaperForm{}, c.network, c.batch, t));
  const auto found = ascent_direction(
      Reparameterised<Scalar>{variance * Matrix<Scalar>::Identity(3, 3)}, c.network, c.batch, t);
  EXPECT_GT(relative_distance(found.C, want.C), Scalar(0.01));
  Matrix<Scalar> squares = Matrix<Scalar>::Zero(3, 3);  // sum e e'
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto e = column(t.errors, trial, step);
    squares += e * e.transpose();
  });
  want.C += scale * gain * squares * readout_inverse(C).transpose();
  EXPECT_LE(relative_distance(found, want), 4 * rounding<Scalar>());
}

TYPED_TEST(ReparameterisedIn, WithoutForcingAndWithUnitNoiseIsThePapersForm) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>({.outputs = 3}, 5);
  auto t = inferred<Scalar>(FreeRunning{}, c);
  const auto paper = ascent_direction(PaperForm{}, c.network, c.batch, t);
  const auto found = ascent_direction(Reparameterised<Scalar>{Matrix<Scalar>::Identity(3, 3)},
                                      c.network, c.batch, t);
  EXPECT_LE(relative_distance(found, paper), rounding<Scalar>());
}

// One linear unit, a = 1/2, w = 2, C = 4, h_0 = 2, nu = (1/2, 0), y* = (19, 0), R = 2, no input:
//   u_1 = 3   h_1 = 7/2   r_1 = 5     u_2 = h_2 = 7/4 + 7/2 = 21/4   r_2 = -21
//   l_nc = -1/2 (25 + 441)/2 = -233/2
//   lambda_2 = -42   lambda_1 = 10 + 3/2 * -42 = -53
//   dW = 1/2 (-53 * 2 - 42 * 7/2) = -253/2   db = -95/2
//   dC = 5/2 * 7/2 - 21/2 * 21/4 = -371/8   dd = 5/2 - 21/2 = -8
TYPED_TEST(ReparameterisedIn, KnownNumbersOfOneUnit) {
  using Scalar = TypeParam;
  RandomCase<Scalar> c;
  auto& p = c.network.parameters = zero_parameters<Scalar>(1, 0, 1);
  p.W(0, 0) = 2, p.C(0, 0) = 4;
  c.network.leak = Scalar(0.5);
  c.network.activation = Activation::identity;
  c.network.initial_state = Vector<Scalar>::Constant(1, 2);
  c.batch = zero_batch<Scalar>(tiled(1, 2), 0, 1);
  c.batch.mask.fill(1);
  c.batch.targets(0, 1, 0) = 19;
  auto t = make_trajectory(c.network, c.batch);
  t.displacements(0, 1, 0) = Scalar(0.5);
  replay(c.network, c.batch, t);
  const Reparameterised<Scalar> m_step{Matrix<Scalar>{{2}}};
  expect_near(non_centred_log_likelihood(m_step, c.network, c.batch, t), Scalar(-233) / 2, 100);
  const auto direction = ascent_direction(m_step, c.network, c.batch, t);
  expect_near(direction.W(0, 0), Scalar(-253) / 2, 100);
  expect_near(direction.b(0), Scalar(-95) / 2, 100);
  expect_near(direction.C(0, 0), Scalar(-371) / 8, 100);
  expect_near(direction.d(0), Scalar(-8), 100);
}

TEST(ReparameterisedInput, RefusesAnRThatIsNoCovarianceOfTheOutputs) {
  const auto c = random_case({.observed_share = 1}, 6);
  auto t = inferred<double>(FreeRunning{}, c);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = [&](const Matrix<double>& R, const std::string& part) {
    const Reparameterised<double> m_step{R};
    expect_refusal([&] { ascent_direction(m_step, c.network, c.batch, t); }, part);
    expect_refusal([&] { non_centred_log_likelihood(m_step, c.network, c.batch, t); }, part);
  };
  refused(Matrix<double>::Identity(1, 1), "R: want a finite 2 x 2 matrix");
  refused(Matrix<double>::Constant(2, 2, nan), "R: want a finite 2 x 2 matrix");
  refused(Matrix<double>::Ones(2, 2), "R: not positive definite");
}

}  // namespace
}  // namespace error_forcing::test
