// Nothing allocates inside a step: the number of allocations does not grow with the steps.

#include <error_forcing/eligibility_trace.hpp>
#include <error_forcing/fused_gradient.hpp>
#include <error_forcing/objective_gradient.hpp>
#include <error_forcing/rollout.hpp>
#include <error_forcing/rtrl.hpp>

#include "counting_malloc.hpp"
#include "precision.hpp"
#include "random_case.hpp"

namespace error_forcing {
namespace {

using test::RandomCase;

template <typename Scalar>
struct Workspace {
  RandomCase<Scalar> drawn;
  Feedback<Scalar> feedback;
  Trajectory<Scalar> trajectory;
  Parameters<Scalar> gradient;
  Matrix<Scalar> dL_dK;
};

template <typename Scalar>
Workspace<Scalar> workspace(Index units, Index outputs, Index trials, Index steps,
                            Activation activation, Anchor anchor) {
  Workspace<Scalar> w;
  w.drawn = test::random_case<Scalar>({.units = units,
                                       .outputs = outputs,
                                       .trials = trials,
                                       .steps = steps,
                                       .activation = activation,
                                       .recurrent_gain = 0.5},
                                      1);
  auto engine = random_engine(2);
  w.feedback = {normal_matrix(engine, units, outputs, 0.1).template cast<Scalar>(), Scalar(0.5),
                anchor};
  w.trajectory = make_trajectory(w.drawn.network, w.drawn.batch);
  w.gradient = zero_like(w.drawn.network.parameters);
  w.dL_dK.resize(units, outputs);
  return w;
}

// What runs once an epoch or more often. The readout penalty is left out: its singular values are
// found once a batch, not once a step.
constexpr Penalties per_step_penalties{.activity = 1e-5, .readout = 0};

template <typename Scalar>
const std::vector<std::pair<const char*, void (*)(Workspace<Scalar>&)>> operations{
    {"run_free",
     [](Workspace<Scalar>& w) { run_free(w.drawn.network, w.drawn.batch, w.trajectory); }},
    {"rollout_with_feedback",
     [](Workspace<Scalar>& w) {
       rollout_with_feedback(w.drawn.network, w.drawn.batch, w.feedback, w.trajectory);
     }},
    {"replay", [](Workspace<Scalar>& w) { replay(w.drawn.network, w.drawn.batch, w.trajectory); }},
    {"objective",
     [](Workspace<Scalar>& w) {
       objective(w.drawn.network, w.drawn.batch, w.trajectory, per_step_penalties);
     }},
    {"objective_gradient_held",
     [](Workspace<Scalar>& w) {
       objective_gradient_held(w.drawn.network, w.drawn.batch, per_step_penalties, w.trajectory,
                               w.gradient);
     }},
    {"objective_gradient_damped",
     [](Workspace<Scalar>& w) {
       objective_gradient_damped(w.drawn.network, w.drawn.batch, w.feedback, per_step_penalties,
                                 w.trajectory, w.gradient);
     }},
    {"objective_gradient_through", [](Workspace<Scalar>& w) {
       objective_gradient_through(w.drawn.network, w.drawn.batch, w.feedback, per_step_penalties,
                                  w.trajectory, w.gradient, w.dL_dK);
     }}};

// Allocations of each operation, called in the order in which a training step calls them.
template <typename Scalar>
std::vector<long> count(Index units, Index outputs, Index trials, Index steps,
                        Activation activation, Anchor anchor) {
  auto w = workspace<Scalar>(units, outputs, trials, steps, activation, anchor);
  std::vector<long> counts;
  counts.reserve(operations<Scalar>.size());
  for (const auto& [name, call] : operations<Scalar>) {
    const long before = test::allocations;
    call(w);
    counts.push_back(test::allocations - before);
  }
  return counts;
}

template <typename Scalar>
class Allocations : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!ERROR_FORCING_COUNTS_ALLOCATIONS) GTEST_SKIP() << "malloc cannot be replaced here";
  }

  static void expect_none_per_step(Index units, Index outputs, Index trials,
                                   Activation activation = Activation::tanh,
                                   Anchor anchor = Anchor::target) {
    const auto few = count<Scalar>(units, outputs, trials, 10, activation, anchor);
    const auto many = count<Scalar>(units, outputs, trials, 100, activation, anchor);
    for (std::size_t k = 0; k < few.size(); ++k)
      EXPECT_EQ(few[k], many[k]) << operations<Scalar>[k].first << ": N " << units << ", P "
                                 << outputs << ", B " << trials << ", " << to_string(activation);
  }
};
using FastPrecisions = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Allocations, FastPrecisions, test::PrecisionName);

TYPED_TEST(Allocations, AreSeen) {
  const long before = test::allocations;
  const Matrix<TypeParam> m = Matrix<TypeParam>::Zero(7, 7);
  EXPECT_GT(test::allocations, before) << m.size();
}

TYPED_TEST(Allocations, DoNotGrowWithTheStepsForAnySizeOfNetworkAndBatch) {
  for (Index units : {1, 12, 50, 200})
    for (Index outputs : {1, 3})
      for (Index trials : {1, 32, 70}) this->expect_none_per_step(units, outputs, trials);
}

TYPED_TEST(Allocations, DoNotGrowWithTheStepsForAnyActivationAndAnchor) {
  for (const std::string& name : activation_names())
    for (Anchor anchor : {Anchor::error, Anchor::target_with_bias})
      this->expect_none_per_step(12, 2, 33, parse_activation(name), anchor);
}

// Credit forward in time: the traces, the recursion that equals them, RTRL.
template <typename Scalar>
long allocations_of_forward_rules(Index units, Index trials, Index steps) {
  auto w = workspace<Scalar>(units, 2, trials, steps, Activation::tanh, Anchor::error);
  const auto& [network, batch] = w.drawn;
  run_free(network, batch, w.trajectory);
  const auto B = symmetric_feedback(network);
  Sensitivity<Scalar> sensitivity(units, network.inputs());
  auto leak = make_eligibility_traces(KeptJacobian::leak, network, batch);
  auto diagonal = make_eligibility_traces(KeptJacobian::diagonal, network, batch);
  const long before = test::allocations;
  for (auto* traces : {&leak, &diagonal}) {
    traced_gradient(network, batch, per_step_penalties, B, w.trajectory, *traces, w.gradient);
    truncated_gradient(traces->kept, network, batch, per_step_penalties, B, w.trajectory,
                       w.gradient);
  }
  rtrl_gradient(network, batch, per_step_penalties, B, w.trajectory, sensitivity, w.gradient);
  return test::allocations - before;
}

TYPED_TEST(Allocations, DoNotGrowWithTheStepsOfForwardRules) {
  for (Index units : {1, 12, 30})
    for (Index trials : {1, 33})
      EXPECT_EQ(allocations_of_forward_rules<TypeParam>(units, trials, 5),
                allocations_of_forward_rules<TypeParam>(units, trials, 10))
          << units << " " << trials;
}

// The fused engine allocates nothing in a call, whatever the number of steps.
template <typename Scalar>
long allocations_of_fused_calls(Index trials, const Penalties& penalties, int threads) {
  auto w = workspace<Scalar>(12, 2, trials, 30, Activation::tanh, Anchor::target);
  auto workspace = make_fused_workspace(w.drawn.network, w.drawn.batch, threads);
  const auto call = [&] {
    fused_gradient(w.drawn.network, w.drawn.batch, w.feedback, Adjoint::damped, penalties,
                   workspace, w.gradient);
    fused_loss(w.drawn.network, w.drawn.batch, w.feedback, workspace);
  };
  call();  // the first may make room for the states, and starts the threads
  const long before = test::allocations;
  for (int k = 0; k < 3; ++k) call();
  return test::allocations - before;
}

TYPED_TEST(Allocations, AreNoneInTheFusedGradient) {
  for (Index trials : {1, 12, 70})
    for (const Penalties& penalties : {no_penalties, per_step_penalties})
      EXPECT_EQ(allocations_of_fused_calls<TypeParam>(trials, penalties, 1), 0) << trials;
}

}  // namespace
}  // namespace error_forcing
