#include <error_forcing/activation.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/finite_difference.hpp>

#include <cmath>
#include <limits>

#include "precision.hpp"

namespace error_forcing {
namespace {

const std::vector<Activation> every_activation{Activation::identity, Activation::tanh,
                                               Activation::relu, Activation::softplus,
                                               Activation::logistic};

template <typename Scalar>
Scalar phi(Activation activation, Scalar x) {
  const Matrix<Scalar> state = Matrix<Scalar>::Constant(1, 1, x);
  Matrix<Scalar> result(1, 1);
  activate<Scalar>(activation, state, result);
  return result(0, 0);
}

template <typename Scalar>
Scalar phi_prime(Activation activation, Scalar x) {
  const Matrix<Scalar> activity = Matrix<Scalar>::Constant(1, 1, phi(activation, x));
  Matrix<Scalar> result = Matrix<Scalar>::Ones(1, 1);
  multiply_by_derivative<Scalar>(activation, activity, result);
  return result(0, 0);
}

template <typename Scalar>
class ActivationIn : public ::testing::Test {};
TYPED_TEST_SUITE(ActivationIn, test::AllPrecisions, test::PrecisionName);

TYPED_TEST(ActivationIn, IsTheFunctionOfItsName) {
  using Scalar = TypeParam;
  using std::abs, std::cosh, std::exp, std::log, std::sinh;
  for (int k = -24; k <= 24; ++k) {
    const Scalar x = Scalar(k) / 8;
    const auto equals = [&](Activation activation, Scalar expected) {
      EXPECT_LE(abs(phi(activation, x) - expected), test::rounding<Scalar>() / 20)
          << to_string(activation) << " at " << x;
    };
    equals(Activation::identity, x);
    equals(Activation::tanh, sinh(x) / cosh(x));
    equals(Activation::relu, k > 0 ? x : Scalar(0));
    equals(Activation::softplus, log(1 + exp(x)));
    equals(Activation::logistic, exp(x) / (1 + exp(x)));
  }
}

TYPED_TEST(ActivationIn, ActsOnEveryEntryOfABlockAndOnNothingElse) {
  using Scalar = TypeParam;
  for (Activation activation : every_activation) {
    Matrix<Scalar> state(4, 37), result = Matrix<Scalar>::Constant(4, 37, Scalar(9));
    for (Index k = 0; k < state.size(); ++k) state.data()[k] = Scalar(k % 23 - 11) / 4;
    activate<Scalar>(activation, state.middleRows(1, 2).leftCols(35),
                     result.middleRows(1, 2).leftCols(35));
    for (Index i = 0; i < 4; ++i)
      for (Index j = 0; j < 37; ++j) {
        const bool inside = (i == 1 || i == 2) && j < 35;
        const Scalar expected = inside ? phi(activation, state(i, j)) : Scalar(9);
        using std::abs;
        EXPECT_LE(abs(result(i, j) - expected), test::rounding<Scalar>() / 20);
      }
  }
}

template <typename Scalar>
class DerivativeIn : public ::testing::Test {};
TYPED_TEST_SUITE(DerivativeIn, test::DoubleAndQuad, test::PrecisionName);

TYPED_TEST(DerivativeIn, IsTheDerivativeByFiniteDifferences) {
  using Scalar = TypeParam;
  for (Activation activation : every_activation)
    for (int k = -24; k <= 24; ++k) {
      if (activation == Activation::relu && k == 0) continue;  // the kink
      const Matrix<Scalar> x = Matrix<Scalar>::Constant(1, 1, Scalar(k) / 8);
      const auto value = [&](const Matrix<Scalar>& m) { return phi(activation, m(0, 0)); };
      const Matrix<Scalar> claimed = Matrix<Scalar>::Constant(1, 1, phi_prime(activation, x(0, 0)));
      const auto verdict = compare(claimed, finite_difference(value, x), Scalar(0));
      EXPECT_TRUE(verdict.agrees()) << to_string(activation) << ": " << describe(verdict);
    }
}

TYPED_TEST(ActivationIn, DerivativeMultipliesTheAdjoint) {
  using Scalar = TypeParam;
  Matrix<Scalar> activity(2, 1), adjoint(2, 1);
  activity << Scalar(0.5), Scalar(-0.25);
  adjoint << Scalar(8), Scalar(-16);
  multiply_by_derivative<Scalar>(Activation::tanh, activity, adjoint);
  EXPECT_EQ(adjoint(0), Scalar(6));
  EXPECT_EQ(adjoint(1), Scalar(-15));
}

TYPED_TEST(ActivationIn, ReluHasDerivativeZeroAtZero) {
  EXPECT_EQ(phi_prime(Activation::relu, TypeParam(0)), TypeParam(0));
  EXPECT_EQ(phi_prime(Activation::relu, std::numeric_limits<TypeParam>::min()), TypeParam(1));
}

TYPED_TEST(ActivationIn, SaturatesWithoutOverflow) {
  using Scalar = TypeParam;
  const Scalar far(20000);  // exp(far) overflows in every precision
  EXPECT_EQ(phi(Activation::tanh, far), Scalar(1));
  EXPECT_EQ(phi(Activation::tanh, -far), Scalar(-1));
  EXPECT_EQ(phi(Activation::softplus, far), far);
  EXPECT_EQ(phi(Activation::softplus, -far), Scalar(0));
  EXPECT_EQ(phi(Activation::logistic, far), Scalar(1));
  EXPECT_EQ(phi(Activation::logistic, -far), Scalar(0));
  for (Activation activation : {Activation::tanh, Activation::logistic})
    for (Scalar x : {far, -far}) EXPECT_EQ(phi_prime(activation, x), Scalar(0));
  EXPECT_EQ(phi_prime(Activation::softplus, far), Scalar(1));
  EXPECT_EQ(phi_prime(Activation::softplus, -far), Scalar(0));
}

TYPED_TEST(ActivationIn, SoftplusKeepsItsSmallValues) {
  using Scalar = TypeParam;
  using std::abs, std::exp;
  const Scalar x(-20), e = exp(x);
  const Scalar expected = e * (1 - e * (Scalar(1) / 2 - e * (Scalar(1) / 3 - e / 4)));
  EXPECT_LE(abs(phi(Activation::softplus, x) - expected), test::rounding<Scalar>() * expected);
  EXPECT_LE(abs(phi_prime(Activation::softplus, x) - e / (1 + e)),
            test::rounding<Scalar>() * expected);
}

TYPED_TEST(ActivationIn, NotANumberPassesThrough) {
  using std::isnan;
  for (Activation activation : every_activation)
    EXPECT_TRUE(isnan(phi(activation, std::numeric_limits<TypeParam>::quiet_NaN())))
        << to_string(activation);
}

TEST(ActivationNames, RoundTrip) {
  ASSERT_EQ(activation_names().size(), every_activation.size());
  for (Activation activation : every_activation)
    EXPECT_EQ(parse_activation(to_string(activation)), activation);
  EXPECT_EQ(to_string(Activation::softplus), "softplus");
}

TEST(ActivationNames, RefusesOthersAndListsTheKnown) {
  for (const char* name : {"", "Tanh", "sigmoid", "tanh "}) try {
      parse_activation(name);
      FAIL() << name;
    } catch (const InvalidInput& error) {
      EXPECT_NE(std::string(error.what()).find("identity, tanh, relu, softplus, logistic"),
                std::string::npos);
    }
}

}  // namespace
}  // namespace error_forcing
