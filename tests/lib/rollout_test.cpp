#include <error_forcing/errors.hpp>
#include <error_forcing/reference_bptt.hpp>
#include <error_forcing/rollout.hpp>
#include <error_forcing/statistics.hpp>

#include <algorithm>

#include "precision.hpp"
#include "random_case.hpp"

namespace error_forcing {
namespace {

using test::CaseOptions;

template <typename Scalar>
class RolloutIn : public ::testing::Test {};
TYPED_TEST_SUITE(RolloutIn, test::AllPrecisions, test::PrecisionName);

// The states of the loop reference for every trial, in the memory order of the engine.
template <typename Scalar>
std::pair<History<Scalar>, History<Scalar>> reference_states(const test::RandomCase<Scalar>& c,
                                                             const History<Scalar>& displacements) {
  const Layout& layout = c.batch.layout();
  History<Scalar> before(layout, c.network.units()), after(layout, c.network.units());
  for (Index trial = 0; trial < layout.trials; ++trial) {
    const auto states = reference_rollout(c.network, trial_of(c.batch, displacements, trial));
    for (Index step = 1; step <= layout.steps; ++step)
      for (Index unit = 0; unit < c.network.units(); ++unit) {
        before(trial, step, unit) = states.before[step - 1][unit];
        after(trial, step, unit) = states.after[step - 1][unit];
      }
  }
  return {before, after};
}

// Steps 1..T of a history that also holds step 0.
template <typename Scalar>
History<Scalar> without_start(const History<Scalar>& history) {
  return from_row_major<Scalar>(history.layout(), history.rows(),
                                to_row_major<Scalar>(history).data());
}

TYPED_TEST(RolloutIn, IsTheLoopReferenceForEveryActivationAndBatchSize) {
  using Scalar = TypeParam;
  for (const std::string& name : activation_names())
    for (Index trials : {1, 3, 33, 70})
      for (Index steps : {1, 9}) {
        CaseOptions options;
        options.activation = parse_activation(name);
        options.trials = trials;
        options.steps = steps;
        options.units = 9;
        options.initial_state = trials != 3;
        SCOPED_TRACE(description(options, 31));
        const auto c = test::random_case<Scalar>(options, 31);
        const auto t = test::displaced_trajectory(c, 31);
        const auto [before, after] = reference_states(c, t.displacements);
        EXPECT_LE(relative_distance(t.states_before, before), test::rounding<Scalar>());
        EXPECT_LE(relative_distance(without_start(t.states), after), test::rounding<Scalar>());
      }
}

TYPED_TEST(RolloutIn, KeepsTheEquationsOfEveryStep) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({.outputs = 3, .trials = 35}, 32);
  const auto t = test::displaced_trajectory(c, 32);
  const auto& p = c.network.parameters;
  for (Index trial = 0; trial < 35; ++trial) {
    for (Index unit = 0; unit < c.network.units(); ++unit)
      EXPECT_EQ(t.states(trial, 0, unit), c.network.initial_state(unit));
    for (Index step = 1; step <= 6; ++step) {
      for (Index unit = 0; unit < c.network.units(); ++unit)
        EXPECT_EQ(t.states(trial, step, unit),
                  t.states_before(trial, step, unit) + t.displacements(trial, step, unit));  // (M3)
      for (Index output = 0; output < 3; ++output) {
        Scalar y = p.d(output);
        for (Index unit = 0; unit < c.network.units(); ++unit)
          y += p.C(output, unit) * t.states_before(trial, step, unit);
        using std::abs;
        EXPECT_LE(abs(t.outputs(trial, step, output) - y), test::rounding<Scalar>());  // (M4)
        const bool observed = c.batch.mask(trial, step, output) == 1;
        const Scalar e =
            observed ? Scalar(c.batch.targets(trial, step, output) - t.outputs(trial, step, output))
                     : Scalar(0);
        EXPECT_EQ(t.errors(trial, step, output), e);  // (M6), NaN where unobserved
      }
    }
  }
}

TYPED_TEST(RolloutIn, ReplayRepeatsTheBitsAndRunFreeForgetsTheDisplacements) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({.trials = 34}, 33);
  auto t = test::displaced_trajectory(c, 33);
  const auto first = t.states;
  replay(c.network, c.batch, t);
  EXPECT_EQ(relative_distance(t.states, first), Scalar(0));
  run_free(c.network, c.batch, t);
  EXPECT_GT(relative_distance(t.states, first), Scalar(0.01));
  EXPECT_EQ(relative_distance(without_start(t.states), t.states_before), Scalar(0));
  EXPECT_EQ(relative_distance(t.displacements, History<Scalar>(c.batch.layout(), 5)), Scalar(0));
}

TYPED_TEST(RolloutIn, AsksForEachDisplacementKnowingThePrediction) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({.trials = 33}, 34);
  auto t = make_trajectory(c.network, c.batch);
  Index calls = 0;
  const auto to_zero = [&](Index tile, Index step) {
    ++calls;
    t.displacements.at(tile, step) = -t.states_before.at(tile, step);
  };
  rollout(c.network, c.batch, to_zero, t);
  EXPECT_EQ(calls, 2 * 6);
  for (Index step = 1; step <= 6; ++step)
    EXPECT_EQ(t.states.at(1, step).cwiseAbs().maxCoeff(), Scalar(0));
}

// Trials know nothing of each other: their order and the batch they are in do not matter.
TYPED_TEST(RolloutIn, TrialsAreIndependent) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({.trials = 70}, 35);
  const auto whole = test::displaced_trajectory(c, 35);
  const std::vector<Index> some{69, 3, 40, 0};
  const Layout layout = tiled(4, 6);
  const auto pick = [&](const History<Scalar>& from) {
    History<Scalar> to(layout, from.rows(), from.first_step());
    for (Index k = 0; k < 4; ++k)
      for (Index step = from.first_step(); step <= 6; ++step)
        for (Index row = 0; row < from.rows(); ++row) to(k, step, row) = from(some[k], step, row);
    return to;
  };
  const Batch<Scalar> part{pick(c.batch.inputs), pick(c.batch.targets), pick(c.batch.mask)};
  auto t = make_trajectory(c.network, part);
  t.displacements = pick(whole.displacements);
  replay(c.network, part, t);
  EXPECT_LE(relative_distance(t.states, pick(whole.states)), test::rounding<Scalar>());
  EXPECT_LE(relative_distance(t.errors, pick(whole.errors)), test::rounding<Scalar>());
}

// One unit that multiplies by 1e100: a kick of 1 at step s overflows a double at step s + 4.
test::RandomCase<double> explosive_case(Index trials, Index steps) {
  test::RandomCase<double> c;
  auto& p = c.network.parameters = zero_parameters<double>(1, 1, 1);
  p.W(0, 0) = 1e100;
  p.U(0, 0) = 1;
  c.network.activation = Activation::identity;
  c.batch = zero_batch<double>(tiled(trials, steps), 1, 1);
  return c;
}

void expect_divergence(const test::RandomCase<double>& c, Index step, Index trial) {
  auto t = make_trajectory(c.network, c.batch);
  try {
    run_free(c.network, c.batch, t);
    FAIL() << "no divergence";
  } catch (const Divergence& divergence) {
    EXPECT_EQ(divergence.step, step);
    EXPECT_EQ(divergence.trial, trial);
    const std::string message = divergence.what();
    EXPECT_NE(message.find(fmt::format("step {} of trial {}", step, trial)), std::string::npos);
  }
}

TEST(RolloutDivergence, CarriesTheStepAndTheTrial) {
  for (Index trial : {0, 17, 31, 32, 69})
    for (Index kick : {1, 5}) {
      auto c = explosive_case(70, 9);
      c.batch.inputs(trial, kick, 0) = 1;
      expect_divergence(c, kick + 4, trial);
    }
}

TEST(RolloutDivergence, NamesTheEarliestTrialOfTheEarliestStep) {
  auto c = explosive_case(70, 9);
  c.batch.inputs(20, 2, 0) = 1;
  c.batch.inputs(9, 2, 0) = 1;
  c.batch.inputs(3, 4, 0) = 1;
  expect_divergence(c, 6, 9);
}

TEST(RolloutDivergence, IsNotHiddenByTheOrderOfTiles) {
  auto c = explosive_case(70, 9);
  c.batch.inputs(0, 5, 0) = 1;
  c.batch.inputs(40, 2, 0) = 1;
  expect_divergence(c, 6, 40);
}

TEST(RolloutDivergence, SeesWhatIsNotANumber) {
  auto c = explosive_case(3, 4);
  c.batch.inputs(1, 3, 0) = std::numeric_limits<double>::quiet_NaN();
  expect_divergence(c, 3, 1);
}

}  // namespace
}  // namespace error_forcing
