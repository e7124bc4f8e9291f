#include <gtest/gtest.h>
#include <error_forcing/adam.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/random.hpp>

#include <cmath>
#include <limits>

#include "precision.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

constexpr std::uint64_t adam_seed = 20240611;
using test::infinity;

Parameters<double> random_parameters(RandomEngine& engine, Index units = 4, Index inputs = 3,
                                     Index outputs = 2) {
  Parameters<double> p = zero_parameters<double>(units, inputs, outputs);
  p.W = normal_matrix(engine, units, units);
  p.U = normal_matrix(engine, units, inputs);
  p.b = normal_matrix(engine, units, 1);
  p.C = normal_matrix(engine, outputs, units);
  p.d = normal_matrix(engine, outputs, 1);
  return p;
}

// Adam of one weight as Algorithm 1 of Kingma & Ba writes it, in the order of its lines.
struct OneWeight {
  double theta, m = 0, v = 0;
  int t = 0;
  void step(double g, const AdamOptions& o) {
    t = t + 1;
    m = o.beta1 * m + (1 - o.beta1) * g;
    v = o.beta2 * v + (1 - o.beta2) * g * g;
    const double m_hat = m / (1 - std::pow(o.beta1, t));
    const double v_hat = v / (1 - std::pow(o.beta2, t));
    theta = theta - o.rate * m_hat / (std::sqrt(v_hat) + o.epsilon);
  }
};

TEST(AdamLaw, FirstStepIsTheRateTimesTheSignOfTheGradient) {
  SCOPED_TRACE(adam_seed);
  auto engine = random_engine(adam_seed);
  const auto start = random_parameters(engine);
  const auto gradient = random_parameters(engine);
  const AdamOptions options{.rate = 0.25};
  auto parameters = start;
  auto state = make_adam(start);
  descend(options, gradient, state, parameters);
  for (std::size_t k = 0; k < 5; ++k)
    for (Index i = 0; i < blocks(start)[k].size(); ++i) {
      const double g = blocks(gradient)[k](i);
      const double want = -options.rate * g / (std::abs(g) + options.epsilon);
      EXPECT_NEAR(blocks(parameters)[k](i) - blocks(start)[k](i), want, 1e-14);
      EXPECT_NEAR(want, -options.rate * std::copysign(1, g), 1e-5);
    }
}

TEST(AdamLaw, EveryWeightFollowsTheAlgorithmOfThePaperOnItsOwn) {
  SCOPED_TRACE(adam_seed);
  auto engine = random_engine(adam_seed, 1);
  const AdamOptions options{.rate = 0.03, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3};
  auto parameters = random_parameters(engine);
  auto state = make_adam(parameters);
  std::vector<OneWeight> reference;
  for (const auto& block : blocks(std::as_const(parameters)))
    for (const double theta : block) reference.push_back({theta});
  for (int step = 0; step < 50; ++step) {
    const auto gradient = random_parameters(engine);
    descend(options, gradient, state, parameters);
    auto weight = reference.begin();
    for (const auto& block : blocks(gradient))
      for (const double g : block) (weight++)->step(g, options);
  }
  auto weight = reference.begin();
  for (const auto& block : blocks(std::as_const(parameters)))
    for (const double theta : block) EXPECT_NEAR(theta, (weight++)->theta, 1e-13);
  EXPECT_EQ(state.steps, 50);
}

TEST(AdamLaw, ScalingTheObjectiveChangesNoStep) {
  SCOPED_TRACE(adam_seed);
  auto engine = random_engine(adam_seed, 2);
  const AdamOptions options{.rate = 0.1, .epsilon = 1e-300};
  auto plain = random_parameters(engine), scaled = plain;
  auto plain_state = make_adam(plain), scaled_state = make_adam(plain);
  for (int step = 0; step < 5; ++step) {
    const auto gradient = random_parameters(engine);
    auto larger = zero_like(gradient);
    add_scaled(larger, 1024.0, gradient);
    descend(options, gradient, plain_state, plain);
    descend(options, larger, scaled_state, scaled);
  }
  for (std::size_t k = 0; k < 5; ++k)
    EXPECT_LE((blocks(plain)[k] - blocks(scaled)[k]).lpNorm<Eigen::Infinity>(), 1e-14);
}

TEST(AdamLaw, BlocksThatAreNotTrainedKeepTheirBits) {
  SCOPED_TRACE(adam_seed);
  for (std::size_t frozen = 0; frozen < 5; ++frozen) {
    auto engine = random_engine(adam_seed, 3 + frozen);
    const auto start = random_parameters(engine);
    AdamOptions options;
    TrainedBlocks& trained = options.trained;
    *std::array{&trained.W, &trained.U, &trained.b, &trained.C, &trained.d}[frozen] = false;
    auto parameters = start;
    auto state = make_adam(start);
    for (int step = 0; step < 3; ++step)
      descend(options, random_parameters(engine), state, parameters);
    for (std::size_t k = 0; k < 5; ++k)
      EXPECT_EQ(blocks(parameters)[k] == blocks(start)[k], k == frozen)
          << block_names[k] << " with " << block_names[frozen] << " frozen";
  }
}

TEST(AdamLaw, AQuadraticConvergesToItsMinimum) {
  SCOPED_TRACE(adam_seed);
  auto engine = random_engine(adam_seed, 9);
  const auto minimum = random_parameters(engine);
  auto parameters = random_parameters(engine);
  auto state = make_adam(parameters);
  AdamOptions options{.rate = 0.1};
  for (int step = 0; step < 3000; ++step) {
    auto gradient = parameters;  // of 1/2 |theta - minimum|^2
    add_scaled(gradient, -1.0, minimum);
    if (step % 500 == 499) options.rate /= 10;
    descend(options, gradient, state, parameters);
  }
  for (std::size_t k = 0; k < 5; ++k)
    EXPECT_LE((blocks(parameters)[k] - blocks(minimum)[k]).lpNorm<Eigen::Infinity>(), 1e-6)
        << block_names[k];
}

// alpha = 0.1, beta1 = 0.5, beta2 = 0.75, epsilon = 1, g = 2, -1, 0, from theta = 1:
//   t = 1  m = 1     v = 1       theta -= 0.1 * 2       / (2           + 1)
//   t = 2  m = 0     v = 1       theta -= 0
//   t = 3  m = 0     v = 0.75    theta -= 0
// and then g = 4: t = 4  m = 2  v = 4.5625  theta -= 0.1 * (2 / 0.9375) / (sqrt(4.5625 /
// 0.68359375) + 1)
TEST(AdamKnownAnswer, ASequenceByHand) {
  const AdamOptions options{.rate = 0.1, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 1};
  auto parameters = zero_parameters<double>(1, 0, 1);
  parameters.b(0) = 1;
  auto state = make_adam(parameters);
  auto gradient = zero_like(parameters);
  const std::array g{2.0, -1.0, 0.0, 4.0};
  const double after_first = 1 - 0.2 / 3;
  const double last_step = 0.1 * (2 / 0.9375) / (std::sqrt(4.5625 / 0.68359375) + 1);
  const std::array want{after_first, after_first, after_first, after_first - last_step};
  for (std::size_t t = 0; t < g.size(); ++t) {
    gradient.b(0) = g[t];
    descend(options, gradient, state, parameters);
    EXPECT_NEAR(parameters.b(0), want[t], 1e-15) << "t = " << t + 1;
  }
  EXPECT_DOUBLE_EQ(state.first.b(0), 2);
  EXPECT_DOUBLE_EQ(state.second.b(0), 4.5625);
}

TEST(AdamKnownAnswer, TheDefaultsAreThePapers) {
  const AdamOptions options;
  EXPECT_EQ(options.rate, 1e-3);
  EXPECT_EQ(options.beta1, 0.9);
  EXPECT_EQ(options.beta2, 0.999);
  EXPECT_EQ(options.epsilon, 1e-8);
}

TEST(AdamKnownAnswer, EveryPrecisionTakesTheSameSteps) {
  SCOPED_TRACE(adam_seed);
  auto engine = random_engine(adam_seed, 10);
  auto in_double = random_parameters(engine);
  auto in_float = cast<float>(in_double);
  auto in_widest = cast<test::Widest>(in_double);
  auto state_double = make_adam(in_double);
  auto state_float = make_adam(in_float);
  auto state_widest = make_adam(in_widest);
  for (int step = 0; step < 20; ++step) {
    const auto gradient = random_parameters(engine);
    descend({}, gradient, state_double, in_double);
    descend({}, cast<float>(gradient), state_float, in_float);
    descend({}, cast<test::Widest>(gradient), state_widest, in_widest);
  }
  EXPECT_LE((in_float.W.cast<double>() - in_double.W).norm(), 1e-5);
  EXPECT_LE((in_widest.W.cast<double>() - in_double.W).norm(), 1e-14);
}

TEST(AdamHostile, AGradientThatIsNotFiniteIsRefusedAndNothingChanges) {
  auto engine = random_engine(adam_seed, 11);
  const auto start = random_parameters(engine);
  for (const double bad : {std::nan(""), infinity, -infinity, 1e200})
    for (std::size_t k = 0; k < 5; ++k) {
      auto gradient = random_parameters(engine);
      BlockView<double>(blocks(gradient)[k])(1) = bad;
      auto parameters = start;
      auto state = make_adam(start);
      const std::string name = "dL/d" + std::string(block_names[k]);
      try {
        descend({}, gradient, state, parameters);
        ADD_FAILURE() << name << " = " << bad << " passed";
      } catch (const Divergence& error) {
        EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
      }
      EXPECT_EQ(state.steps, 0);
      for (std::size_t j = 0; j < 5; ++j) {
        EXPECT_EQ(blocks(parameters)[j], blocks(start)[j]);
        EXPECT_TRUE(blocks(state.first)[j].isZero(0) && blocks(state.second)[j].isZero(0));
      }
    }
}

TEST(AdamHostile, AFrozenBlockNeedsNoGradient) {
  auto engine = random_engine(adam_seed, 12);
  auto parameters = random_parameters(engine);
  const Matrix<double> U = parameters.U;
  auto gradient = random_parameters(engine);
  gradient.U.setConstant(std::nan(""));
  auto state = make_adam(parameters);
  descend({.trained = {.U = false}}, gradient, state, parameters);
  EXPECT_EQ(parameters.U, U);
  EXPECT_EQ(state.steps, 1);
}

TEST(AdamHostile, ShapesAndOptionsOutOfRangeAreRefused) {
  auto engine = random_engine(adam_seed, 13);
  auto parameters = random_parameters(engine);
  const auto refuse = [&](const AdamOptions& options, const Parameters<double>& gradient,
                          Adam<double>& state, const std::string& part) {
    test::expect_refusal([&] { descend(options, gradient, state, parameters); }, part);
  };
  const auto gradient = random_parameters(engine);
  auto state = make_adam(parameters);
  auto other = random_parameters(engine, 5);
  refuse({}, other, state, "want 16 entries");
  auto small_state = make_adam(random_parameters(engine, 3));
  refuse({}, gradient, small_state, "9 and 9");
  auto torn_first = make_adam(parameters), torn_second = torn_first;
  torn_first.first.d.resize(7);
  torn_second.second.d.resize(7);
  refuse({}, gradient, torn_first, "7 and 2");
  refuse({}, gradient, torn_second, "2 and 7");
  const double nan = std::nan("");
  for (const auto& [options, name] : {
           std::pair{AdamOptions{.rate = 0}, "learning rate"},
           std::pair{AdamOptions{.rate = nan}, "learning rate"},
           std::pair{AdamOptions{.rate = infinity}, "learning rate"},
           std::pair{AdamOptions{.beta1 = 1}, "beta1"},
           std::pair{AdamOptions{.beta1 = -0.1}, "beta1"},
           std::pair{AdamOptions{.beta2 = 1.5}, "beta2"},
           std::pair{AdamOptions{.beta2 = nan}, "beta2"},
           std::pair{AdamOptions{.epsilon = 0}, "epsilon"},
           std::pair{AdamOptions{.epsilon = infinity}, "epsilon"},
       })
    refuse(options, gradient, state, name);
  EXPECT_EQ(state.steps, 0);
}

TEST(TrainedBlocks, AreNamedOneByOne) {
  const std::vector<std::string> some{"U", "d"}, all{"W", "U", "b", "C", "d"};
  EXPECT_EQ(in_block_order(trained_blocks(some)),
            (std::array<bool, 5>{false, true, false, false, true}));
  for (const auto& names : {some, all, {}}) EXPECT_EQ(names_of(trained_blocks(names)), names);
  test::expect_refusal([] { trained_blocks({"W", "V"}); }, "unknown 'V'");
}

}  // namespace
}  // namespace error_forcing
