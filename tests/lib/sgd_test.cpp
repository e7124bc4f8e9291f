#include <gtest/gtest.h>
#include <error_forcing/errors.hpp>
#include <error_forcing/random.hpp>
#include <error_forcing/sgd.hpp>

#include <cmath>
#include <limits>

#include "refusal.hpp"

namespace error_forcing {
namespace {

constexpr std::uint64_t sgd_seed = 20240705;

template <typename Scalar>
Parameters<Scalar> weights_for_sgd(RandomEngine& engine, Index units = 4) {
  return cast<Scalar>(
      Parameters<double>{normal_matrix(engine, units, units), normal_matrix(engine, units, 3),
                         normal_matrix(engine, units, 1), normal_matrix(engine, 2, units),
                         normal_matrix(engine, 2, 1)});
}

template <typename Scalar>
class SgdLaw : public testing::Test {};
using SgdScalars = testing::Types<float, double>;
TYPED_TEST_SUITE(SgdLaw, SgdScalars);

TYPED_TEST(SgdLaw, WithoutMomentumEveryStepIsTheRateTimesTheGradient) {
  auto engine = random_engine(sgd_seed);
  auto parameters = weights_for_sgd<TypeParam>(engine);
  auto state = make_sgd(parameters);
  for (int step = 0; step < 3; ++step) {
    const auto start = parameters, gradient = weights_for_sgd<TypeParam>(engine);
    descend({.rate = 0.25}, gradient, state, parameters);
    for (std::size_t k = 0; k < 5; ++k)
      EXPECT_EQ(blocks(parameters)[k], blocks(start)[k] - TypeParam(0.25) * blocks(gradient)[k]);
  }
  EXPECT_EQ(state.steps, 3);
}

// v after t steps of a constant g: g (1 - mu^t) / (1 - mu), whose limit is g / (1 - mu).
TYPED_TEST(SgdLaw, UnderAConstantGradientTheVelocityIsAGeometricSeries) {
  auto engine = random_engine(sgd_seed, 1);
  auto parameters = weights_for_sgd<TypeParam>(engine);
  const auto gradient = weights_for_sgd<TypeParam>(engine);
  auto state = make_sgd(parameters);
  for (int t = 1; t <= 200; ++t) {
    const Matrix<TypeParam> before = parameters.W;
    descend({.rate = 0.1, .momentum = 0.9}, gradient, state, parameters);
    const auto want = static_cast<TypeParam>((1 - std::pow(0.9, t)) / (1 - 0.9));
    const double bound = 200 * std::numeric_limits<TypeParam>::epsilon();
    EXPECT_LE((state.velocity.W - want * gradient.W).norm(), bound * want * gradient.W.norm());
    EXPECT_LE((before - parameters.W - TypeParam(0.1) * state.velocity.W).norm(),
              bound * (before.norm() + 1));
  }
}

TYPED_TEST(SgdLaw, ScalingTheObjectiveScalesEveryStep) {
  auto engine = random_engine(sgd_seed, 2);
  const auto start = weights_for_sgd<TypeParam>(engine);
  auto plain = zero_like(start), scaled = plain;
  auto plain_state = make_sgd(start), scaled_state = plain_state;
  for (int step = 0; step < 5; ++step) {
    const auto gradient = weights_for_sgd<TypeParam>(engine);
    auto larger = zero_like(gradient);
    add_scaled(larger, TypeParam(4), gradient);
    descend({.momentum = 0.5}, gradient, plain_state, plain);
    descend({.momentum = 0.5}, larger, scaled_state, scaled);
  }
  for (std::size_t k = 0; k < 5; ++k)
    EXPECT_EQ(TypeParam(4) * blocks(plain)[k], Vector<TypeParam>(blocks(scaled)[k]));
}

TEST(SgdKnownAnswer, BlocksThatAreNotTrainedKeepTheirBits) {
  for (std::size_t frozen = 0; frozen < 5; ++frozen) {
    auto engine = random_engine(sgd_seed, 3 + frozen);
    const auto start = weights_for_sgd<double>(engine);
    SgdOptions options{.momentum = 0.5};
    auto& trained = options.trained;
    *std::array{&trained.W, &trained.U, &trained.b, &trained.C, &trained.d}[frozen] = false;
    auto parameters = start;
    auto state = make_sgd(start);
    auto gradient = weights_for_sgd<double>(engine);
    BlockView<double>(blocks(gradient)[frozen]).setConstant(std::nan(""));  // not looked at
    descend(options, gradient, state, parameters);
    for (std::size_t k = 0; k < 5; ++k)
      EXPECT_EQ(blocks(parameters)[k] == blocks(start)[k], k == frozen) << block_names[k];
  }
}

// rate 0.1, momentum 0.5, g = 2, -1, 0, from theta = 1, as torch.optim.SGD prints it:
//   v = 2, 0, 0    theta = 0.8, 0.8, 0.8; then g = 4: v = 4, theta = 0.4; g = 0: v = 2, theta = 0.2
TEST(SgdKnownAnswer, ASequenceByHand) {
  auto parameters = zero_parameters<double>(1, 0, 1);
  parameters.b(0) = 1;
  auto state = make_sgd(parameters);
  auto gradient = zero_like(parameters);
  const std::array g{2.0, -1.0, 0.0, 4.0, 0.0}, want{0.8, 0.8, 0.8, 0.4, 0.2};
  for (std::size_t t = 0; t < g.size(); ++t) {
    gradient.b(0) = g[t];
    descend({.rate = 0.1, .momentum = 0.5}, gradient, state, parameters);
    EXPECT_NEAR(parameters.b(0), want[t], 1e-15) << "t = " << t + 1;
  }
}

TEST(SgdHostile, AGradientThatIsNotFiniteIsRefusedAndNothingChanges) {
  auto engine = random_engine(sgd_seed, 11);
  const auto start = weights_for_sgd<float>(engine);
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()})
    for (std::size_t k = 0; k < 5; ++k) {
      auto gradient = weights_for_sgd<float>(engine);
      BlockView<float>(blocks(gradient)[k])(1) = bad;
      auto parameters = start;
      auto state = make_sgd(start);
      EXPECT_THROW(descend({}, gradient, state, parameters), Divergence) << block_names[k];
      EXPECT_EQ(state.steps, 0);
      for (std::size_t j = 0; j < 5; ++j) {
        EXPECT_EQ(blocks(parameters)[j], blocks(start)[j]);
        EXPECT_TRUE(blocks(state.velocity)[j].isZero(0));
      }
    }
}

TEST(SgdHostile, ShapesAndOptionsOutOfRangeAreRefused) {
  auto engine = random_engine(sgd_seed, 13);
  auto parameters = weights_for_sgd<double>(engine);
  const auto gradient = weights_for_sgd<double>(engine), other = weights_for_sgd<double>(engine, 5);
  auto state = make_sgd(parameters), wrong = make_sgd(other);
  const auto refuse = [&](const SgdOptions& options, const Parameters<double>& g, Sgd<double>& s,
                          const std::string& part) {
    test::expect_refusal([&] { descend(options, g, s, parameters); }, part);
  };
  refuse({}, other, state, "SGD, block W: want 16 entries, as the weights have; got 25");
  refuse({}, gradient, wrong, "16 in the gradient and 25 in the velocity");
  for (const double rate : {0.0, -1.0, std::nan(""), HUGE_VAL})
    refuse({.rate = rate}, gradient, state, "learning rate: want a finite value > 0");
  for (const double momentum : {-0.1, 1.0, std::nan("")})
    refuse({.momentum = momentum}, gradient, state, "momentum: want a value in [0, 1)");
}

}  // namespace
}  // namespace error_forcing
