#include <error_forcing/eligibility_trace.hpp>
#include <error_forcing/finite_difference.hpp>
#include <error_forcing/murray_network.hpp>
#include <error_forcing/objective_gradient.hpp>
#include <error_forcing/rollout.hpp>
#include <error_forcing/statistics.hpp>

#include "precision.hpp"
#include "random_case.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

template <typename Scalar>
class MurrayNetworkIn : public ::testing::Test {};
TYPED_TEST_SUITE(MurrayNetworkIn, test::DoubleAndQuad, test::PrecisionName);

constexpr auto bptt = MurrayCredit::back_propagation;

template <typename Scalar>
Matrix<Scalar> transposed(const Network<Scalar>& network) {
  return network.parameters.C.transpose();
}

TYPED_TEST(MurrayNetworkIn, BackPropagationIsTheGradientOfTheLoss) {
  using Scalar = TypeParam;
  for (Activation activation : {Activation::tanh, Activation::softplus, Activation::logistic}) {
    const auto c = test::random_case<Scalar>(
        {.units = 3, .trials = 2, .steps = 5, .activation = activation}, 101);
    const auto estimate = finite_difference<Scalar>(
        [&](const Parameters<Scalar>& p) {
          auto moved = c.network;
          moved.parameters = p;
          return murray_loss(moved, c.batch);
        },
        c.network.parameters);
    const auto verdict = compare(murray_gradient(bptt, c.network, c.batch, transposed(c.network)),
                                 estimate, Scalar(std::is_same_v<Scalar, double> ? 1e-10 : 1e-25));
    EXPECT_TRUE(verdict.agrees()) << describe(verdict);
  }
}

TYPED_TEST(MurrayNetworkIn, RtrlEqualsBackPropagation) {
  using Scalar = TypeParam;
  for (Activation activation : {Activation::identity, Activation::tanh, Activation::relu,
                                Activation::softplus, Activation::logistic}) {
    const auto c = test::random_case<Scalar>({.steps = 12, .activation = activation}, 102);
    for (const auto& B : {transposed(c.network), random_feedback<Scalar>(5, 2, 1)})
      EXPECT_LE(relative_distance(murray_gradient(MurrayCredit::rtrl, c.network, c.batch, B),
                                  murray_gradient(bptt, c.network, c.batch, B)),
                test::rounding<Scalar>())
          << to_string(activation);
  }
}

// Murray's equations weight by weight, unrolled: p_ij(t) = a sum_s (1-a)^(t-s) phi'(u_i(s)) f_j(s).
TYPED_TEST(MurrayNetworkIn, RfloIsItsDefinition) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({.trials = 2, .steps = 5}, 103);
  const auto& [W, U, b, C, d] = c.network.parameters;
  const Scalar a = c.network.leak;
  const auto B = random_feedback<Scalar>(5, 2, 1);
  auto want = zero_like(c.network.parameters);
  for (Index trial = 0; trial < 2; ++trial) {
    std::vector<std::vector<Scalar>> h(6, std::vector<Scalar>(5)), slope = h;
    for (Index i = 0; i < 5; ++i) h[0][i] = c.network.initial_state(i);
    for (Index t = 1; t <= 5; ++t)
      for (Index i = 0; i < 5; ++i) {
        using std::tanh;
        Scalar u = b(i);
        for (Index j = 0; j < 5; ++j) u += W(i, j) * h[t - 1][j];
        for (Index j = 0; j < 2; ++j) u += U(i, j) * c.batch.inputs(trial, t, j);
        h[t][i] = (1 - a) * h[t - 1][i] + a * tanh(u);
        slope[t][i] = 1 - tanh(u) * tanh(u);
      }
    for (Index t = 1; t <= 5; ++t)
      for (Index k = 0; k < 2; ++k) {
        if (c.batch.mask(trial, t, k) == 0) continue;
        Scalar e = c.batch.targets(trial, t, k) - d(k);
        for (Index i = 0; i < 5; ++i) e -= C(k, i) * h[t][i];
        const Scalar dL_dy = -2 * e / static_cast<Scalar>(observed_entries(c.batch));
        want.d(k) += dL_dy;
        for (Index i = 0; i < 5; ++i) {
          want.C(k, i) += dL_dy * h[t][i];
          Scalar faded = a * B(i, k) * dL_dy;
          for (Index s = t; s >= 1; --s, faded *= 1 - a) {
            for (Index j = 0; j < 5; ++j) want.W(i, j) += faded * slope[s][i] * h[s - 1][j];
            for (Index j = 0; j < 2; ++j)
              want.U(i, j) += faded * slope[s][i] * c.batch.inputs(trial, s, j);
            want.b(i) += faded * slope[s][i];
          }
        }
      }
  }
  EXPECT_LE(relative_distance(murray_gradient(MurrayCredit::rflo, c.network, c.batch, B), want),
            test::rounding<Scalar>());
}

// W = 0 and T = 1 leave no path that it drops; elsewhere it drops some, but not of the readout.
TYPED_TEST(MurrayNetworkIn, RfloIsExactInItsLimitsAndNotElsewhere) {
  using Scalar = TypeParam;
  const auto gap = [](const test::RandomCase<Scalar>& c) {
    const auto B = transposed(c.network);
    const auto local = murray_gradient(MurrayCredit::rflo, c.network, c.batch, B);
    const auto exact = murray_gradient(bptt, c.network, c.batch, B);
    EXPECT_LE(relative_distance<Scalar>(local.C, exact.C), test::rounding<Scalar>());
    EXPECT_LE(relative_distance<Scalar>(local.d, exact.d), test::rounding<Scalar>());
    return relative_distance(local, exact);
  };
  auto c = test::random_case<Scalar>({}, 104);
  EXPECT_GT(gap(c), Scalar(0.05));
  c.network.parameters.W.setZero();
  EXPECT_LE(gap(c), test::rounding<Scalar>());
  EXPECT_LE(gap(test::random_case<Scalar>({.steps = 1}, 104)), test::rounding<Scalar>());
}

// phi = identity: inside or outside is one, and the engine's rules are an independent route.
TYPED_TEST(MurrayNetworkIn, IsTheEnginesNetworkWherePhiIsTheIdentity) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({.trials = 35, .activation = Activation::identity}, 105);
  const auto B = transposed(c.network);
  auto t = make_trajectory(c.network, c.batch);
  run_free(c.network, c.batch, t);
  const Scalar loss = objective(c.network, c.batch, t, no_penalties).loss;
  const Scalar gap = murray_loss(c.network, c.batch) / loss - 1;
  EXPECT_LE(gap * gap, test::rounding<Scalar>() * test::rounding<Scalar>());
  auto want = zero_like(c.network.parameters);
  objective_gradient_held(c.network, c.batch, no_penalties, t, want);
  EXPECT_LE(relative_distance(murray_gradient(bptt, c.network, c.batch, B), want),
            test::rounding<Scalar>());
  truncated_gradient(KeptJacobian::leak, c.network, c.batch, no_penalties, B, t, want);
  EXPECT_LE(relative_distance(murray_gradient(MurrayCredit::rflo, c.network, c.batch, B), want),
            test::rounding<Scalar>());
}

TYPED_TEST(MurrayNetworkIn, IsAnotherNetworkWherePhiIsNot) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({}, 106);
  auto t = make_trajectory(c.network, c.batch);
  run_free(c.network, c.batch, t);
  auto inside = zero_like(c.network.parameters);
  objective_gradient_held(c.network, c.batch, no_penalties, t, inside);
  EXPECT_GT(
      relative_distance(murray_gradient(bptt, c.network, c.batch, transposed(c.network)), inside),
      Scalar(0.05));
}

// One tanh unit, a = 1/2, w = 2, b = C = 1, d = 0, h_0 = 0, targets 0, two steps:
//   u_1 = 1, h_1 = tanh(1)/2, u_2 = 2 h_1 + 1, h_2 = h_1/2 + tanh(u_2)/2, loss (h_1^2 + h_2^2)/2
TEST(MurrayNetwork, KnownNumbersOfOneUnit) {
  Network<double> network{.parameters = zero_parameters<double>(1, 0, 1), .leak = 0.5};
  network.parameters.W(0, 0) = 2, network.parameters.b(0) = 1, network.parameters.C(0, 0) = 1;
  auto batch = zero_batch<double>(tiled(1, 2), 0, 1);
  batch.mask.fill(1);
  const double h1 = std::tanh(1) / 2, phi2 = std::tanh(2 * h1 + 1), h2 = h1 / 2 + phi2 / 2;
  const double s1 = 1 - 4 * h1 * h1, s2 = 1 - phi2 * phi2;
  EXPECT_NEAR(murray_loss(network, batch), (h1 * h1 + h2 * h2) / 2, 1e-15);
  const auto with = [&](MurrayCredit credit) {
    return murray_gradient<double>(credit, network, batch, Matrix<double>::Ones(1, 1));
  };
  EXPECT_NEAR(with(bptt).W(0, 0), h2 * s2 * h1 / 2, 1e-15);  // h_0 = 0: the second step alone
  EXPECT_NEAR(with(bptt).b(0), (h1 + h2 * (0.5 + s2)) * s1 / 2 + h2 * s2 / 2, 1e-15);
  EXPECT_NEAR(with(MurrayCredit::rflo).b(0), (h1 + h2 * 0.5) * s1 / 2 + h2 * s2 / 2, 1e-15);
}

TEST(MurrayNetwork, RefusesOtherShapesAndLargeNetworksForRtrl) {
  const auto c = test::random_case({}, 107);
  test::expect_refusal(
      [&] { murray_gradient<double>(bptt, c.network, c.batch, Matrix<double>::Ones(2, 5)); },
      "feedback: want 5 units x 2 outputs, got 2 x 5");
  const auto large = test::random_case({.units = 201, .trials = 1, .steps = 1}, 107);
  test::expect_refusal(
      [&] {
        murray_gradient(MurrayCredit::rtrl, large.network, large.batch, transposed(large.network));
      },
      "rtrl: 201 units need");
}

}  // namespace
}  // namespace error_forcing
