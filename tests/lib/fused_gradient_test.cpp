// The fused engine against the plain path, for every instruction set that the machine has.

#include <hwy/highway.h>
#include <error_forcing/fused_gradient.hpp>
#include <error_forcing/objective_gradient.hpp>
#include <error_forcing/statistics.hpp>

#include <cfenv>
#include <cmath>

#include "kernels/row_blocks.hpp"
#include "precision.hpp"
#include "random_case.hpp"
#include "refusal.hpp"
#include "sanitized.hpp"

namespace error_forcing {
namespace {

using test::CaseOptions;
using test::RandomCase;

template <typename Scalar>
constexpr Scalar fast_tolerance = std::is_same_v<Scalar, float> ? Scalar(1e-5) : Scalar(1e-13);

template <typename Scalar>
struct Result {
  Objective<Scalar> objective;
  Parameters<Scalar> gradient;
};

template <typename Scalar>
Result<Scalar> plain(const RandomCase<Scalar>& c, const Feedback<Scalar>& feedback, Adjoint adjoint,
                     const Penalties& penalties) {
  auto trajectory = make_trajectory(c.network, c.batch);
  auto gradient = zero_like(c.network.parameters);
  rollout_with_feedback(c.network, c.batch, feedback, trajectory);
  if (adjoint == Adjoint::held)
    objective_gradient_held(c.network, c.batch, penalties, trajectory, gradient);
  else
    objective_gradient_damped(c.network, c.batch, feedback, penalties, trajectory, gradient);
  return {objective(c.network, c.batch, trajectory, penalties), gradient};
}

template <typename Scalar>
Result<Scalar> fused(const RandomCase<Scalar>& c, const Feedback<Scalar>& feedback, Adjoint adjoint,
                     const Penalties& penalties, int threads = 1) {
  auto workspace = make_fused_workspace(c.network, c.batch, threads);
  Parameters<Scalar> gradient;  // which has no shape yet
  const auto objective =
      fused_gradient(c.network, c.batch, feedback, adjoint, penalties, workspace, gradient);
  return {objective, gradient};
}

template <typename Scalar>
Feedback<Scalar> anchored_feedback(const RandomCase<Scalar>& c, Anchor anchor, double pull) {
  auto engine = random_engine(3, 11);
  const double scale = 0.5 / std::sqrt(double(c.network.units()));
  return {
      normal_matrix(engine, c.network.units(), c.network.outputs(), scale).template cast<Scalar>(),
      Scalar(pull), anchor};
}

// Calls check() once for each instruction set, and leaves the best one chosen.
template <typename Check>
void for_each_target(Check check) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::GetChosenTarget().Update(target);
    SCOPED_TRACE(hwy::TargetName(target));
    check();
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

template <typename Scalar>
class FusedGradient : public ::testing::Test {
 protected:
  static constexpr Penalties strong{.activity = 0.1, .readout = 0.01};

  static void expect_plain(const RandomCase<Scalar>& c, const Feedback<Scalar>& feedback,
                           Adjoint adjoint, const Penalties& penalties, int threads = 1) {
    expect_close(fused(c, feedback, adjoint, penalties, threads),
                 plain(c, feedback, adjoint, penalties));
  }

  static void expect_close(const Result<Scalar>& got, const Result<Scalar>& want,
                           Scalar tolerance = fast_tolerance<Scalar>) {
    EXPECT_LE(relative_distance(got.gradient, want.gradient), tolerance);
    EXPECT_NEAR(got.objective.loss, want.objective.loss,
                fast_tolerance<Scalar> * want.objective.loss);
    EXPECT_NEAR(got.objective.activity, want.objective.activity,
                fast_tolerance<Scalar> * want.objective.activity);
    EXPECT_EQ(got.objective.readout, want.objective.readout);
  }

  static void expect_plain(const CaseOptions& options, std::uint64_t seed, Anchor anchor,
                           double pull, int threads = 1) {
    SCOPED_TRACE(description(options, seed));
    const auto c = test::random_case<Scalar>(options, seed);
    const auto feedback = anchored_feedback(c, anchor, pull);
    expect_plain(c, feedback, Adjoint::held, no_penalties, threads);
    Penalties penalties = strong;
    if (options.outputs > options.units) penalties.readout = 0;  // infinite at that rank
    expect_plain(c, feedback, Adjoint::damped, penalties, threads);
  }
};
using FastPrecisions = ::testing::Types<float, double>;
TYPED_TEST_SUITE(FusedGradient, FastPrecisions, test::PrecisionName);

// Batches of one trial, of part of a vector, of one and of several tiles, full and not.
TYPED_TEST(FusedGradient, IsThePlainPathForEveryBatchSizeAndInstructionSet) {
  for_each_target([&] {
    for (Index trials : {1, 2, 3, 5, 6, 8, 11, 16, 17, 32, 33, 48, 70, 128, 130})
      this->expect_plain({.units = 7, .outputs = 1, .trials = trials}, 91, Anchor::target, 0.4);
  });
}

template <typename Scalar>
History<Scalar> in_tiles_of(Index lanes, const History<Scalar>& history) {
  Layout layout = history.layout();
  layout.lanes = lanes;
  return from_row_major<Scalar>(layout, history.rows(), to_row_major<Scalar>(history).data());
}

// Tiles of the batch that are smaller and larger than those of the engine, and end elsewhere.
TYPED_TEST(FusedGradient, IsThePlainPathHoweverTheBatchIsTiled) {
  auto c = test::random_case<TypeParam>({.units = 7, .inputs = 2, .outputs = 2, .trials = 75}, 98);
  const auto feedback = anchored_feedback(c, Anchor::target, 0.4);
  for_each_target([&] {
    for (Index lanes : {1, 5, 16, 20, 40, 80}) {
      SCOPED_TRACE(lanes);
      for (auto* history : {&c.batch.inputs, &c.batch.targets, &c.batch.mask})
        *history = in_tiles_of(lanes, *history);
      this->expect_plain(c, feedback, Adjoint::held, no_penalties);
    }
  });
}

TYPED_TEST(FusedGradient, IsThePlainPathForEveryActivationAndInstructionSet) {
  for_each_target([&] {
    for (const std::string& name : activation_names())
      for (Index trials : {1, 20, 64})
        this->expect_plain({.units = 9, .trials = trials, .activation = parse_activation(name)}, 92,
                           Anchor::error, 0);
  });
}

// Blocks of rows and columns of every size, and more of them than one.
TYPED_TEST(FusedGradient, IsThePlainPathForEverySizeOfNetworkAndInstructionSet) {
  for_each_target([&] {
    for (Index units = 1; units <= (test::sanitized ? 20 : 40); ++units)
      for (Index trials : {1, 12, 33})
        this->expect_plain({.units = units,
                            .inputs = units % 4,
                            .outputs = 1 + units % 3,
                            .trials = trials,
                            .steps = 3},
                           93, Anchor::error, 0);
    if (test::sanitized) return;
    for (Index units : {64, 100, 129})
      this->expect_plain({.units = units, .trials = 40, .steps = 4, .recurrent_gain = 0.9}, 94,
                         Anchor::error, 0);
  });
}

// Chunks of the weight gradients: none, one, several, the last of one step.
TYPED_TEST(FusedGradient, IsThePlainPathForEveryLength) {
  for (Index steps : {1, 2, 23, 24, 25, 47, 48, 49, 97})
    for (Index trials : {1, 33})
      this->expect_plain({.units = 5, .trials = trials, .steps = steps}, 95, Anchor::error, 0);
}

TYPED_TEST(FusedGradient, IsThePlainPathForEveryAnchorMaskAndPull) {
  for (Anchor anchor : {Anchor::error, Anchor::target, Anchor::target_with_bias})
    for (double pull : {0.0, 0.7})
      for (double share : {0.02, 0.5, 1.0})
        for (Index outputs : {1, 3})
          for (Index trials : {1, 40})
            this->expect_plain({.outputs = outputs, .trials = trials, .observed_share = share}, 96,
                               anchor, pull);
}

TYPED_TEST(FusedGradient, IsThePlainPathWhenTheFirstMaskCountsForAll) {
  using Scalar = TypeParam;
  for (Index trials : {1, 40}) {
    const auto c = test::random_case<Scalar>(
        {.outputs = 3, .trials = trials, .nan_where_unobserved = false}, 97);
    for (Anchor anchor : {Anchor::error, Anchor::target_with_bias}) {
      auto feedback = anchored_feedback(c, anchor, 0.3);
      feedback.first_mask_channel = true;
      for (Adjoint adjoint : {Adjoint::held, Adjoint::damped})
        this->expect_plain(c, feedback, adjoint, this->strong);
    }
  }
}

TYPED_TEST(FusedGradient, IsThePlainPathAtDegeneratePoints) {
  this->expect_plain({.units = 1, .inputs = 0, .outputs = 1, .trials = 1, .steps = 1}, 98,
                     Anchor::error, 0);
  this->expect_plain({.trials = 40, .recurrent_gain = 0, .initial_state = false}, 99, Anchor::error,
                     0);
  this->expect_plain({.trials = 40, .leak = 1}, 100, Anchor::error, 0);
  this->expect_plain({.units = 2, .outputs = 6, .trials = 40}, 101, Anchor::error, 0);
}

// One trial has its inputs behind its units, where phi' of them may be infinite.
TYPED_TEST(FusedGradient, IsThePlainPathForInputsThatNoUnitCouldHold) {
  for_each_target([&] {
    auto c = test::random_case<TypeParam>(
        {.units = 18, .trials = 1, .activation = Activation::softplus}, 121);
    c.network.parameters.U /= TypeParam(1000);
    for (Index step = 1; step <= c.batch.layout().steps; ++step)
      c.batch.inputs.at(0, step).setConstant(TypeParam(-1000));
    this->expect_plain(c, anchored_feedback(c, Anchor::error, 0), Adjoint::held, this->strong);
  });
}

TYPED_TEST(FusedGradient, IsThePlainPathForSeveralThreads) {
  for (int threads : {2, 3, 7})
    for (Index trials : {1, 2, 16, 32, 33, 128})
      this->expect_plain({.trials = trials}, 102, Anchor::target, 0.4, threads);
}

// ---- rules that keep a part of the Jacobian -------------------------------------------------

// Along the feedback; B is random, so that it is not mistaken for C'.
template <typename Scalar>
struct Truncated {
  KeptJacobian kept;
  Penalties penalties;

  Matrix<Scalar> B(const RandomCase<Scalar>& c) const {
    return random_feedback<Scalar>(c.network.units(), c.network.outputs(), 4);
  }
  Result<Scalar> plain(const RandomCase<Scalar>& c, const Feedback<Scalar>& feedback) const {
    auto trajectory = make_trajectory(c.network, c.batch);
    auto gradient = zero_like(c.network.parameters);
    rollout_with_feedback(c.network, c.batch, feedback, trajectory);
    truncated_gradient(kept, c.network, c.batch, penalties, B(c), trajectory, gradient);
    return {objective(c.network, c.batch, trajectory, penalties), gradient};
  }
  Result<Scalar> fused(const RandomCase<Scalar>& c, const Feedback<Scalar>& feedback,
                       FusedWorkspace<Scalar>& workspace) const {
    auto gradient = zero_like(c.network.parameters);
    const auto objective = fused_truncated_gradient(kept, c.network, c.batch, feedback, B(c),
                                                    penalties, workspace, gradient);
    return {objective, gradient};
  }
};

template <typename Scalar>
class FusedTruncatedGradient : public FusedGradient<Scalar> {
 protected:
  static void expect_plain(const CaseOptions& options, std::uint64_t seed, int threads = 1) {
    SCOPED_TRACE(description(options, seed));
    const auto c = test::random_case<Scalar>(options, seed);
    const auto feedback = anchored_feedback(c, Anchor::error, 0);
    auto workspace = make_fused_workspace(c.network, c.batch, threads);
    for (KeptJacobian kept : {KeptJacobian::leak, KeptJacobian::diagonal})
      for (const Penalties& penalties : {no_penalties, FusedGradient<Scalar>::strong}) {
        if (penalties.readout > 0 && options.outputs > options.units) continue;
        const Truncated<Scalar> rule{kept, penalties};
        const auto want = rule.plain(c, feedback);
        // Where terms cancel no path is near the other in float: seed 116 with one unit and trial.
        const Scalar tolerance =
            std::max(fast_tolerance<Scalar>, 3 * off_double(rule, want.gradient, options, seed));
        FusedGradient<Scalar>::expect_close(rule.fused(c, feedback, workspace), want, tolerance);
      }
  }

  // How far a gradient of the plain path is from that in double.
  static Scalar off_double(const Truncated<Scalar>& rule, const Parameters<Scalar>& gradient,
                           const CaseOptions& options, std::uint64_t seed) {
    if constexpr (std::is_same_v<Scalar, double>) return 0;
    const auto c = test::random_case<double>(options, seed);
    const Truncated<double> exact{rule.kept, rule.penalties};
    const auto want = exact.plain(c, anchored_feedback(c, Anchor::error, 0));
    return static_cast<Scalar>(relative_distance(cast<double>(gradient), want.gradient));
  }
};
TYPED_TEST_SUITE(FusedTruncatedGradient, FastPrecisions, test::PrecisionName);

TYPED_TEST(FusedTruncatedGradient, IsThePlainPathForEverySizeActivationAndInstructionSet) {
  for_each_target([&] {
    for (Index trials : {1, 5, 12, 33, 70}) {
      if (test::sanitized && trials != 1 && trials != 33) continue;
      for (Index units : {1, 7, 20, 33})
        this->expect_plain({.units = units, .outputs = 2 + units % 2, .trials = trials}, 116);
      for (const std::string& name : activation_names())
        this->expect_plain(
            {.units = 9, .trials = trials, .steps = 26, .activation = parse_activation(name)}, 117);
    }
  });
}

TYPED_TEST(FusedTruncatedGradient, IsThePlainPathForSeveralThreads) {
  for (Index trials : {1, 33, 128}) this->expect_plain({.trials = trials}, 118, 2);
}

// The workspace that served one kind of gradient serves the other.
TYPED_TEST(FusedTruncatedGradient, DoesNotDependOnWhatTheWorkspaceDidBefore) {
  for (Index trials : {1, 40}) {
    const auto c = test::random_case<TypeParam>({.trials = trials}, 119);
    const auto feedback = anchored_feedback(c, Anchor::target, 0.5);
    const Truncated<TypeParam> rule{KeptJacobian::leak, this->strong};
    auto workspace = make_fused_workspace(c.network, c.batch);
    Result<TypeParam> exact{{}, zero_like(c.network.parameters)};
    const auto before = rule.fused(c, feedback, workspace);
    exact.objective = fused_gradient(c.network, c.batch, feedback, Adjoint::damped, this->strong,
                                     workspace, exact.gradient);
    this->expect_close(exact, plain(c, feedback, Adjoint::damped, this->strong));
    const auto after = rule.fused(c, feedback, workspace);
    EXPECT_EQ(relative_distance(before.gradient, after.gradient), 0);
  }
}

TYPED_TEST(FusedTruncatedGradient, RefusesFeedbackOfAnotherShape) {
  const auto c = test::random_case<TypeParam>({.trials = 40}, 120);
  auto workspace = make_fused_workspace(c.network, c.batch);
  auto gradient = zero_like(c.network.parameters);
  const Matrix<TypeParam> transposed = c.network.parameters.C;
  test::expect_refusal(
      [&] {
        fused_truncated_gradient(KeptJacobian::leak, c.network, c.batch, no_feedback<TypeParam>(),
                                 transposed, no_penalties, workspace, gradient);
      },
      "feedback: want 5 units x 2 outputs, got 2 x 5");
}

// ---- laws -----------------------------------------------------------------------------------

template <typename Scalar>
void expect_equal_bits(const Result<Scalar>& a, const Result<Scalar>& b) {
  const auto one = blocks(a.gradient), two = blocks(b.gradient);
  for (std::size_t k = 0; k < one.size(); ++k) EXPECT_EQ(one[k], two[k]) << block_names[k];
  EXPECT_EQ(a.objective.total(), b.objective.total());
}

TYPED_TEST(FusedGradient, HasTheSameBitsAtEveryCall) {
  const auto c = test::random_case<TypeParam>({.units = 20, .trials = 70, .steps = 30}, 103);
  const auto feedback = anchored_feedback(c, Anchor::error, 0);
  for (int threads : {1, 2}) {
    auto workspace = make_fused_workspace(c.network, c.batch, threads);
    Result<TypeParam> first{{}, zero_like(c.network.parameters)}, second = first;
    for (auto* result : {&first, &second})
      result->objective = fused_gradient(c.network, c.batch, feedback, Adjoint::held, this->strong,
                                         workspace, result->gradient);
    expect_equal_bits(first, second);
    expect_equal_bits(first, fused(c, feedback, Adjoint::held, this->strong, threads));
  }
}

// A target that nothing reads may be NaN; were it read, the plain path would take over, and its
// last bits are others.
TYPED_TEST(FusedGradient, HasTheSameBitsWhateverTheTargetsThatNothingReads) {
  for_each_target([&] {
    for (Index outputs : {1, 2})
      for (Index trials : {1, 5, 70}) {
        CaseOptions options{.units = 20, .outputs = outputs, .trials = trials};
        const auto some = test::random_case<TypeParam>(options, 120);
        options.nan_where_unobserved = false;
        const auto all = test::random_case<TypeParam>(options, 120);
        const auto feedback = anchored_feedback(some, Anchor::error, 0);
        expect_equal_bits(fused(some, feedback, Adjoint::held, no_penalties),
                          fused(all, feedback, Adjoint::held, no_penalties));
      }
  });
}

// A workspace remembers nothing: not the batch before, not whether states were kept.
TYPED_TEST(FusedGradient, DoesNotDependOnWhatTheWorkspaceDidBefore) {
  const CaseOptions options{.trials = 40};
  const auto before = test::random_case<TypeParam>(options, 104);
  const auto c = test::random_case<TypeParam>(options, 105);
  const auto feedback = anchored_feedback(c, Anchor::target, 0.5);
  auto workspace = make_fused_workspace(c.network, c.batch);
  Result<TypeParam> got{{}, zero_like(c.network.parameters)};
  fused_gradient(before.network, before.batch, anchored_feedback(before, Anchor::error, 0),
                 Adjoint::damped, this->strong, workspace, got.gradient);
  fused_loss(before.network, before.batch, no_feedback<TypeParam>(), workspace);
  got.objective = fused_gradient(c.network, c.batch, feedback, Adjoint::held, no_penalties,
                                 workspace, got.gradient);
  expect_equal_bits(got, fused(c, feedback, Adjoint::held, no_penalties));
}

// Free means free: a gain of zeros would make a state that is not finite of an infinite error.
TYPED_TEST(FusedGradient, RunsFreeHoweverLargeTheError) {
  for (Index trials : {1, 40}) {
    auto c = test::random_case<TypeParam>({.outputs = 1, .trials = trials}, 115);
    c.network.parameters.C.setConstant(std::numeric_limits<TypeParam>::max());
    auto workspace = make_fused_workspace(c.network, c.batch);
    EXPECT_FALSE(
        std::isfinite(fused_loss(c.network, c.batch, no_feedback<TypeParam>(), workspace)));
  }
}

TYPED_TEST(FusedGradient, LossIsThatOfTheGradient) {
  for (Index trials : {1, 40}) {
    const auto c = test::random_case<TypeParam>({.trials = trials}, 106);
    const auto feedback = anchored_feedback(c, Anchor::error, 0);
    auto workspace = make_fused_workspace(c.network, c.batch);
    EXPECT_EQ(fused_loss(c.network, c.batch, feedback, workspace),
              fused(c, feedback, Adjoint::held, no_penalties).objective.loss);
  }
}

// Rounding grows with chaos on every path. The growth law: however long and chaotic the trial, the
// fused engine in float is off the double gradient by no more than ten times what the plain path
// in float is off it.
TEST(FusedGradientOfChaos, InFloatIsOffNoMoreThanThePlainPath) {
  for (Index steps : {50, 100, 200, 400}) {
    const auto exact = test::random_case<double>(
        {.units = 30, .trials = 32, .steps = steps, .leak = 0.2, .recurrent_gain = 2.5}, 107);
    const RandomCase<float> c{cast<float>(exact.network), cast<float>(exact.batch)};
    const auto want = plain(exact, no_feedback<double>(), Adjoint::held, no_penalties);
    const auto off = [&](const Result<float>& got) {
      return relative_distance(cast<double>(got.gradient), want.gradient);
    };
    const auto of_plain = off(plain(c, no_feedback<float>(), Adjoint::held, no_penalties));
    const auto of_fused = off(fused(c, no_feedback<float>(), Adjoint::held, no_penalties));
    RecordProperty("steps_" + std::to_string(steps), fmt::format("{} {}", of_fused, of_plain));
    EXPECT_LE(of_fused, 10 * of_plain + 1e-5) << steps << " steps";
  }
}

// One unit without leak that starts at x and reads its own activation: dL/dd is twice phi(x).
template <typename Scalar>
class ActivationProbe {
 public:
  explicit ActivationProbe(Activation activation)
      : case_(test::random_case<Scalar>({.units = 1,
                                         .inputs = 0,
                                         .outputs = 1,
                                         .trials = 1,
                                         .steps = 1,
                                         .leak = 1,
                                         .activation = activation},
                                        114)),
        workspace_(make_fused_workspace(case_.network, case_.batch)),
        gradient_(zero_like(case_.network.parameters)) {
    auto& p = case_.network.parameters;
    p.W.setOnes(), p.C.setOnes(), p.b.setZero(), p.d.setZero();
    case_.batch.targets.fill(0);
  }

  Scalar operator()(Scalar x) {
    case_.network.initial_state.setConstant(x);
    fused_gradient(case_.network, case_.batch, no_feedback<Scalar>(), Adjoint::held, no_penalties,
                   workspace_, gradient_);
    return gradient_.d(0) / 2;
  }

 private:
  RandomCase<Scalar> case_;
  FusedWorkspace<Scalar> workspace_;
  Parameters<Scalar> gradient_;
};

// In units of the last place, against the C library in extended precision.
template <typename Scalar>
double worst_error(Activation activation, long double (*exact)(long double)) {
  ActivationProbe<Scalar> probe(activation);
  double worst = 0;
  for (double magnitude = 1e-6; magnitude < 60; magnitude *= 1.003)
    for (double sign : {-1.0, 1.0}) {
      const auto x = static_cast<Scalar>(sign * magnitude);
      const long double want = exact(x);
      const long double ulp = std::abs(want) * std::numeric_limits<Scalar>::epsilon() / 2;
      worst = std::max(worst, double(std::abs((probe(x) - want) / ulp)));
    }
  return worst;
}

TYPED_TEST(FusedGradient, ActivationsAreAccurate) {
  for_each_target([&] {
    EXPECT_LE(worst_error<TypeParam>(Activation::tanh, [](long double x) { return std::tanh(x); }),
              6);  // halves: 3 ulp
    EXPECT_LE(worst_error<TypeParam>(Activation::logistic,
                                     [](long double x) { return 1 / (1 + std::exp(-x)); }),
              10);
    EXPECT_LE(worst_error<TypeParam>(Activation::softplus,
                                     [](long double x) { return std::log1p(std::exp(x)); }),
              10);
  });
}

// ---- divergence, subnormal numbers, hostile input -------------------------------------------

template <typename Call>
Divergence divergence_of(Call call) {
  try {
    call();
  } catch (const Divergence& divergence) {
    return divergence;
  }
  ADD_FAILURE() << "no divergence";
  return {"", -1, -1};
}

TYPED_TEST(FusedGradient, DivergesWhereThePlainPathDoes) {
  auto c = test::random_case<TypeParam>(
      {.trials = 40, .steps = 60, .activation = Activation::identity}, 108);
  c.network.parameters.W *= TypeParam(1e12);
  const auto feedback = no_feedback<TypeParam>();
  const auto want = divergence_of([&] { plain(c, feedback, Adjoint::held, no_penalties); });
  const auto got = divergence_of([&] { fused(c, feedback, Adjoint::held, no_penalties); });
  EXPECT_EQ(got.step, want.step);
  EXPECT_EQ(got.trial, want.trial);
  auto workspace = make_fused_workspace(c.network, c.batch);
  EXPECT_EQ(divergence_of([&] { fused_loss(c.network, c.batch, feedback, workspace); }).step,
            want.step);
}

// The network runs free of its activation for one trial only; the padding lanes repeat a trial and
// are as finite as it is.
TYPED_TEST(FusedGradient, SumsThatOverflowAreNoDivergence) {
  auto c = test::random_case<TypeParam>(
      {.units = 3, .inputs = 1, .outputs = 1, .trials = 20, .activation = Activation::identity},
      109);
  const TypeParam large = std::numeric_limits<TypeParam>::max() / 64;
  c.network.initial_state.setConstant(large);
  c.network.parameters.W.setZero();
  c.network.parameters.C.setZero();
  this->expect_plain(c, no_feedback<TypeParam>(), Adjoint::held, no_penalties);
}

#if defined(__SSE__)
TYPED_TEST(FusedGradient, RestoresHowTheCallerTreatsSubnormalNumbers) {
  const auto c = test::random_case<TypeParam>({.trials = 40}, 110);
  volatile TypeParam tiny = std::numeric_limits<TypeParam>::min();
  fused(c, no_feedback<TypeParam>(), Adjoint::held, no_penalties, 2);
  EXPECT_GT(tiny / 2, TypeParam(0));
}
#endif

TYPED_TEST(FusedGradient, RefusesWhatDoesNotFitTheWorkspace) {
  const auto c = test::random_case<TypeParam>({.trials = 40}, 111);
  auto workspace = make_fused_workspace(c.network, c.batch);
  auto gradient = zero_like(c.network.parameters);
  const auto expect_refusal = [&](const CaseOptions& options, const std::string& part) {
    const auto other = test::random_case<TypeParam>(options, 112);
    const auto call = [&] {
      fused_gradient(other.network, other.batch, no_feedback<TypeParam>(), Adjoint::held,
                     no_penalties, workspace, gradient);
    };
    test::expect_refusal(call, part);
  };
  expect_refusal({.units = 6, .trials = 40}, "N = 5");
  expect_refusal({.inputs = 3, .trials = 40}, "I = 2");
  expect_refusal({.outputs = 1, .trials = 40}, "P = 2");
  expect_refusal({.trials = 39}, "40 trials");
  expect_refusal({.trials = 40, .steps = 7}, "40 trials x 6 steps");
  test::expect_refusal([&] { make_fused_workspace(c.network, c.batch, 0); }, "threads");
}

TYPED_TEST(FusedGradient, RefusesATargetThatForcingAsReleasedCannotRead) {
  auto c = test::random_case<TypeParam>({.trials = 40, .nan_where_unobserved = false}, 113);
  c.batch.mask(0, 1, 1) = 0;
  c.batch.targets(0, 1, 1) = std::numeric_limits<TypeParam>::quiet_NaN();
  auto feedback = anchored_feedback(c, Anchor::error, 0);
  feedback.first_mask_channel = true;
  test::expect_refusal([&] { fused(c, feedback, Adjoint::held, no_penalties); }, "targets");
}

// Every row is in one block, sizes differ by one at most, and fewer blocks would not do.
TEST(RowBlocks, AreTheFewestAndAsEqualAsCanBe) {
  for (std::size_t largest : {1, 3, 4, 6, 14, 30})
    for (std::size_t rows = 1; rows <= 100; ++rows) {
      SCOPED_TRACE(testing::Message() << rows << " rows in blocks of at most " << largest);
      const kernels::RowBlocks blocks(rows, largest);
      EXPECT_LT((blocks.count() - 1) * largest, rows);
      EXPECT_EQ(blocks.first(0), 0u);
      EXPECT_EQ(blocks.first(blocks.count()), rows);
      EXPECT_LE(blocks.size(0), largest);
      for (std::size_t k = 0; k < blocks.count(); ++k) {
        EXPECT_EQ(blocks.first(k) + blocks.size(k), blocks.first(k + 1));
        EXPECT_LE(blocks.size(k), blocks.size(0));
        EXPECT_GE(blocks.size(k) + 1, blocks.size(0));
      }
    }
}

}  // namespace
}  // namespace error_forcing
