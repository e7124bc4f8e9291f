#include <error_forcing/finite_difference.hpp>
#include <error_forcing/statistics.hpp>

#include <numeric>

#include "gradient_case.hpp"
#include "precision.hpp"

namespace error_forcing {
namespace {

using test::CaseOptions;
using test::damped_objective;
using test::differentiate;
using test::every_route;
using test::fed;
using test::Fed;
using test::forced_objective;
using test::held_gradient;
using test::RandomCase;
using test::reference_loss_gradient;
using test::Route;
using test::with_trials;

const Penalties strong_penalties{.activity = 0.1, .readout = 0.01};

template <typename Scalar>
Scalar oracle_tolerance() {
  return Scalar(std::is_same_v<Scalar, quad> ? 1e-26 : 1e-11);
}

// ---- held: displacements are constants ------------------------------------------------------

template <typename Scalar>
class HeldGradient : public ::testing::Test {};
TYPED_TEST_SUITE(HeldGradient, test::AllPrecisions, test::PrecisionName);

template <typename Scalar>
void expect_reference(const CaseOptions& options, std::uint64_t seed) {
  SCOPED_TRACE(description(options, seed));
  const auto c = test::random_case<Scalar>(options, seed);
  auto t = test::displaced_trajectory(c, seed);
  EXPECT_LE(relative_distance(held_gradient(c, t), reference_loss_gradient(c, t)),
            test::rounding<Scalar>());
}

TYPED_TEST(HeldGradient, IsTheLoopReferenceForEveryActivationAndBatchSize) {
  for (const std::string& name : activation_names())
    for (Index trials : {1, 2, 33, 70}) {
      CaseOptions options;
      options.activation = parse_activation(name);
      options.trials = trials;
      options.units = 7;
      expect_reference<TypeParam>(options, 71);
    }
}

TYPED_TEST(HeldGradient, IsTheLoopReferenceAtDegeneratePoints) {
  expect_reference<TypeParam>({.steps = 1}, 72);
  expect_reference<TypeParam>({.steps = 1, .initial_state = false}, 72);
  expect_reference<TypeParam>({.recurrent_gain = 0}, 73);
  expect_reference<TypeParam>({.units = 1, .inputs = 1, .outputs = 1, .trials = 1}, 74);
  expect_reference<TypeParam>({.inputs = 0}, 75);
  expect_reference<TypeParam>({.units = 2, .outputs = 6}, 76);
  expect_reference<TypeParam>({.leak = 1}, 77);
  expect_reference<TypeParam>({.observed_share = 0.02}, 78);
  expect_reference<TypeParam>({.observed_share = 1}, 79);
  expect_reference<TypeParam>({.units = 20, .steps = 40, .leak = 0.05}, 80);
}

TYPED_TEST(HeldGradient, IsTheLoopReferenceAtRandomPoints) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    auto engine = random_engine(seed, 9);
    const auto draw = [&](int low, int high) {
      return boost::random::uniform_int_distribution<int>(low, high)(engine);
    };
    CaseOptions options{.units = draw(1, 12),
                        .inputs = draw(0, 4),
                        .outputs = draw(1, 4),
                        .trials = draw(1, 70),
                        .steps = draw(1, 10)};
    options.leak = draw(1, 10) / 10.0;
    options.activation = static_cast<Activation>(draw(0, 4));
    options.observed_share = draw(1, 10) / 10.0;
    expect_reference<TypeParam>(options, 100 + seed);
  }
}

#ifndef ERROR_FORCING_WITHOUT_QUAD
// From about 1e-15 to about 1e-32: the identity of the two routes is no coincidence.
TEST(HeldGradientPrecision, ResidualFallsWithThePrecision) {
  const CaseOptions options{.units = 12, .trials = 33, .steps = 20};
  const auto residual = [&]<typename Scalar>(Scalar) {
    const auto c = test::random_case<Scalar>(options, 81);
    auto t = test::displaced_trajectory(c, 81);
    return static_cast<double>(
        relative_distance(held_gradient(c, t), reference_loss_gradient(c, t)));
  };
  EXPECT_LT(residual(double{}), 1e-14);
  EXPECT_LT(residual(quad{}), 1e-32);
}
#endif

template <typename Scalar>
class GradientByDifferences : public ::testing::Test {};
TYPED_TEST_SUITE(GradientByDifferences, test::DoubleAndQuad, test::PrecisionName);

TYPED_TEST(GradientByDifferences, HeldIsTheDerivativeOfTheReplayedObjective) {
  using Scalar = TypeParam;
  for (const Penalties& penalties : {no_penalties, Penalties{}, strong_penalties})
    for (Index outputs : {1, 3}) {
      const auto c = test::random_case<Scalar>({.outputs = outputs}, 82);
      auto t = test::displaced_trajectory(c, 82);
      const auto gradient = held_gradient(c, t, penalties);
      const auto value = [&](const Parameters<Scalar>& moved) {
        auto network = c.network;
        network.parameters = moved;
        replay(network, c.batch, t);
        return objective(network, c.batch, t, penalties).total();
      };
      const auto verdict = compare(gradient, finite_difference(value, c.network.parameters),
                                   oracle_tolerance<Scalar>());
      EXPECT_TRUE(verdict.agrees()) << outputs << " outputs: " << describe(verdict);
    }
}

// ---- through: the displacement is a function of u_t, C, d and K ------------------------------

TYPED_TEST(GradientByDifferences, ThroughIsTheDerivativeOfTheObjectiveRolledOutAnew) {
  using Scalar = TypeParam;
  for (const Route& route : every_route)
    for (Activation activation : {Activation::tanh, Activation::softplus}) {
      const CaseOptions options{.outputs = 3, .activation = activation, .observed_share = 0.5};
      const auto f = fed<Scalar>(options, route, 83, strong_penalties);
      const auto of_weights = [&](const Parameters<Scalar>& moved) {
        auto network = f.drawn.network;
        network.parameters = moved;
        return forced_objective(network, f.drawn.batch, f.feedback, strong_penalties);
      };
      const auto of_gain = [&](const Matrix<Scalar>& moved) {
        auto feedback = f.feedback;
        feedback.gain = moved;
        return forced_objective(f.drawn.network, f.drawn.batch, feedback, strong_penalties);
      };
      const auto tolerance = oracle_tolerance<Scalar>();
      const auto in_weights =
          compare(f.gradient, finite_difference(of_weights, f.drawn.network.parameters), tolerance);
      const auto in_gain =
          compare(f.dL_dK, finite_difference(of_gain, f.feedback.gain), tolerance, "K");
      SCOPED_TRACE(description(route) + ", " + to_string(activation));
      EXPECT_TRUE(in_weights.agrees()) << describe(in_weights);
      EXPECT_TRUE(in_gain.agrees()) << describe(in_gain);
    }
}

TYPED_TEST(GradientByDifferences, DampedIsTheDerivativeWithTheTargetsHeld) {
  using Scalar = TypeParam;
  for (const Route& route : every_route) {
    const Index trials = std::is_same_v<Scalar, quad> ? 3 : 33;  // quad is slow
    const CaseOptions options{.outputs = 3, .trials = trials, .observed_share = 0.5};
    const auto f = fed<Scalar>(options, route, 84, no_penalties);
    auto t = f.trajectory;
    auto gradient = f.drawn.network.parameters;
    objective_gradient_damped(f.drawn.network, f.drawn.batch, f.feedback, strong_penalties, t,
                              gradient);
    const auto of_weights = [&](const Parameters<Scalar>& moved) {
      auto network = f.drawn.network;
      network.parameters = moved;
      return damped_objective(network, f, strong_penalties);
    };
    const auto verdict =
        compare(gradient, finite_difference(of_weights, f.drawn.network.parameters),
                oracle_tolerance<Scalar>());
    EXPECT_TRUE(verdict.agrees()) << description(route) << ": " << describe(verdict);
  }
}

template <typename Scalar>
class ThroughGradient : public ::testing::Test {};
TYPED_TEST_SUITE(ThroughGradient, test::AllPrecisions, test::PrecisionName);

TYPED_TEST(ThroughGradient, WithoutGainAndPullIsTheHeldGradient) {
  using Scalar = TypeParam;
  auto f = fed<Scalar>({.trials = 33}, every_route[0], 84, strong_penalties);
  f.feedback.gain.setZero();
  f.feedback.pull = Scalar(0);
  differentiate(f, strong_penalties);
  const auto expected = held_gradient(f.drawn, f.trajectory, strong_penalties);
  EXPECT_EQ(relative_distance(f.gradient, expected), Scalar(0));
}

TYPED_TEST(ThroughGradient, DampedWithoutPullIsTheHeldGradient) {
  using Scalar = TypeParam;
  auto f = fed<Scalar>({.trials = 33}, every_route[1], 91, strong_penalties);
  f.feedback.pull = Scalar(0);
  objective_gradient_damped(f.drawn.network, f.drawn.batch, f.feedback, strong_penalties,
                            f.trajectory, f.gradient);
  const auto expected = held_gradient(f.drawn, f.trajectory, strong_penalties);
  EXPECT_EQ(relative_distance(f.gradient, expected), Scalar(0));
}

TYPED_TEST(ThroughGradient, DiffersFromTheHeldGradientAlongTheSameTrajectory) {
  using Scalar = TypeParam;
  for (const Route& route : every_route) {
    auto f = fed<Scalar>({}, route, 85, no_penalties);
    EXPECT_GT(relative_distance(f.gradient, held_gradient(f.drawn, f.trajectory)), Scalar(1e-2));
  }
}

// Teacher forcing with p = c = 1 and C = I replaces the whole state by the target, so that nothing
// flows through the state: it learns from one step at a time.
TYPED_TEST(ThroughGradient, OfFullTeacherForcingOfEveryUnitHasNoMemory) {
  using Scalar = TypeParam;
  CaseOptions options{.units = 3, .outputs = 3, .observed_share = 1};
  auto f = fed<Scalar>(options, {Anchor::target, false}, 86, no_penalties);
  auto& C = f.drawn.network.parameters.C;
  C = Matrix<Scalar>::Identity(3, 3);
  f.feedback.gain = C;
  f.feedback.pull = Scalar(1);
  differentiate(f, no_penalties);
  auto one_step = zero_like(f.drawn.network.parameters);
  const Scalar a = f.drawn.network.leak;
  for (Index step = 1; step <= options.steps; ++step) {
    const Matrix<Scalar> lambda = f.trajectory.errors.at(0, step);
    one_step.W += a * lambda * f.trajectory.activity.at(0, step - 1).transpose();
    one_step.b += a * lambda.rowwise().sum();
  }
  const Scalar factor = Scalar(-2) / static_cast<Scalar>(observed_entries(f.drawn.batch));
  EXPECT_LE(relative_distance(f.gradient.W, Matrix<Scalar>(factor * one_step.W)),
            test::rounding<Scalar>());
  EXPECT_LE(relative_distance(Matrix<Scalar>(f.gradient.b), Matrix<Scalar>(factor * one_step.b)),
            test::rounding<Scalar>());
}

// ---- laws of both ----------------------------------------------------------------------------

// The sum over trials instead of the mean over observed entries, so that batches add up.
template <typename Scalar>
Parameters<Scalar> summed_gradient(const RandomCase<Scalar>& c, const Feedback<Scalar>& feedback) {
  Fed<Scalar> f{
      c, feedback, make_trajectory(c.network, c.batch), zero_like(c.network.parameters), {}};
  differentiate(f, no_penalties);
  auto sum = zero_like(f.gradient);
  add_scaled(sum, static_cast<Scalar>(observed_entries(c.batch)), f.gradient);
  return sum;
}

TYPED_TEST(ThroughGradient, CallingTwiceGivesTheSameBits) {
  using Scalar = TypeParam;
  for (const Route& route : every_route) {
    auto f = fed<Scalar>({.trials = 37}, route, 87, strong_penalties);
    const auto gradient = f.gradient;
    const auto dL_dK = f.dL_dK;
    objective_gradient_through(f.drawn.network, f.drawn.batch, f.feedback, strong_penalties,
                               f.trajectory, f.gradient, f.dL_dK);
    EXPECT_EQ(relative_distance(f.gradient, gradient), Scalar(0));
    EXPECT_EQ(relative_distance(f.dL_dK, dL_dK), Scalar(0));
    const auto first = held_gradient(f.drawn, f.trajectory, strong_penalties);
    EXPECT_EQ(relative_distance(held_gradient(f.drawn, f.trajectory, strong_penalties), first),
              Scalar(0));
  }
}

TYPED_TEST(ThroughGradient, OrderOfTrialsAndSplittingTheBatchDoNotMatter) {
  using Scalar = TypeParam;
  const auto f = fed<Scalar>({.trials = 70}, every_route[1], 88, no_penalties);
  const auto whole = summed_gradient(f.drawn, f.feedback);
  std::vector<Index> order(70);
  for (Index k = 0; k < 70; ++k) order[static_cast<std::size_t>(k)] = (37 * k + 5) % 70;
  const auto permuted = summed_gradient(with_trials(f.drawn, order), f.feedback);
  EXPECT_LE(relative_distance(permuted, whole), test::rounding<Scalar>());
  std::vector<Index> first(41), second(29);
  std::iota(first.begin(), first.end(), 0);
  std::iota(second.begin(), second.end(), 41);
  auto parts = summed_gradient(with_trials(f.drawn, first), f.feedback);
  add_scaled(parts, Scalar(1), summed_gradient(with_trials(f.drawn, second), f.feedback));
  EXPECT_LE(relative_distance(parts, whole), test::rounding<Scalar>());
}

TYPED_TEST(ThroughGradient, RenamingTheUnitsRenamesTheGradient) {
  using Scalar = TypeParam;
  const auto f = fed<Scalar>({.units = 6, .trials = 33}, every_route[1], 89, no_penalties);
  Eigen::PermutationMatrix<Eigen::Dynamic> rename(6);
  rename.indices() << 3, 0, 5, 1, 4, 2;
  const auto renamed = [&](const Parameters<Scalar>& p) {
    return Parameters<Scalar>{rename * p.W * rename.transpose(), rename * p.U, rename * p.b,
                              p.C * rename.transpose(), p.d};
  };
  auto other = f.drawn;
  other.network.parameters = renamed(f.drawn.network.parameters);
  other.network.initial_state = rename * f.drawn.network.initial_state;
  auto feedback = f.feedback;
  feedback.gain = rename * f.feedback.gain;
  EXPECT_LE(relative_distance(summed_gradient(other, feedback),
                              renamed(summed_gradient(f.drawn, f.feedback))),
            test::rounding<Scalar>());
}

// The lanes beyond the last trial hold whatever they hold.
TYPED_TEST(ThroughGradient, PaddingNeverMatters) {
  using Scalar = TypeParam;
  const auto f = fed<Scalar>({.trials = 37}, every_route[2], 90, strong_penalties);
  auto poisoned = f;
  const auto poison = [](History<Scalar>& history) {
    for (Index step = history.first_step(); step <= history.layout().steps; ++step)
      for (Index row = 0; row < history.rows(); ++row)
        for (Index lane = 5; lane < 32; ++lane)
          history.at(1, step).data()[row * 32 + lane] = std::numeric_limits<Scalar>::quiet_NaN();
  };
  auto& [inputs, targets, mask] = poisoned.drawn.batch;
  auto& t = poisoned.trajectory;
  for (auto* history : {&inputs, &targets, &mask, &t.states_before, &t.states, &t.activity,
                        &t.outputs, &t.errors, &t.displacements})
    poison(*history);
  differentiate(poisoned, strong_penalties);
  EXPECT_EQ(relative_distance(poisoned.gradient, f.gradient), Scalar(0));
  EXPECT_EQ(relative_distance(poisoned.dL_dK, f.dL_dK), Scalar(0));
}

}  // namespace
}  // namespace error_forcing
