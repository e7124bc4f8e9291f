#include <error_forcing/e_step.hpp>
#include <error_forcing/reference_bptt.hpp>

#include "refusal.hpp"
#include "settings.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class EStepIn : public ::testing::Test {};
TYPED_TEST_SUITE(EStepIn, DoubleAndQuad, PrecisionName);

constexpr CaseOptions two_tiles{.outputs = 3, .trials = 35, .steps = 4};

// The loops of the reference, given the same displacements, visit the same states.
TYPED_TEST(EStepIn, LeavesATrajectoryOfTheNetwork) {
  using Scalar = TypeParam;
  for_each_setting<Scalar>(two_tiles, [](const Setting<Scalar>& s) {
    const auto& [network, batch] = s.drawn;
    const auto t = inferred(s.e_step, s.drawn);
    for (Index trial = 0; trial < batch.layout().trials; ++trial) {
      const auto states = reference_rollout(network, trial_of(batch, t.displacements, trial));
      for (Index step = 1; step <= batch.layout().steps; ++step)
        for (Index unit = 0; unit < network.units(); ++unit) {
          expect_near(t.states_before(trial, step, unit), states.before[step - 1][unit], 4);
          expect_near(t.states(trial, step, unit), states.after[step - 1][unit], 4);
        }
    }
  });
}

// Where no output is observed nothing is displaced, to the bit.
TYPED_TEST(EStepIn, RestsWhereNothingIsObserved) {
  using Scalar = TypeParam;
  for_each_setting<Scalar>(two_tiles, [](const Setting<Scalar>& s) {
    const auto t = inferred(s.e_step, s.drawn);
    Index rests = 0;
    for_each_step(s.drawn.batch.layout(), [&](Index trial, Index step) {
      if (!observed_at(s.drawn.batch, trial, step).empty()) return;
      ++rests;
      for (Index unit = 0; unit < 5; ++unit) EXPECT_EQ(t.displacements(trial, step, unit), 0);
    });
    EXPECT_GT(rests, 0);
  });
}

// c = 0 is the free-running network, bit for bit; so is a batch that observes nothing in time.
TYPED_TEST(EStepIn, WithoutGainRunsFree) {
  using Scalar = TypeParam;
  for (auto s : settings<Scalar>(two_tiles, 4)) {
    SCOPED_TRACE(s.name);
    if (auto* teacher = std::get_if<TeacherForcing<Scalar>>(&s.e_step)) teacher->gain = 0;
    if (auto* error = std::get_if<ErrorForcing<Scalar>>(&s.e_step)) error->gain = 0;
    if (auto* causal = std::get_if<CausalForcing<Scalar>>(&s.e_step)) causal->gain = 0;
    if (auto* greedy = std::get_if<GreedyPosterior<Scalar>>(&s.e_step)) greedy->noise.Q *= 0;
    const auto t = inferred(s.e_step, s.drawn);
    const auto free = inferred<Scalar>(FreeRunning{}, s.drawn);
    EXPECT_EQ(relative_distance(t.states, free.states), Scalar(0));
    EXPECT_EQ(relative_distance(t.errors, free.errors), Scalar(0));
    EXPECT_EQ(relative_distance(free.displacements, History<Scalar>(t.errors.layout(), 5)),
              Scalar(0));
  }
}

TYPED_TEST(EStepIn, RepeatsItsBitsWhateverTheWorkspaceHeld) {
  using Scalar = TypeParam;
  for_each_setting<Scalar>(two_tiles, [](const Setting<Scalar>& s) {
    const auto first = inferred(s.e_step, s.drawn);
    auto second = poisoned(s.drawn);
    for (int call = 0; call < 2; ++call) {
      infer(s.e_step, s.drawn.network, s.drawn.batch, second);
      EXPECT_EQ(relative_distance(second.states, first.states), Scalar(0));
      EXPECT_EQ(relative_distance(second.states_before, first.states_before), Scalar(0));
      EXPECT_EQ(relative_distance(second.outputs, first.outputs), Scalar(0));
      EXPECT_EQ(relative_distance(second.errors, first.errors), Scalar(0));
      EXPECT_EQ(relative_distance(second.displacements, first.displacements), Scalar(0));
    }
  });
}

TYPED_TEST(EStepIn, KnowsNothingOfOtherTrials) {
  using Scalar = TypeParam;
  for_each_setting<Scalar>(two_tiles, [](const Setting<Scalar>& s) {
    const std::vector<Index> some{34, 2, 17};
    const auto all = inferred(s.e_step, s.drawn);
    const auto part = inferred(s.e_step, pick_trials(s.drawn, some));
    EXPECT_LE(relative_distance(part.states, pick_trials(all.states, some)), rounding<Scalar>());
  });
}

// What comes later does not reach back: these E-steps are causal.
TYPED_TEST(EStepIn, KnowsNothingOfTheFuture) {
  using Scalar = TypeParam;
  for_each_setting<Scalar>(small, [](Setting<Scalar> s) {
    const auto before = inferred(s.e_step, s.drawn);
    for (Index row = 0; row < 2; ++row) {
      s.drawn.batch.inputs(1, 4, row) += 1;
      s.drawn.batch.mask(1, 4, row) = 1;
      s.drawn.batch.targets(1, 4, row) = 9;
    }
    const auto after = inferred(s.e_step, s.drawn);
    for (Index step = 1; step < 4; ++step)
      EXPECT_EQ(column(after.states, 1, step), column(before.states, 1, step));
    EXPECT_NE(column(after.states, 1, 4), column(before.states, 1, 4));
    EXPECT_EQ(column(after.states, 2, 4), column(before.states, 2, 4));
  });
}

TYPED_TEST(EStepIn, TurnsWithTheStateSpace) {
  using Scalar = TypeParam;
  for (const auto& [activation, G] : symmetries<Scalar>(5, 5)) {
    auto options = small;
    options.activation = activation;
    for_each_setting<Scalar>(options, [&](const Setting<Scalar>& s) {
      const auto plain = inferred(s.e_step, s.drawn);
      const auto other = inferred(turned(s.e_step, G), turned(s.drawn, G));
      EXPECT_LE(relative_distance(other.outputs, plain.outputs), 4 * rounding<Scalar>());
      EXPECT_LE(relative_distance(other.states, turned(plain.states, G)), 4 * rounding<Scalar>());
    });
  }
}

TEST(EStepPrecision, FloatAgreesWithDouble) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto in_double = settings<double>(small, seed);
    const auto in_float = settings<float>(small, seed);
    for (std::size_t k = 0; k < in_double.size(); ++k) {
      SCOPED_TRACE(in_double[k].name);
      const auto fine = inferred(in_double[k].e_step, in_double[k].drawn);
      const auto coarse = inferred(in_float[k].e_step, in_float[k].drawn);
      EXPECT_LE(relative_distance(cast<double>(coarse.states), fine.states), 1e-5);
      EXPECT_LE(relative_distance(cast<double>(coarse.errors), fine.errors), 1e-5);
    }
  }
}

// Output 0 is observed at step 3 of trial 1, output 1 is not and its target is NaN: as released
// that target is read, otherwise not.
RandomCase<double> hidden_target() {
  auto c = random_case({}, 6);
  c.batch.mask(1, 4, 0) = 1;
  c.batch.mask(1, 4, 1) = 0;
  for (Index trial = 0; trial < 3; ++trial)
    for (Index step = 1; step <= 6; ++step)
      for (Index row = 0; row < 2; ++row) c.batch.targets(trial, step, row) = 0.5;
  c.batch.targets(1, 4, 1) = std::numeric_limits<double>::quiet_NaN();
  return c;
}

TEST(EStepInput, AsReleasedRefusesATargetThatItReadsAndThatIsNotFinite) {
  auto c = hidden_target();
  const std::string part = "targets: not finite at trial 1, step 3, output 1 (all from 0), which";
  for (const EStep<double>& e_step : {EStep<double>{TeacherForcing<double>{1, 1e-7, true}},
                                      EStep<double>{ErrorForcing<double>{1, 1e-7, true}}}) {
    expect_refusal([&] { inferred(e_step, c); }, part);
    expect_refusal([&] { inferred(e_step, c); }, "give a number or drop --as-released");
  }
  EXPECT_NO_THROW(inferred<double>(ErrorForcing<double>{1, 1e-7}, c));
  EXPECT_NO_THROW(inferred<double>(TeacherForcing<double>{1, 1e-7}, c));

  c.batch.mask(1, 4, 0) = 0;  // not forced there, so not read
  EXPECT_NO_THROW(inferred<double>(ErrorForcing<double>{1, 1e-7, true}, c));
}

TEST(EStepInput, RefusesOptionsOutOfRange) {
  const auto c = random_case({}, 7);
  expect_refusal([&] { inferred<double>(TeacherForcing<double>{1.5}, c); }, "gain: want");
  expect_refusal([&] { inferred<double>(ErrorForcing<double>{1, -1}, c); }, "ridge: want");
  expect_refusal(
      [&] { inferred<double>(GreedyPosterior<double>{isotropic_noise<double>(4, 2, 1, 1)}, c); },
      "Q: want 5 x 5");
}

TEST(EStepInput, ReportsADivergence) {
  auto c = random_case({.activation = Activation::identity, .recurrent_gain = 1e200}, 8);
  EXPECT_THROW(inferred<double>(ErrorForcing<double>{}, c), Divergence);
}

}  // namespace
}  // namespace error_forcing::test
