#include <error_forcing/errors.hpp>
#include <error_forcing/finite_difference.hpp>
#include <error_forcing/statistics.hpp>

#include <cmath>

#include "gradient_case.hpp"
#include "precision.hpp"

namespace error_forcing {
namespace {

using test::CaseOptions;

template <typename Scalar>
Scalar tolerance() {
  return Scalar(std::is_same_v<Scalar, quad> ? 1e-26 : 1e-11);
}

template <typename Scalar>
class FiniteDifferenceOracle : public ::testing::Test {};
TYPED_TEST_SUITE(FiniteDifferenceOracle, test::DoubleAndQuad, test::PrecisionName);

// The derivative of a function of one number, and the estimate of its error.
template <typename Scalar>
std::pair<Scalar, Scalar> derivative(const std::function<Scalar(Scalar)>& f, Scalar x) {
  const auto of_matrix = [&](const Matrix<Scalar>& m) { return f(m(0, 0)); };
  const auto estimate =
      finite_difference(of_matrix, Matrix<Scalar>(Matrix<Scalar>::Constant(1, 1, x)));
  return {estimate.value(0, 0), estimate.error(0, 0)};
}

TYPED_TEST(FiniteDifferenceOracle, IsExactButForRoundingOnPolynomialsOfDegreeSix) {
  using Scalar = TypeParam;
  using std::abs, std::pow;
  const Scalar rounding = pow(std::numeric_limits<Scalar>::epsilon(), Scalar(6) / 7);
  const Scalar x(1.25);
  for (int degree = 0; degree <= 6; ++degree) {
    const auto power = [&](Scalar base) {
      Scalar product(1);
      for (int k = 0; k < degree; ++k) product *= base;
      return product;
    };
    const Scalar exact = degree * power(x) / x;
    EXPECT_LT(abs(derivative<Scalar>(power, x).first - exact), 5 * rounding * (power(x) + exact))
        << "degree " << degree;
  }
}

TYPED_TEST(FiniteDifferenceOracle, ItsErrorEstimateIsHonestOnSmoothFunctions) {
  using Scalar = TypeParam;
  using std::abs, std::cos, std::exp, std::sin;
  const auto sine = [](Scalar x) { return sin(5 * x); };
  const auto bell = [](Scalar x) { return exp(-x * x); };
  const auto pole = [](Scalar x) { return 1 / (1 + x * x); };
  for (int k = -20; k <= 20; ++k) {
    const Scalar x = Scalar(k) / 8;
    const auto within_twice = [&](std::pair<Scalar, Scalar> estimate, Scalar exact) {
      EXPECT_LE(abs(estimate.first - exact), 2 * estimate.second) << "at " << x;
    };
    within_twice(derivative<Scalar>(sine, x), 5 * cos(5 * x));
    within_twice(derivative<Scalar>(bell, x), -2 * x * exp(-x * x));
    within_twice(derivative<Scalar>(pole, x), -2 * x / ((1 + x * x) * (1 + x * x)));
  }
}

TYPED_TEST(FiniteDifferenceOracle, EvaluatesAwayFromThePointAndLeavesTheObjectiveAlone) {
  using Scalar = TypeParam;
  const auto weights = test::random_case<Scalar>({}, 1).network.parameters;
  int calls = 0;
  const auto linear = [&](const Parameters<Scalar>& p) {
    ++calls;
    Scalar sum(0);
    for (const auto& block : blocks(p)) sum += block.sum();
    return sum;
  };
  const auto estimate = finite_difference(linear, weights);
  auto ones = zero_like(weights);
  Index entries = 0;
  for (auto block : blocks(ones)) {
    block.setOnes();
    entries += block.size();
  }
  EXPECT_EQ(calls, 8 * entries + 1);
  const auto verdict = compare(ones, estimate, Scalar(0));
  EXPECT_TRUE(verdict.agrees()) << describe(verdict);
}

// A network, its objective under frozen displacements and the true gradient, from the reference.
template <typename Scalar>
struct Certified {
  test::RandomCase<Scalar> drawn;
  Parameters<Scalar> gradient;
  FiniteDifference<Scalar> estimate;
};

template <typename Scalar>
Certified<Scalar> certified(const CaseOptions& options, std::uint64_t seed) {
  const auto c = test::random_case<Scalar>(options, seed);
  auto trajectory = test::displaced_trajectory(c, seed);
  const auto loss = [&](const Parameters<Scalar>& p) {
    auto network = c.network;
    network.parameters = p;
    replay(network, c.batch, trajectory);
    return objective(network, c.batch, trajectory, no_penalties).total();
  };
  return {c, test::reference_loss_gradient(c, trajectory),
          finite_difference(loss, c.network.parameters)};
}

TYPED_TEST(FiniteDifferenceOracle, AgreesWithTheGradientOfANetworkWithinItsErrorEstimateAlone) {
  for (Activation activation :
       {Activation::identity, Activation::tanh, Activation::softplus, Activation::logistic}) {
    CaseOptions options;
    options.activation = activation;
    SCOPED_TRACE(description(options, 21));
    const auto [drawn, gradient, estimate] = certified<TypeParam>(options, 21);
    const auto verdict = compare(gradient, estimate, TypeParam(0));
    EXPECT_TRUE(verdict.agrees()) << describe(verdict);
    EXPECT_LT(verdict.resolution, TypeParam(std::is_same_v<TypeParam, quad> ? 1e-25 : 1e-9));
  }
}

TYPED_TEST(FiniteDifferenceOracle, FindsAFlippedSignInAnyBlock) {
  const auto [drawn, gradient, estimate] = certified<TypeParam>({}, 22);
  for (std::size_t block = 0; block < block_names.size(); ++block) {
    auto lie = gradient;
    BlockView<TypeParam>(blocks(lie)[block]) *= TypeParam(-1);
    const auto verdict = compare(lie, estimate, tolerance<TypeParam>());
    EXPECT_FALSE(verdict.agrees());
    EXPECT_EQ(verdict.block, block_names[block]);
    EXPECT_NEAR(static_cast<double>(verdict.relative), 2, 1e-6);
  }
}

TYPED_TEST(FiniteDifferenceOracle, FindsOneEntryOffByOneInTenThousandAndNamesIt) {
  const auto [drawn, gradient, estimate] = certified<TypeParam>({}, 23);
  const auto& W = gradient.W;
  const auto& C = gradient.C;
  for (Index row = 0; row < W.rows(); ++row)
    for (Index column = 0; column < W.cols(); ++column) {
      auto lie = gradient;
      lie.W(row, column) *= TypeParam(1 + 1e-4);
      const auto verdict = compare(lie, estimate, tolerance<TypeParam>());
      EXPECT_FALSE(verdict.agrees()) << describe(verdict);
      EXPECT_EQ(std::tie(verdict.block, verdict.row, verdict.column),
                std::make_tuple("W", row, column));
    }
  auto lie = gradient;
  lie.C(1, 3) *= TypeParam(1 + 1e-4);
  const auto verdict = compare(lie, estimate, tolerance<TypeParam>());
  EXPECT_FALSE(verdict.agrees());
  EXPECT_EQ(std::tie(verdict.block, verdict.row, verdict.column), std::make_tuple("C", 1, 3));
  EXPECT_EQ(verdict.claimed, lie.C(1, 3));
  EXPECT_NEAR(static_cast<double>(verdict.estimated), static_cast<double>(C(1, 3)), 1e-9);
}

// (S3) of one trial in matrix form. `kept` stands for 1 - a in the adjoint's path: 0 is the bug of
// one who forgets that a leaky unit remembers.
template <typename Scalar>
Parameters<Scalar> hand_written_gradient(const test::RandomCase<Scalar>& c,
                                         const Trajectory<Scalar>& t, Scalar kept) {
  const auto& p = c.network.parameters;
  const Scalar a = c.network.leak;
  auto sum = zero_like(p);
  Matrix<Scalar> lambda = Matrix<Scalar>::Zero(p.units(), c.batch.layout().trials);
  for (Index step = c.batch.layout().steps; step >= 1; --step) {
    const Matrix<Scalar> e = t.errors.at(0, step), phi = t.states.at(0, step - 1).array().tanh();
    lambda += p.C.transpose() * e;
    sum.W += a * lambda * phi.transpose();
    sum.U += a * lambda * c.batch.inputs.at(0, step).transpose();
    sum.b += a * lambda.rowwise().sum();
    sum.C += e * t.states_before.at(0, step).transpose();
    sum.d += e.rowwise().sum();
    const Matrix<Scalar> through_weights = p.W.transpose() * lambda;
    lambda =
        kept * lambda + Matrix<Scalar>(a * (1 - phi.array().square()) * through_weights.array());
  }
  auto gradient = zero_like(p);
  add_scaled(gradient, Scalar(-2) / static_cast<Scalar>(observed_entries(c.batch)), sum);
  return gradient;
}

TYPED_TEST(FiniteDifferenceOracle, FindsADroppedLeakTerm) {
  const auto [drawn, gradient, estimate] = certified<TypeParam>({}, 24);
  const auto trajectory = test::displaced_trajectory(drawn, 24);
  const auto right = compare(hand_written_gradient(drawn, trajectory, 1 - drawn.network.leak),
                             estimate, tolerance<TypeParam>());
  EXPECT_TRUE(right.agrees()) << describe(right);
  const auto wrong = compare(hand_written_gradient(drawn, trajectory, TypeParam(0)), estimate,
                             tolerance<TypeParam>());
  EXPECT_FALSE(wrong.agrees());
}

TYPED_TEST(FiniteDifferenceOracle, NotANumberDisagreesWhereverItStands) {
  const TypeParam nan = std::numeric_limits<TypeParam>::quiet_NaN();
  const auto [drawn, gradient, estimate] = certified<TypeParam>({}, 25);
  for (std::size_t block = 0; block < block_names.size(); ++block) {
    auto claimed = gradient;
    BlockView<TypeParam>(blocks(claimed)[block])(1) = nan;
    EXPECT_FALSE(compare(claimed, estimate, TypeParam(1)).agrees());
    auto poisoned = estimate;
    BlockView<TypeParam>(blocks(poisoned.value)[block])(1) = nan;
    EXPECT_FALSE(compare(gradient, poisoned, TypeParam(1)).agrees());
    poisoned = estimate;
    BlockView<TypeParam>(blocks(poisoned.error)[block])(1) = nan;
    EXPECT_FALSE(compare(gradient, poisoned, TypeParam(1)).agrees());
  }
  EXPECT_FALSE(compare(gradient, estimate, nan).agrees());
}

TYPED_TEST(FiniteDifferenceOracle, ABlockClaimedZeroMustBeZero) {
  CaseOptions options;
  options.steps = 1;
  options.initial_state = false;  // tanh(h_0) = 0: W has no part in the only step
  auto [drawn, gradient, estimate] = certified<TypeParam>(options, 26);
  ASSERT_EQ(gradient.W.cwiseAbs().maxCoeff(), TypeParam(0));
  EXPECT_TRUE(compare(gradient, estimate, tolerance<TypeParam>()).agrees());
  gradient.U.setZero();
  const auto verdict = compare(gradient, estimate, tolerance<TypeParam>());
  EXPECT_FALSE(verdict.agrees());
  EXPECT_EQ(verdict.block, "U");
}

template <typename Scalar>
Scalar first_step() {
  return Scalar(std::is_same_v<Scalar, quad> ? 7.3e-6 : 2.8e-3);
}

TYPED_TEST(FiniteDifferenceOracle, ShortensItsStepWhereTheObjectiveBends) {
  using Scalar = TypeParam;
  using std::abs, std::cos, std::sin;
  const auto kinked = [](Scalar x) { return Scalar(abs(x)); };
  for (double steps : {1.5, 2.5, 3.5}) {
    const auto [value, error] = derivative<Scalar>(kinked, Scalar(steps) * first_step<Scalar>());
    EXPECT_LE(abs(value - 1), 2 * error) << steps << " steps from the kink";
    EXPECT_LE(error, Scalar(1e-9));
  }
  const auto wave = [&](Scalar x) { return sin(x / first_step<Scalar>()); };
  const auto [value, error] = derivative<Scalar>(wave, Scalar(0.25));
  EXPECT_LE(abs(value - cos(Scalar(0.25) / first_step<Scalar>()) / first_step<Scalar>()),
            2 * error);
  EXPECT_LE(error, Scalar(1e-6) / first_step<Scalar>());
}

TYPED_TEST(FiniteDifferenceOracle, ConfirmsNothingAtAKink) {
  using Scalar = TypeParam;
  const auto relu = [](const Matrix<Scalar>& m) {
    return m(0, 0) > 0 ? Scalar(1 + m(0, 0)) : Scalar(1);
  };
  for (double steps : {0.0, 1e-6, 1e-3, 0.3}) {
    const Matrix<Scalar> at = Matrix<Scalar>::Constant(1, 1, Scalar(steps) * first_step<Scalar>());
    const auto estimate = finite_difference(relu, at);
    for (double claim : {0, 1}) {
      const Matrix<Scalar> claimed = Matrix<Scalar>::Constant(1, 1, Scalar(claim));
      EXPECT_FALSE(compare(claimed, estimate, Scalar(1e-6)).agrees()) << steps << " steps away";
    }
  }
}

TYPED_TEST(FiniteDifferenceOracle, RefusesToJudgeByACoarseEstimate) {
  const auto [drawn, gradient, estimate] = certified<TypeParam>({}, 30);
  auto coarse = estimate;
  coarse.error.C(1, 1) = TypeParam(1.01e-6) * gradient.C.cwiseAbs().maxCoeff();
  EXPECT_FALSE(compare(gradient, coarse, TypeParam(1)).agrees());
  coarse.error.C(1, 1) = TypeParam(0.99e-6) * gradient.C.cwiseAbs().maxCoeff();
  EXPECT_TRUE(compare(gradient, coarse, TypeParam(1)).agrees());
}

TYPED_TEST(FiniteDifferenceOracle, RefusesOtherShapesAndNothing) {
  using Scalar = TypeParam;
  const auto [drawn, gradient, estimate] = certified<Scalar>({}, 27);
  auto claimed = gradient;
  claimed.U.resize(5, 3);
  EXPECT_THROW(compare(claimed, estimate, Scalar(1)), InvalidInput);
  const Matrix<Scalar> nothing(0, 3);
  EXPECT_FALSE(compare(nothing, {nothing, nothing}, Scalar(1)).agrees());
}

#ifndef ERROR_FORCING_WITHOUT_QUAD
TEST(FiniteDifferencePrecision, ErrorsFallWithThePrecisionAsPromised) {
  const auto in_double = certified<double>({}, 28);
  const auto in_quad = certified<quad>({}, 28);
  const double coarse = relative_distance(in_double.estimate.value, in_double.gradient);
  const double fine =
      static_cast<double>(relative_distance(in_quad.estimate.value, in_quad.gradient));
  EXPECT_LT(coarse, 1e-10);
  EXPECT_LT(fine, 1e-26);
}
#endif

TEST(FiniteDifferenceReport, NamesTheEntryAndTheNumbers) {
  const auto [drawn, gradient, estimate] = certified<double>({}, 29);
  auto lie = gradient;
  lie.U(3, 1) += 0.5;
  const std::string line = describe(compare(lie, estimate, 1e-10));
  EXPECT_NE(line.find("U(3, 1)"), std::string::npos) << line;
  EXPECT_NE(line.find(fmt::format("{:.17g}", lie.U(3, 1))), std::string::npos) << line;
}

}  // namespace
}  // namespace error_forcing
