#include <error_forcing/eligibility_trace.hpp>
#include <error_forcing/statistics.hpp>

#include "precision.hpp"
#include "random_case.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

template <typename Scalar>
class EligibilityTraceIn : public ::testing::Test {};
TYPED_TEST_SUITE(EligibilityTraceIn, test::DoubleAndQuad, test::PrecisionName);

constexpr test::CaseOptions two_tiles{.trials = 35};

// (S6) word by word for one weight W_ij of a tanh network without penalties.
template <typename Scalar>
Scalar weight_gradient(KeptJacobian kept, const test::RandomCase<Scalar>& c,
                       const Trajectory<Scalar>& t, const Matrix<Scalar>& B, Index i, Index j) {
  using std::tanh;
  const auto& [network, batch] = c;
  const Scalar a = network.leak, count(observed_entries(batch));
  Scalar sum(0);
  for (Index trial = 0; trial < batch.layout().trials; ++trial) {
    Scalar p(0);
    for (Index step = 1; step <= batch.layout().steps; ++step) {
      const Scalar phi_i = tanh(t.states(trial, step - 1, i));
      const Scalar phi_j = tanh(t.states(trial, step - 1, j));
      Scalar keep = 1 - a;
      if (kept == KeptJacobian::diagonal)
        keep += a * network.parameters.W(i, i) * (1 - phi_i * phi_i);
      p = keep * p + a * phi_j;
      for (Index k = 0; k < network.outputs(); ++k) sum += B(i, k) * t.errors(trial, step, k) * p;
    }
  }
  return -2 * sum / count;
}

TYPED_TEST(EligibilityTraceIn, IsItsLiteralDefinition) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>(two_tiles, 81);
  auto t = test::displaced_trajectory(c, 81);
  for (KeptJacobian kept : {KeptJacobian::leak, KeptJacobian::diagonal})
    for (const Matrix<Scalar>& B :
         {symmetric_feedback(c.network), random_feedback<Scalar>(5, 2, 1)}) {
      auto traces = make_eligibility_traces(kept, c.network, c.batch);
      auto gradient = zero_like(c.network.parameters);
      traced_gradient(c.network, c.batch, no_penalties, B, t, traces, gradient);
      for (Index i = 0; i < 5; ++i)
        for (Index j = 0; j < 5; ++j)
          EXPECT_LE(abs(gradient.W(i, j) - weight_gradient(kept, c, t, B, i, j)),
                    test::rounding<Scalar>())
              << i << " " << j;
    }
}

// (I10), every block, both penalties, every activation.
TYPED_TEST(EligibilityTraceIn, EqualsTheReverseRecursion) {
  using Scalar = TypeParam;
  for (Activation activation : {Activation::identity, Activation::tanh, Activation::relu,
                                Activation::softplus, Activation::logistic}) {
    auto options = two_tiles;
    options.activation = activation;
    const auto c = test::random_case<Scalar>(options, 82);
    auto t = test::displaced_trajectory(c, 82);
    for (KeptJacobian kept : {KeptJacobian::leak, KeptJacobian::diagonal})
      for (const Matrix<Scalar>& B :
           {symmetric_feedback(c.network), random_feedback<Scalar>(5, 2, 1)}) {
        auto traces = make_eligibility_traces(kept, c.network, c.batch);
        auto forward = zero_like(c.network.parameters), reverse = forward;
        traced_gradient(c.network, c.batch, {0.3, 0.2}, B, t, traces, forward);
        truncated_gradient(kept, c.network, c.batch, {0.3, 0.2}, B, t, reverse);
        EXPECT_LE(relative_distance(forward, reverse), test::rounding<Scalar>())
            << to_string(activation);
      }
  }
}

// Twice through the same memory, the same bits.
TYPED_TEST(EligibilityTraceIn, LeavesNothingBehind) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>(two_tiles, 83);
  auto t = test::displaced_trajectory(c, 83);
  auto traces = make_eligibility_traces(KeptJacobian::diagonal, c.network, c.batch);
  auto once = zero_like(c.network.parameters), again = once;
  const auto B = symmetric_feedback(c.network);
  traced_gradient(c.network, c.batch, no_penalties, B, t, traces, once);
  traced_gradient(c.network, c.batch, no_penalties, B, t, traces, again);
  EXPECT_EQ(relative_distance(once, again), Scalar(0));
}

TEST(EligibilityTrace, RefusesTracesOfAnotherNetwork) {
  const auto c = test::random_case({}, 84);
  auto t = test::displaced_trajectory(c, 84);
  EligibilityTraces<double> traces(KeptJacobian::leak, c.batch.layout(), 4, 2);
  auto gradient = zero_like(c.network.parameters);
  test::expect_refusal(
      [&] {
        traced_gradient(c.network, c.batch, no_penalties, symmetric_feedback(c.network), t, traces,
                        gradient);
      },
      "traces: want 5 units, 8 presynaptic and 3 lanes, got 4, 7 and 3");
}

}  // namespace
}  // namespace error_forcing
