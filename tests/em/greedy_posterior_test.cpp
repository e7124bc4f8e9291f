#include <error_forcing/greedy_posterior.hpp>

#include "refusal.hpp"
#include "settings.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class GreedyPosteriorIn : public ::testing::Test {};
TYPED_TEST_SUITE(GreedyPosteriorIn, DoubleAndQuad, PrecisionName);

// What one trial and step know: the observed rows of C, d, R and y*.
template <typename Scalar>
struct Observation {
  Matrix<Scalar> C, R;
  Vector<Scalar> gap;  ///< y* - C u - d, of the observed outputs
};

template <typename Scalar>
Observation<Scalar> observation(const RandomCase<Scalar>& c, const Noise<Scalar>& noise,
                                const Vector<Scalar>& u, Index trial, Index step) {
  const auto o = observed_at(c.batch, trial, step);
  const auto& p = c.network.parameters;
  const Vector<Scalar> y = p.C * u + p.d;
  return {rows_of(p.C, o), Matrix<Scalar>(noise.R(o, o)),
          rows_of<Scalar>(column(c.batch.targets, trial, step), o) - rows_of<Scalar>(y, o)};
}

// Calls check(u, nu, observation, noise) for every trial and step of a random case.
template <typename Scalar, typename Check>
void for_each_posterior(std::uint64_t seed, Check check) {
  const auto c = random_case<Scalar>(partial_masks, seed);
  const auto noise = random_noise<Scalar>(6, 3, seed);
  const auto t = inferred<Scalar>(GreedyPosterior<Scalar>{noise}, c);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const Vector<Scalar> u = column(t.states_before, trial, step);
    const Vector<Scalar> nu = column(t.displacements, trial, step);
    check(u, nu, observation(c, noise, u, trial, step), noise);
  });
}

// p(h_t | u_t, y*_o) in its information form, which inverts N x N matrices and never forms S:
// precision Q^-1 + C_o' R_oo^-1 C_o, mean the precision's inverse of C_o' R_oo^-1 (y* - C u - d)_o
// away from u.
TYPED_TEST(GreedyPosteriorIn, ConditionsOnTheObservedOutputsOnly) {
  using Scalar = TypeParam;
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    for_each_posterior<Scalar>(
        seed, [](const auto&, const auto& nu, const auto& seen, const auto& noise) {
          Matrix<Scalar> precision = inverse_dense(noise.Q);
          Vector<Scalar> information = Vector<Scalar>::Zero(6);
          if (seen.gap.size() > 0) {
            const Matrix<Scalar> weighted = solve_dense<Scalar>(seen.R, seen.C);  // R^-1 C
            precision += seen.C.transpose() * weighted;
            information = weighted.transpose() * seen.gap;
          }
          expect_zero(nu - solve_dense<Scalar>(precision, information), 32);
        });
}

// Its mean minimises 1/2 nu' Q^-1 nu + 1/2 r' R^-1 r with r = y* - C (u + nu) - d, and so
// nu = Q C' R^-1 r.
TYPED_TEST(GreedyPosteriorIn, WeighsTheNoiseOfTheStateAgainstThatOfTheOutput) {
  using Scalar = TypeParam;
  for_each_posterior<Scalar>(
      4, [](const auto&, const auto& nu, const auto& seen, const auto& noise) {
        if (seen.gap.size() == 0) return expect_zero(nu, 0);
        const Vector<Scalar> r = seen.gap - seen.C * nu;
        expect_zero(nu - noise.Q * seen.C.transpose() * solve_dense<Scalar>(seen.R, r), 32);
      });
}

// (I1) R^-1 (e - C K e) = S^-1 e.
TYPED_TEST(GreedyPosteriorIn, LeavesAResidualOfInnovationPrecision) {
  using Scalar = TypeParam;
  for_each_posterior<Scalar>(
      5, [](const auto&, const auto& nu, const auto& seen, const auto& noise) {
        if (seen.gap.size() == 0) return;
        const Vector<Scalar> r = seen.gap - seen.C * nu;
        const Matrix<Scalar> S = innovation_covariance<Scalar>(seen.C, {noise.Q, seen.R});
        expect_zero(solve_dense<Scalar>(seen.R, r) - solve_dense<Scalar>(S, seen.gap), 32);
      });
}

// (R2) at R = 0: the target is reached, by a Q-oblique projection.
TYPED_TEST(GreedyPosteriorIn, WithoutObservationNoiseReachesTheTargetObliquely) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>(partial_masks, 6);
  const Noise<Scalar> noise{random_noise<Scalar>(6, 3, 6).Q, Matrix<Scalar>::Zero(3, 3)};
  const auto t = inferred<Scalar>(GreedyPosterior<Scalar>{noise}, c);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto u = column(t.states_before, trial, step);
    const auto nu = column(t.displacements, trial, step);
    const auto seen = observation(c, noise, u, trial, step);
    if (seen.gap.size() == 0) return expect_zero(nu, 0);
    expect_zero(seen.C * nu - seen.gap, 16);
    // The nearest point in the norm of Q^-1: Q^-1 nu is normal, a combination of the rows of C_o.
    const Vector<Scalar> normal = solve_dense<Scalar>(noise.Q, nu);
    expect_zero(tangent_part(seen.C, normal), 64);
  });
}

// A state noise along one direction moves the state along that direction only.
TYPED_TEST(GreedyPosteriorIn, StaysInTheRangeOfASingularQ) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>(partial_masks, 7);
  auto engine = random_engine(7, 43);
  const Vector<Scalar> q = random_vector<Scalar>(engine, 6);
  const Noise<Scalar> noise{q * q.transpose(), Matrix<Scalar>::Identity(3, 3)};
  const auto t = inferred<Scalar>(GreedyPosterior<Scalar>{noise}, c);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto nu = column(t.displacements, trial, step);
    expect_zero(nu - q * (q.dot(nu) / q.squaredNorm()));
  });
}

// C = 2, Q = 1, R = 4: S = 8, K = 1/4. C = (1 0; 0 2), Q = [2 1; 1 1]: S = [3 2; 2 5] with R = I.
TYPED_TEST(GreedyPosteriorIn, KnownNumbers) {
  using Scalar = TypeParam;
  const Noise<Scalar> scalar{Matrix<Scalar>{{1}}, Matrix<Scalar>{{4}}};
  EXPECT_EQ(innovation_covariance<Scalar>(Matrix<Scalar>{{2}}, scalar), Matrix<Scalar>{{8}});
  expect_zero(kalman_gain<Scalar>(Matrix<Scalar>{{2}}, scalar) - Matrix<Scalar>{{0.25}});
  const Matrix<Scalar> C{{1, 0}, {0, 2}};
  const Noise<Scalar> noise{Matrix<Scalar>{{2, 1}, {1, 1}}, Matrix<Scalar>::Identity(2, 2)};
  EXPECT_EQ(innovation_covariance<Scalar>(C, noise), (Matrix<Scalar>{{3, 2}, {2, 5}}));
  // Q C' = [2 2; 1 2], S^-1 = [5 -2; -2 3] / 11
  expect_zero(kalman_gain<Scalar>(C, noise) - Matrix<Scalar>{{6, 2}, {1, 4}} / Scalar(11));
}

TEST(GreedyPosteriorInput, RefusesNoiseThatExplainsNothing) {
  const auto c = random_case({}, 8);
  const auto none = isotropic_noise<double>(5, 2, 0, 0);
  auto t = make_trajectory(c.network, c.batch);
  expect_refusal([&] { infer(GreedyPosterior<double>{none}, c.network, c.batch, t); },
                 "not positive definite");
  // Two parallel outputs without observation noise.
  expect_refusal(
      [&] {
        kalman_gain<double>(Matrix<double>{{1, 2}, {2, 4}}, isotropic_noise<double>(2, 2, 1, 0));
      },
      "raise sigma_y or sigma_h");
}

TEST(GreedyPosteriorInput, RefusesNoiseOfAnotherShapeOrNotACovariance) {
  const auto c = random_case({}, 9);
  auto t = make_trajectory(c.network, c.batch);
  const auto refused = [&](const Noise<double>& noise, const std::string& part) {
    expect_refusal([&] { infer(GreedyPosterior<double>{noise}, c.network, c.batch, t); }, part);
  };
  refused(isotropic_noise<double>(4, 2, 1, 1), "Q: want 5 x 5");
  refused(isotropic_noise<double>(5, 1, 1, 1), "R: want 2 x 2");
  auto noise = isotropic_noise<double>(5, 2, 1, 1);
  noise.R(0, 0) = -1;
  refused(noise, "R: not positive semidefinite");
  noise.R(0, 0) = std::numeric_limits<double>::quiet_NaN();
  refused(noise, "R: holds a NaN");
}

}  // namespace
}  // namespace error_forcing::test
