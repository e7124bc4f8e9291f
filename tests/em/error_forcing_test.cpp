#include <error_forcing/error_forcing.hpp>

#include "refusal.hpp"
#include "settings.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class ErrorForcingIn : public ::testing::Test {};
TYPED_TEST_SUITE(ErrorForcingIn, DoubleAndQuad, PrecisionName);

template <typename Scalar>
Vector<Scalar> prediction(const RandomCase<Scalar>& c, const Vector<Scalar>& h) {
  return c.network.parameters.C * h + c.network.parameters.d;
}

TYPED_TEST(ErrorForcingIn, RemovesTheShareCOfTheErrorAndHoldsUnobservedOutputs) {
  using Scalar = TypeParam;
  for (const Scalar& gain : {Scalar(0), Scalar(0.3), Scalar(1)}) {
    const auto c = random_case<Scalar>(partial_masks, 11);
    const auto t = inferred<Scalar>(ErrorForcing<Scalar>{gain}, c);
    for_each_step(c.batch.layout(), [&](Index trial, Index step) {
      const auto y = column(t.outputs, trial, step), e = column(t.errors, trial, step);
      expect_zero(prediction(c, column(t.states, trial, step)) - (y + gain * e));
    });
  }
}

TYPED_TEST(ErrorForcingIn, WithFullGainReachesEveryObservedTarget) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>(partial_masks, 12);
  const auto t = inferred<Scalar>(ErrorForcing<Scalar>{Scalar(1)}, c);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto o = observed_at(c.batch, trial, step);
    const auto reached = prediction(c, column(t.states, trial, step));
    expect_zero(rows_of<Scalar>(reached, o) -
                rows_of<Scalar>(column(c.batch.targets, trial, step), o));
  });
}

// (G2): no part along the kernel of C, so no shorter displacement moves the output as far.
TYPED_TEST(ErrorForcingIn, LeavesEveryOtherDirectionFree) {
  using Scalar = TypeParam;
  for (const Scalar& ridge : {Scalar(0), Scalar(0.4)}) {
    const auto c = random_case<Scalar>(partial_masks, 13);
    const auto t = inferred<Scalar>(ErrorForcing<Scalar>{Scalar(0.7), ridge}, c);
    for_each_step(c.batch.layout(), [&](Index trial, Index step) {
      const auto nu = column(t.displacements, trial, step);
      expect_zero(tangent_part(c.network.parameters.C, nu));
    });
  }
}

// (E1) with e_t from the mask of each output.
TYPED_TEST(ErrorForcingIn, IsItsFormulaWithARidge) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>(partial_masks, 14);
  const Scalar gain(0.7), rho(0.4);
  const Matrix<Scalar> K = gain * readout_inverse(c.network.parameters.C, rho);
  const auto t = inferred<Scalar>(ErrorForcing<Scalar>{gain, rho}, c);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto y = prediction(c, column(t.states_before, trial, step));
    Vector<Scalar> e = Vector<Scalar>::Zero(3);
    for (Index k : observed_at(c.batch, trial, step)) e(k) = c.batch.targets(trial, step, k) - y(k);
    expect_zero(column(t.displacements, trial, step) - K * e);
  });
}

// c = 1 and rho = sigma_y^2 / sigma_h^2, where every output is observed or none is.
TYPED_TEST(ErrorForcingIn, IsTheGreedyPosteriorOfIsotropicNoise) {
  using Scalar = TypeParam;
  const Scalar sigma_h(0.5), sigma_y(0.2), ratio = sigma_y * sigma_y / (sigma_h * sigma_h);
  const GreedyPosterior<Scalar> greedy{isotropic_noise<Scalar>(6, 3, sigma_h, sigma_y)};
  auto options = partial_masks;
  const auto gap = [&] {
    const auto c = random_case<Scalar>(options, 15);
    return relative_distance(
        inferred<Scalar>(ErrorForcing<Scalar>{Scalar(1), ratio}, c).displacements,
        inferred<Scalar>(greedy, c).displacements);
  };
  EXPECT_GT(gap(), Scalar(0.01));  // a partial mask: hold the others there, let them go here
  options.same_for_outputs = true;
  EXPECT_LE(gap(), rounding<Scalar>());
}

TYPED_TEST(ErrorForcingIn, AsReleasedForcesAllOutputsWhereTheFirstIsObserved) {
  using Scalar = TypeParam;
  auto options = partial_masks;
  options.nan_where_unobserved = false;
  const auto c = random_case<Scalar>(options, 16);
  const Scalar gain(0.7), rho(1e-7);
  const Matrix<Scalar> K = gain * readout_inverse(c.network.parameters.C, rho);
  const auto t = inferred<Scalar>(ErrorForcing<Scalar>{gain, rho, true}, c);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const Vector<Scalar> gap =
        column(c.batch.targets, trial, step) - column(t.outputs, trial, step);
    const Scalar on = c.batch.mask(trial, step, 0);
    expect_zero(column(t.displacements, trial, step) - on * (K * gap));
    // The loss keeps its own mask.
    const Vector<Scalar> masked = gap.cwiseProduct(column(c.batch.mask, trial, step));
    expect_zero(column(t.errors, trial, step) - masked);
  });
}

TYPED_TEST(ErrorForcingIn, AsReleasedChangesNothingWhereTheMasksAgree) {
  using Scalar = TypeParam;
  auto options = partial_masks;
  options.same_for_outputs = true;
  const auto c = random_case<Scalar>(options, 17);
  const Scalar gain(0.7), rho(1e-7);
  EXPECT_EQ(relative_distance(inferred<Scalar>(ErrorForcing<Scalar>{gain, rho, true}, c).states,
                              inferred<Scalar>(ErrorForcing<Scalar>{gain, rho}, c).states),
            Scalar(0));
}

// One linear unit, a = 1/2, w = 2, b = 1, C = 4, d = 3, h_0 = 2, c = 1/2, y* = 27 and 3.
//   z_1 = 2 * 2 + 1 = 5    u_1 = 1 + 5/2 = 7/2      y_1 = 17    e_1 = 10   nu_1 = 1/8 * 10 = 5/4
//   h_1 = 19/4
//   z_2 = 21/2   u_2 = 19/8 + 21/4 = 61/8           y_2 = 67/2  e_2 = -61/2  nu_2 = -61/16
TYPED_TEST(ErrorForcingIn, KnownNumbersOfOneUnit) {
  using Scalar = TypeParam;
  RandomCase<Scalar> c;
  auto& p = c.network.parameters = zero_parameters<Scalar>(1, 0, 1);
  p.W(0, 0) = 2, p.b(0) = 1, p.C(0, 0) = 4, p.d(0) = 3;
  c.network.leak = Scalar(0.5);
  c.network.activation = Activation::identity;
  c.network.initial_state = Vector<Scalar>::Constant(1, 2);
  c.batch = zero_batch<Scalar>(tiled(1, 2), 0, 1);
  c.batch.mask.fill(1);
  c.batch.targets(0, 1, 0) = 27, c.batch.targets(0, 2, 0) = 3;
  const auto t = inferred<Scalar>(ErrorForcing<Scalar>{Scalar(0.5)}, c);
  expect_near(t.displacements(0, 1, 0), Scalar(5) / 4, 4);
  expect_near(t.states(0, 1, 0), Scalar(19) / 4, 4);
  expect_near(t.displacements(0, 2, 0), Scalar(-61) / 16, 4);
  expect_near(t.states(0, 2, 0), Scalar(61) / 16, 4);
}

// Two parallel outputs: least squares, never a NaN (G8).
TYPED_TEST(ErrorForcingIn, ServesAReadoutBelowFullRank) {
  using Scalar = TypeParam;
  auto c = random_case<Scalar>({.observed_share = 1}, 18);
  auto& C = c.network.parameters.C;
  C.row(1) = 2 * C.row(0);
  const auto t = inferred<Scalar>(ErrorForcing<Scalar>{Scalar(1)}, c);
  const Matrix<Scalar> first = C.topRows(1), normal = first.transpose() / first.squaredNorm();
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto e = column(t.errors, trial, step);
    const Scalar least_squares = (e(0) + 2 * e(1)) / 5;  // along (1, 2)
    expect_zero(column(t.displacements, trial, step) - normal.col(0) * least_squares);
  });
}

TEST(ErrorForcingInput, RefusesAGainOutsideItsRangeAndANegativeRidge) {
  const auto c = random_case({}, 19);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (double bad : {-0.1, 1.1, nan})
    expect_refusal([&] { feedback(ErrorForcing<double>{bad}, c.network); }, "gain: want");
  for (double bad : {-0.1, nan})
    expect_refusal([&] { feedback(ErrorForcing<double>{1, bad}, c.network); }, "ridge: want");
}

}  // namespace
}  // namespace error_forcing::test
