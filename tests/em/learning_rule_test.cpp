#include <error_forcing/errors.hpp>
#include <error_forcing/learning_rule.hpp>

#include "objective_in_weights.hpp"
#include "refusal.hpp"
#include "settings.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class LearningRuleIn : public ::testing::Test {};
TYPED_TEST_SUITE(LearningRuleIn, DoubleAndQuad, PrecisionName);

constexpr Penalties strong_penalties{0.03, 0.02};  // visible beside the loss

template <typename Scalar>
struct Result {
  Trajectory<Scalar> trajectory;
  Objective<Scalar> objective;
  Parameters<Scalar> gradient;
};

template <typename Scalar>
Result<Scalar> run(const LearningRule<Scalar>& rule, const RandomCase<Scalar>& c,
                   const Penalties& penalties = strong_penalties) {
  Result<Scalar> result{poisoned(c), {}, c.network.parameters};
  for (auto block : blocks(result.gradient))
    block.setConstant(std::numeric_limits<Scalar>::quiet_NaN());
  result.objective =
      objective_gradient(rule, c.network, c.batch, penalties, result.trajectory, result.gradient);
  return result;
}

bool is_teacher(const auto& e_step) { return e_step.index() == 1; }
bool is_feedback(const auto& e_step) { return e_step.index() == 1 || e_step.index() == 2; }

// Calls check(rule, case) for every routing that has a meaning for its E-step.
template <typename Scalar, typename Check>
void for_each_rule(const CaseOptions& options, Check check) {
  for_each_setting<Scalar>(options, [&](const Setting<Scalar>& s) {
    check(LearningRule<Scalar>{s.e_step, Routing::held}, s.drawn);
    SCOPED_TRACE("not held");
    if (is_teacher(s.e_step)) check(LearningRule<Scalar>{s.e_step, Routing::damped}, s.drawn);
    SCOPED_TRACE("not damped");
    if (is_feedback(s.e_step)) check(LearningRule<Scalar>{s.e_step, Routing::through}, s.drawn);
  });
}

// (1 - |C|)^2 of one output; of two, s_max/s_min from trace and determinant of C C'.
template <typename Scalar>
Scalar readout_penalty_by_hand(const Matrix<Scalar>& C) {
  using std::sqrt;
  const Matrix<Scalar> S = C * C.transpose();
  if (C.rows() == 1) return (1 - sqrt(S(0, 0))) * (1 - sqrt(S(0, 0)));
  const Scalar trace = S(0, 0) + S(1, 1), determinant = S(0, 0) * S(1, 1) - S(0, 1) * S(1, 0);
  const Scalar root = sqrt(trace * trace / 4 - determinant);
  const Scalar ratio = sqrt((trace / 2 + root) / (trace / 2 - root));
  return (1 - ratio) * (1 - ratio);
}

// The objective of a trajectory, entry by entry.
template <typename Scalar>
Scalar objective_by_hand(const Network<Scalar>& network, const Batch<Scalar>& batch,
                         const Trajectory<Scalar>& t) {
  const auto& p = network.parameters;
  Scalar squares(0), count(0), activity(0);
  for_each_step(batch.layout(), [&](Index trial, Index step) {
    const Vector<Scalar> y = p.C * column(t.states_before, trial, step) + p.d;
    for (Index k : observed_at(batch, trial, step)) {
      const Scalar e = batch.targets(trial, step, k) - y(k);
      squares += e * e;
      count += 1;
    }
    activity += column(t.states, trial, step).squaredNorm();
  });
  const Scalar entries(batch.layout().trials * batch.layout().steps * network.units());
  return squares / count + Scalar(strong_penalties.activity) * activity / entries +
         Scalar(strong_penalties.readout) * readout_penalty_by_hand(p.C);
}

// Where teacher forcing acts: its pull on a trial and step.
template <typename Scalar>
Scalar pull_at(const TeacherForcing<Scalar>& e_step, const Batch<Scalar>& batch, Index trial,
               Index step) {
  const auto observed = observed_at(batch, trial, step);
  const bool acts = e_step.as_released ? batch.mask(trial, step, 0) == 1 : !observed.empty();
  return acts ? e_step.gain : Scalar(0);
}

// Moves the network on under the routing's own idea of what stays fixed.
template <typename Scalar>
void move_on(const LearningRule<Scalar>& rule, const Network<Scalar>& moved,
             const Batch<Scalar>& batch, const Trajectory<Scalar>& at_start,
             Trajectory<Scalar>& t) {
  if (rule.routing == Routing::through) return infer(rule.e_step, moved, batch, t);
  t.displacements = at_start.displacements;
  if (rule.routing == Routing::held) return replay(moved, batch, t);
  const auto& teacher = std::get<TeacherForcing<Scalar>>(rule.e_step);
  const auto towards_given_states = [&](Index tile, Index step) {
    auto nu = t.displacements.at(tile, step);
    for (Index lane = 0; lane < nu.cols(); ++lane) {
      const Scalar pull = pull_at(teacher, batch, tile * batch.layout().lanes + lane, step);
      nu.col(lane) = at_start.displacements.at(tile, step).col(lane) +
                     pull * (at_start.states_before.at(tile, step).col(lane) -
                             t.states_before.at(tile, step).col(lane));
    }
  };
  rollout(moved, batch, towards_given_states, t);
}

TYPED_TEST(LearningRuleIn, EachRoutingIsTheGradientOfItsOwnObjective) {
  using Scalar = TypeParam;
  for (Index outputs : {1, 2})
    for_each_rule<Scalar>({.units = 4, .outputs = outputs, .trials = 2, .steps = 4},
                          [](const auto& rule, const auto& c) {
                            const auto found = run(rule, c);
                            auto t = found.trajectory;
                            expect_gradient(found.gradient, c.network,
                                            [&](const Network<Scalar>& moved) {
                                              move_on(rule, moved, c.batch, found.trajectory, t);
                                              return objective_by_hand(moved, c.batch, t);
                                            });
                          });
}

TYPED_TEST(LearningRuleIn, ReturnsTheObjectiveAtTheForcedTrajectory) {
  using Scalar = TypeParam;
  for_each_rule<Scalar>({.trials = 35}, [](const auto& rule, const auto& c) {
    const auto found = run(rule, c);
    const auto forced = inferred(rule.e_step, c);
    EXPECT_EQ(relative_distance(found.trajectory.states, forced.states), Scalar(0));
    expect_near(found.objective.total(), objective_by_hand(c.network, c.batch, forced), 8);
  });
}

// Three ways, three answers, unless there is nothing to differentiate.
TYPED_TEST(LearningRuleIn, RoutingsDifferWhereTheForcingDependsOnTheWeights) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>(small, 4);
  const auto gradient = [&](const EStep<Scalar>& e_step, Routing routing) {
    return run<Scalar>({e_step, routing}, c).gradient;
  };
  const TeacherForcing<Scalar> teacher{Scalar(0.6)};
  const auto held = gradient(teacher, Routing::held);
  const auto damped = gradient(teacher, Routing::damped);
  const auto through = gradient(teacher, Routing::through);
  EXPECT_GT(relative_distance(damped, held), Scalar(0.01));
  EXPECT_GT(relative_distance(through, held), Scalar(0.01));
  EXPECT_GT(relative_distance(through, damped), Scalar(0.01));

  for (Routing routing : {Routing::damped, Routing::through}) {
    const TeacherForcing<Scalar> no_gain{Scalar(0)};
    const auto idle = gradient(no_gain, routing);
    EXPECT_LE(relative_distance(idle, gradient(no_gain, Routing::held)), rounding<Scalar>());
  }
  EXPECT_EQ(relative_distance(gradient(FreeRunning{}, Routing::through),
                              gradient(FreeRunning{}, Routing::held)),
            Scalar(0));
}

// (sum m) times the loss is a sum over trials, and so is (sum m) times its gradient.
TYPED_TEST(LearningRuleIn, AddsOverTrials) {
  using Scalar = TypeParam;
  for_each_rule<Scalar>({.trials = 35, .steps = 4}, [](const auto& rule, const auto& c) {
    const auto summed = [&](const std::vector<Index>& trials) {
      const auto part = pick_trials(c, trials);
      auto gradient = zero_like(c.network.parameters);
      add_scaled(gradient, Scalar(observed_entries(part.batch)),
                 run(rule, part, no_penalties).gradient);
      return gradient;
    };
    std::vector<Index> front, back, reversed;
    for (Index trial = 0; trial < 35; ++trial) {
      (trial < 20 ? front : back).push_back(trial);
      reversed.insert(reversed.begin(), trial);
    }
    const auto whole = summed(reversed);
    auto sum = summed(front);
    add_scaled(sum, Scalar(1), summed(back));
    EXPECT_LE(relative_distance(sum, whole), 4 * rounding<Scalar>());
  });
}

TYPED_TEST(LearningRuleIn, TurnsWithTheStateSpace) {
  using Scalar = TypeParam;
  for (const auto& [activation, G] : symmetries<Scalar>(5, 5)) {
    auto options = small;
    options.activation = activation;
    for_each_rule<Scalar>(options, [&](const LearningRule<Scalar>& rule, const auto& c) {
      const auto plain = run(rule, c);
      const auto other = run<Scalar>({turned(rule.e_step, G), rule.routing}, turned(c, G));
      expect_near(other.objective.total(), plain.objective.total(), 16);
      EXPECT_LE(relative_distance(other.gradient, turned(plain.gradient, G)),
                64 * rounding<Scalar>());
    });
  }
}

TYPED_TEST(LearningRuleIn, RepeatsItsBits) {
  using Scalar = TypeParam;
  for_each_rule<Scalar>({.trials = 35, .steps = 4}, [](const auto& rule, const auto& c) {
    auto first = run(rule, c);
    const auto gradient = first.gradient;
    const auto value = objective_gradient(rule, c.network, c.batch, strong_penalties,
                                          first.trajectory, first.gradient);
    EXPECT_EQ(relative_distance(first.gradient, gradient), Scalar(0));
    EXPECT_EQ(value.total(), first.objective.total());
  });
}

// One linear unit, a = 1/2, w = 2, C = 4, d = 2, h_0 = 2, y* = (22, 20), c = 1/2:
//   u_1 = 3  y_1 = 14  e_1 = 8  nu_1 = 1  h_1 = 4  u_2 = 6  y_2 = 26  e_2 = -6   loss 50
//   dL/dy = -e  dL/du_2 = 24  dL/dh_1 = 3/2 * 24 = 36  dL/du_1 = 36 g - 32, g = dh_1/du_1
//   held     g = 1:    dW = 1/2 (4 * 2 + 24 * 4) = 52   db = 14   dC = -8*3 + 6*6 = 12   dd = -2
//   damped   g = 1/2:  dL/du_1 = -14   dW = 34   db = 5   dC = 12   dd = -2
//   through  also dh_1/dC = -c (22 - 2)/16 = -5/8 and dh_1/dd = -1/8: dC = -21/2, dd = -13/2
// As released h_1 = 3/2 + 11/4 = 17/4, u_2 = 51/8, e_2 = -15/2, dL/du_2 = 30, dL/dh_1 = 45,
//   dh_1/dC = -c 22/16 = -11/16, dh_1/dd = 0, dL/du_1 = -19/2:
//   dW = 1/2 (-19 + 255/2) = 217/4   db = 41/4   dC = -24 + 765/16 - 495/16 = -57/8   dd = -1/2
struct KnownGradient {
  double W, b, C, d;
};

template <typename Scalar>
void expect_known(const EStep<Scalar>& e_step, Routing routing, const KnownGradient& want) {
  RandomCase<Scalar> c;
  auto& p = c.network.parameters = zero_parameters<Scalar>(1, 0, 1);
  p.W(0, 0) = 2, p.C(0, 0) = 4, p.d(0) = 2;
  c.network.leak = Scalar(0.5);
  c.network.activation = Activation::identity;
  c.network.initial_state = Vector<Scalar>::Constant(1, 2);
  c.batch = zero_batch<Scalar>(tiled(1, 2), 0, 1);
  c.batch.mask.fill(1);
  c.batch.targets(0, 1, 0) = 22, c.batch.targets(0, 2, 0) = 20;
  const auto gradient = run<Scalar>({e_step, routing}, c, no_penalties).gradient;
  expect_near(gradient.W(0, 0), Scalar(want.W), 100);
  expect_near(gradient.b(0), Scalar(want.b), 100);
  expect_near(gradient.C(0, 0), Scalar(want.C), 100);
  expect_near(gradient.d(0), Scalar(want.d), 100);
}

TYPED_TEST(LearningRuleIn, KnownNumbersOfOneUnit) {
  using Scalar = TypeParam;
  const Scalar c(0.5);
  const TeacherForcing<Scalar> teacher{c}, released{c, Scalar(0), true};
  const ErrorForcing<Scalar> error{c};
  expect_known<Scalar>(error, Routing::held, {52, 14, 12, -2});
  expect_known<Scalar>(error, Routing::through, {34, 5, -10.5, -6.5});
  expect_known<Scalar>(teacher, Routing::held, {52, 14, 12, -2});
  expect_known<Scalar>(teacher, Routing::damped, {34, 5, 12, -2});
  expect_known<Scalar>(teacher, Routing::through, {34, 5, -10.5, -6.5});
  expect_known<Scalar>(released, Routing::through, {54.25, 10.25, -7.125, -0.5});
}

TEST(LearningRulePrecision, FloatAgreesWithDouble) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto in_double = settings<double>(small, seed);
    const auto in_float = settings<float>(small, seed);
    for (std::size_t k = 0; k < in_double.size(); ++k)
      for (Routing routing : {Routing::held, Routing::through}) {
        SCOPED_TRACE(fmt::format("seed {}, {}", seed, in_double[k].name));
        if (routing == Routing::through && !is_feedback(in_double[k].e_step)) continue;
        const auto fine = run<double>({in_double[k].e_step, routing}, in_double[k].drawn);
        const auto coarse = run<float>({in_float[k].e_step, routing}, in_float[k].drawn);
        EXPECT_LE(relative_distance(cast<double>(coarse.gradient), fine.gradient), 1e-5);
      }
  }
}

// ... and for every credit, with symmetric and random feedback.
template <typename Check>
void for_each_rule_and_credit(const CaseOptions& options, Check check) {
  for_each_rule<double>(options, check);
  for_each_setting<double>(options, [&](const Setting<double>& s) {
    for (Credit credit : {Credit::rflo, Credit::snap1})
      for (std::optional<std::uint64_t> seed : {std::optional<std::uint64_t>{}, {1}})
        check(LearningRule<double>{s.e_step, Routing::held, credit, seed}, s.drawn);
  });
}

// The engine that the rule chooses says what the trajectory says.
TEST(GradientMemory, ChangesNothingButRounding) {
  for (Index trials : {1, 3, 40}) {
    CaseOptions options;
    options.trials = trials;
    for_each_rule_and_credit(options, [&](const auto& rule, const auto& c) {
      const auto want = run(rule, c);
      auto memory = make_gradient_memory(rule, c.batch.layout(), c.network.units(),
                                         c.network.inputs(), c.network.outputs());
      auto gradient = zero_like(c.network.parameters);
      const auto objective =
          objective_gradient(rule, c.network, c.batch, strong_penalties, memory, gradient);
      EXPECT_LE(relative_distance(gradient, want.gradient), 1e-13);
      EXPECT_NEAR(objective.total(), want.objective.total(), 1e-13 * want.objective.total());
    });
  }
}

TEST(GradientMemory, IsTheFusedEngineForHeldAndDampedFeedback) {
  const auto is_fused = [](const std::string& name, Routing routing) {
    const auto rule = make_rule<double>({.name = name, .routing = routing});
    const bool fused = make_gradient_memory(rule, tiled(2, 3), 4, 1, 1).index() == 0;
    EXPECT_EQ(error_forcing::is_fused(rule), fused);
    return fused;
  };
  for (const char* name : {"bptt", "tf", "ef", "rflo", "ef-rflo", "snap1", "ef-snap1"})
    EXPECT_TRUE(is_fused(name, Routing::held)) << name;
  EXPECT_FALSE(is_fused("rtrl", Routing::held));
  EXPECT_TRUE(is_fused("gtf", Routing::damped));
  EXPECT_FALSE(is_fused("gtf", Routing::through));
  EXPECT_FALSE(is_fused("ef", Routing::through));
}

// As released, RFLO forces by the error of the step before, which the fused engine does not keep.
TEST(GradientMemory, IsATrajectoryForCausalForcing) {
  const auto rule = make_rule<double>({.name = "ef-rflo", .as_released = true});
  EXPECT_EQ(make_gradient_memory(rule, tiled(2, 3), 4, 1, 1).index(), 1);
}

// Where a state is not finite, the repetition on the plain path is that of the same rule.
TEST(GradientMemory, DivergesWhereTheTrajectoryDoes) {
  auto c = random_case<double>({.trials = 40, .steps = 60, .activation = Activation::identity}, 9);
  c.network.parameters.W *= 1e12;
  const auto rule = make_rule<double>({.name = "snap1"});
  auto memory = make_gradient_memory(rule, c.batch.layout(), 5, 2, 2);
  auto gradient = zero_like(c.network.parameters);
  EXPECT_THROW(objective_gradient(rule, c.network, c.batch, no_penalties, memory, gradient),
               Divergence);
}

TEST(GradientMemory, IsRefusedToARuleThatItWasNotMadeFor) {
  const auto c = random_case<double>({}, 5);
  const auto held = make_rule<double>({.name = "ef"});
  const auto through = make_rule<double>({.name = "ef", .routing = Routing::through});
  auto memory = make_gradient_memory(held, c.batch.layout(), 5, 2, 2);
  auto gradient = zero_like(c.network.parameters);
  expect_refusal(
      [&] { objective_gradient(through, c.network, c.batch, no_penalties, memory, gradient); },
      "memory");
}

TEST(MakeRule, KnowsTheRulesOfThePaper) {
  EXPECT_EQ(rule_names(), (std::vector<std::string>{"bptt", "tf", "gtf", "ef", "rflo", "ef-rflo",
                                                    "snap1", "ef-snap1", "rtrl"}));
  const auto bptt = make_rule<double>({.name = "bptt"});
  EXPECT_TRUE(std::holds_alternative<FreeRunning>(bptt.e_step));
  EXPECT_EQ(bptt.routing, Routing::held);
  for (const std::string name : {"tf", "gtf"}) {
    const auto rule = make_rule<double>({.name = name, .gain = 0.3, .ridge = 0.2});
    const auto& teacher = std::get<TeacherForcing<double>>(rule.e_step);
    EXPECT_EQ(teacher.gain, 0.3);
    EXPECT_EQ(teacher.ridge, 0.2);
    EXPECT_FALSE(teacher.as_released);
    EXPECT_EQ(rule.routing, Routing::held);
  }
  const auto rule = make_rule<double>({.gain = 0.3, .ridge = 0.2});
  const auto& error = std::get<ErrorForcing<double>>(rule.e_step);
  EXPECT_EQ(error.gain, 0.3);
  EXPECT_EQ(error.ridge, 0.2);
  EXPECT_FALSE(error.as_released);
  EXPECT_EQ(rule.routing, Routing::held);
}

TEST(MakeRule, HasNoRidgeUnlessAskedOrAsReleased) {
  const auto ridge = [](const RuleOptions& options) {
    return std::get<ErrorForcing<double>>(make_rule<double>(options).e_step).ridge;
  };
  EXPECT_EQ(ridge({}), 0);
  EXPECT_EQ(ridge({.as_released = true}), 1e-7);
  EXPECT_EQ(ridge({.ridge = 0.0, .as_released = true}), 0);
  EXPECT_EQ(ridge({.ridge = 0.5}), 0.5);
  const auto gtf = make_rule<double>({.name = "gtf", .as_released = true});
  EXPECT_EQ(std::get<TeacherForcing<double>>(gtf.e_step).ridge, 1e-7);
  EXPECT_TRUE(std::get<TeacherForcing<double>>(gtf.e_step).as_released);
}

TEST(MakeRule, AsReleasedOnlyTeacherForcingIsDifferentiatedThrough) {
  const auto routing = [](const std::string& name, std::optional<Routing> chosen = {}) {
    return make_rule<double>({.name = name, .routing = chosen, .as_released = true}).routing;
  };
  EXPECT_EQ(routing("bptt"), Routing::held);
  EXPECT_EQ(routing("ef"), Routing::held);
  EXPECT_EQ(routing("tf"), Routing::through);
  EXPECT_EQ(routing("gtf"), Routing::through);
  EXPECT_EQ(routing("gtf", Routing::held), Routing::held);
  EXPECT_EQ(routing("gtf", Routing::damped), Routing::damped);
  EXPECT_EQ(routing("ef", Routing::through), Routing::through);
}

TEST(MakeRule, RefusesWhatItDoesNotKnow) {
  const auto refused = [](const RuleOptions& options, const std::string& part) {
    expect_refusal([&] { make_rule<double>(options); }, part);
  };
  refused({.name = "rprop"}, "rule: unknown name 'rprop'; use one of bptt, tf, gtf, ef");
  refused({.name = ""}, "rule: unknown name ''");
  for (double bad : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()})
    for (const std::string& name : rule_names())
      refused({.name = name, .gain = bad}, "gain: want a value in [0, 1]");
  for (double bad : {-1e-9, std::numeric_limits<double>::quiet_NaN()})
    refused({.ridge = bad}, "ridge: want a value >= 0");
}

TEST(LearningRuleInput, RefusesRoutingsWithoutAMeaning) {
  const auto c = random_case(small, 6);
  const GreedyPosterior<double> greedy{isotropic_noise<double>(5, 2, 1, 1)};
  const auto refused = [&](const EStep<double>& e_step, Routing routing, const std::string& part) {
    expect_refusal([&] { run<double>({e_step, routing}, c); }, part);
  };
  refused(FreeRunning{}, Routing::damped, "routing: damped is for teacher forcing");
  refused(ErrorForcing<double>{}, Routing::damped, "routing: damped is for teacher forcing");
  refused(greedy, Routing::damped, "routing: damped is for teacher forcing");
  refused(greedy, Routing::through, "routing: the greedy posterior's displacements are held");
  refused(CausalForcing<double>{}, Routing::damped, "routing: damped is for teacher forcing");
  refused(CausalForcing<double>{}, Routing::through, "routing: causal forcing's displacements");
}

// Forward rules: which credit, which E-step, as published and as released.
TEST(ForwardRules, AreTheirCreditTimesTheirEStep) {
  const auto made = [](const std::string& name, bool as_released = false) {
    return make_rule<double>({.name = name, .gain = 0.3, .as_released = as_released});
  };
  const auto free = [](const auto& rule) {
    return std::holds_alternative<FreeRunning>(rule.e_step);
  };
  for (bool as_released : {false, true}) {
    EXPECT_EQ(made("rflo", as_released).credit, as_released ? Credit::snap1 : Credit::rflo);
    EXPECT_EQ(made("ef-rflo", as_released).credit, as_released ? Credit::snap1 : Credit::rflo);
    EXPECT_EQ(made("snap1", as_released).credit, Credit::snap1);
    EXPECT_EQ(made("ef-snap1", as_released).credit, Credit::snap1);
    EXPECT_EQ(made("rtrl", as_released).credit, Credit::rtrl);
    for (const char* name : {"rflo", "snap1", "rtrl"}) EXPECT_TRUE(free(made(name, as_released)));
    const auto forcing = std::get<ErrorForcing<double>>(made("ef-snap1", as_released).e_step);
    EXPECT_EQ(forcing.gain, 0.3);
    EXPECT_EQ(forcing.as_released, as_released);
  }
  EXPECT_EQ(std::get<ErrorForcing<double>>(made("ef-rflo").e_step).gain, 0.3);
  const auto causal = std::get<CausalForcing<double>>(made("ef-rflo", true).e_step);
  EXPECT_EQ(causal.gain, 0.3);
  EXPECT_EQ(causal.ridge, released_ridge);
}

TYPED_TEST(LearningRuleIn, RtrlIsBackPropagationUnderEveryEStep) {
  using Scalar = TypeParam;
  for_each_setting<Scalar>({.trials = 35}, [](const Setting<Scalar>& s) {
    const auto exact = run<Scalar>({s.e_step}, s.drawn);
    const auto forward = run<Scalar>({s.e_step, Routing::held, Credit::rtrl}, s.drawn);
    EXPECT_LE(relative_distance(forward.gradient, exact.gradient), rounding<Scalar>());
    EXPECT_EQ(forward.objective.total(), exact.objective.total());
  });
}

// Each differs from back-propagation and from the others, but for the readout.
TYPED_TEST(LearningRuleIn, ApproximateRulesDiffer) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>(small, 9);
  const ErrorForcing<Scalar> forcing{Scalar(0.4)};
  std::vector<Parameters<Scalar>> all;
  for (std::optional<std::uint64_t> seed : {std::optional<std::uint64_t>{}, {1}, {2}})
    for (Credit credit : {Credit::rflo, Credit::snap1, Credit::rtrl})
      all.push_back(run<Scalar>({forcing, Routing::held, credit, seed}, c).gradient);
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_GT(relative_distance(all[i], all[j]), Scalar(0.01)) << i << " " << j;
      EXPECT_LE((all[i].C - all[j].C).cwiseAbs().maxCoeff(), rounding<Scalar>());
    }
}

TEST(ForwardRules, HoldTheDisplacementsAndAloneChooseTheirFeedback) {
  for (const auto& name : forward_rule_names()) {
    expect_refusal([&] { make_rule<double>({.name = name, .routing = Routing::through}); },
                   "routing: " + name + " holds");
    EXPECT_EQ(make_rule<double>({.name = name, .feedback_seed = 3}).feedback_seed, 3);
  }
  for (const char* name : {"bptt", "tf", "gtf", "ef"})
    expect_refusal([&] { make_rule<double>({.name = name, .feedback_seed = 3}); },
                   std::string("feedback: ") + name + " has none to choose");
  const auto c = random_case(small, 6);
  const EStep<double> free = FreeRunning{};
  expect_refusal(
      [&] {
        run<double>({free, Routing::through, Credit::rflo}, c);
      },
      "routing: only back-propagation");
  expect_refusal(
      [&] {
        run<double>({free, Routing::held, Credit::back_propagation, 1}, c);
      },
      "feedback: back-propagation");
}

// C+ jumps where two outputs become parallel: no gradient through it, unless a ridge smooths it.
TEST(LearningRuleInput, RefusesToDifferentiateAPseudoinverseBelowFullRank) {
  auto c = random_case(small, 7);
  c.network.parameters.C.row(1) = c.network.parameters.C.row(0);
  const auto gradient = [&](double ridge, Routing routing) {
    return run<double>({ErrorForcing<double>{1, ridge}, routing}, c, no_penalties);
  };
  expect_refusal([&] { gradient(0, Routing::through); }, "C: rank 1 of 2");
  EXPECT_NO_THROW(gradient(0.1, Routing::through));
  EXPECT_NO_THROW(gradient(0, Routing::held));
  expect_refusal(
      [&] {
        run<double>({ErrorForcing<double>{}, Routing::held}, c);
      },
      "C: the readout penalty");
}

}  // namespace
}  // namespace error_forcing::test
