#include <error_forcing/teacher_forcing.hpp>

#include "refusal.hpp"
#include "settings.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class TeacherForcingIn : public ::testing::Test {};
TYPED_TEST_SUITE(TeacherForcingIn, DoubleAndQuad, PrecisionName);

// The state of (E2) word by word, from the state before it.
template <typename Scalar>
Vector<Scalar> forced(const RandomCase<Scalar>& c, const Vector<Scalar>& u, Index trial, Index step,
                      Scalar gain, Scalar rho) {
  const auto& p = c.network.parameters;
  const auto observed = observed_at(c.batch, trial, step);
  if (observed.empty()) return u;
  Vector<Scalar> target = p.C * u + p.d;  // an unobserved output keeps its prediction
  for (Index k : observed) target(k) = c.batch.targets(trial, step, k);
  return (1 - gain) * u + gain * (readout_inverse(p.C, rho) * (target - p.d));
}

TYPED_TEST(TeacherForcingIn, IsItsFormulaForEveryMask) {
  using Scalar = TypeParam;
  for (const Scalar& gain : {Scalar(0), Scalar(0.3), Scalar(1)})
    for (const Scalar& rho : {Scalar(0), Scalar(0.4)}) {
      const auto c = random_case<Scalar>(partial_masks, 21);
      const auto t = inferred<Scalar>(TeacherForcing<Scalar>{gain, rho}, c);
      for_each_step(c.batch.layout(), [&](Index trial, Index step) {
        const auto u = column(t.states_before, trial, step);
        expect_zero(column(t.states, trial, step) - forced<Scalar>(c, u, trial, step, gain, rho));
      });
    }
}

TYPED_TEST(TeacherForcingIn, MovesTheOutputAsErrorForcingDoes) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>(partial_masks, 22);
  const auto& p = c.network.parameters;
  const Scalar gain(0.3);
  const auto t = inferred<Scalar>(TeacherForcing<Scalar>{gain}, c);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const Vector<Scalar> after = p.C * column(t.states, trial, step) + p.d;
    expect_zero(after - column(t.outputs, trial, step) - gain * column(t.errors, trial, step));
  });
}

// (G4): further along the zero-error manifold by -c (I - C+C) u, at the steps that it forces.
TYPED_TEST(TeacherForcingIn, ConstrainsEveryOtherDirectionToo) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>(partial_masks, 23);
  const auto& C = c.network.parameters.C;
  const Scalar gain(0.3);
  const auto t = inferred<Scalar>(TeacherForcing<Scalar>{gain}, c);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const Vector<Scalar> u = column(t.states_before, trial, step);
    const Scalar forced(observed_at(c.batch, trial, step).empty() ? 0 : 1);
    expect_zero(tangent_part(C, column(t.displacements, trial, step)) +
                forced * gain * tangent_part(C, u));
  });
}

// (G3): C h + d = y*, and h has no part in the kernel of C; so it is nearest the origin.
TYPED_TEST(TeacherForcingIn, WithFullGainPutsTheStateNearestTheOrigin) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>({.units = 6, .outputs = 3, .observed_share = 1}, 24);
  const auto& p = c.network.parameters;
  const auto t = inferred<Scalar>(TeacherForcing<Scalar>{Scalar(1)}, c);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const Vector<Scalar> h = column(t.states, trial, step);
    expect_zero(p.C * h + p.d - column(c.batch.targets, trial, step));
    expect_zero(tangent_part(p.C, h));
  });
}

// Williams & Zipser's original, C = [I 0], overwrites the outputs only: that is error forcing.
TYPED_TEST(TeacherForcingIn, WipesTheHiddenUnitsThatTheOriginalLeavesAlone) {
  using Scalar = TypeParam;
  auto c = random_case<Scalar>({.units = 5, .outputs = 2, .observed_share = 1}, 25);
  c.network.parameters.C.setIdentity();
  c.network.parameters.d.setZero();
  const auto teacher = inferred<Scalar>(TeacherForcing<Scalar>{Scalar(1)}, c);
  const auto original = inferred<Scalar>(ErrorForcing<Scalar>{Scalar(1)}, c);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto target = column(c.batch.targets, trial, step);
    expect_zero(column(teacher.states, trial, step).head(2) - target);
    expect_zero(column(teacher.states, trial, step).tail(3));
    expect_zero(column(original.states, trial, step).head(2) - target);
    expect_zero(column(original.displacements, trial, step).tail(3));
  });
}

// The released code: h = (1-c) u + c C+ y*, without d, for all outputs where the first is observed.
TYPED_TEST(TeacherForcingIn, AsReleasedForgetsTheBiasAndReadsTheFirstMask) {
  using Scalar = TypeParam;
  auto options = partial_masks;
  options.nan_where_unobserved = false;
  const auto c = random_case<Scalar>(options, 26);
  const Scalar gain(0.3), rho(released_ridge);
  const Matrix<Scalar> K = gain * readout_inverse(c.network.parameters.C, rho);
  const auto t = inferred<Scalar>(TeacherForcing<Scalar>{gain, rho, true}, c);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto u = column(t.states_before, trial, step);
    const Vector<Scalar> pulled = (1 - gain) * u + K * column(c.batch.targets, trial, step);
    const bool on = c.batch.mask(trial, step, 0) == 1;
    expect_zero(column(t.states, trial, step) - (on ? pulled : u));
  });
}

// One linear unit, a = 1/2, w = 2, b = 1, C = 4, d = 3, h_0 = 2, c = 1/2, y* = 27:
//   u_1 = 7/2,  target C+ (27 - 3) = 6,  h_1 = 19/4;  as released C+ 27 = 27/4,  h_1 = 41/8.
TYPED_TEST(TeacherForcingIn, KnownNumbersOfOneUnit) {
  using Scalar = TypeParam;
  RandomCase<Scalar> c;
  auto& p = c.network.parameters = zero_parameters<Scalar>(1, 0, 1);
  p.W(0, 0) = 2, p.b(0) = 1, p.C(0, 0) = 4, p.d(0) = 3;
  c.network.leak = Scalar(0.5);
  c.network.activation = Activation::identity;
  c.network.initial_state = Vector<Scalar>::Constant(1, 2);
  c.batch = zero_batch<Scalar>(tiled(1, 1), 0, 1);
  c.batch.mask.fill(1);
  c.batch.targets(0, 1, 0) = 27;
  const auto first_state = [&](bool as_released) {
    const TeacherForcing<Scalar> e_step{Scalar(0.5), Scalar(0), as_released};
    return inferred<Scalar>(e_step, c).states(0, 1, 0);
  };
  expect_near(first_state(false), Scalar(19) / 4, 4);
  expect_near(first_state(true), Scalar(41) / 8, 4);
}

TEST(TeacherForcingInput, RefusesAGainOutsideItsRangeAndANegativeRidge) {
  const auto c = random_case({}, 27);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (double bad : {-0.1, 1.1, nan})
    expect_refusal([&] { feedback(TeacherForcing<double>{bad}, c.network); }, "gain: want");
  for (double bad : {-0.1, nan})
    expect_refusal([&] { feedback(TeacherForcing<double>{1, bad}, c.network); }, "ridge: want");
}

TEST(TeacherForcingInput, TheReleasedRidgeIsTheOneOfTheReleasedCode) {
  EXPECT_EQ(released_ridge, 1e-7);
}

}  // namespace
}  // namespace error_forcing::test
