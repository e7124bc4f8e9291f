#include <error_forcing/network.hpp>
#include <error_forcing/statistics.hpp>

#include <cmath>

#include "precision.hpp"
#include "random_case.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using test::expect_refusal;

using test::infinity;
using test::nan;

TEST(RandomNetwork, SameSeedDrawsTheSameBits) {
  const auto a = random_network({}, 3), b = random_network({}, 3), c = random_network({}, 4);
  EXPECT_EQ(relative_distance(a.parameters, b.parameters), 0);
  EXPECT_NE(a.parameters.W(0, 0), c.parameters.W(0, 0));
}

// A change of these numbers means that networks drawn on this machine differ from those of others.
TEST(RandomNetwork, DrawsKnownValues) {
  const auto p = random_network({.units = 4, .inputs = 3, .outputs = 2}, 1).parameters;
  EXPECT_EQ(p.W(0, 0), -0.43849652166676978);
  EXPECT_EQ(p.W(3, 3), -0.088623798007253105);
  EXPECT_EQ(p.U(0, 0), 1.257044369862879);
  EXPECT_EQ(p.C(1, 3), 0.22705656393135865);
}

// With n draws of variance v the mean square is N(v, 2 v^2 / n); five standard deviations.
TEST(RandomNetwork, HasTheVariancesOfThePaper) {
  const auto network = random_network({.units = 200, .inputs = 50, .outputs = 20}, 5);
  const auto& p = network.parameters;
  const auto expect_variance = [](const Matrix<double>& m, double variance) {
    const double n = static_cast<double>(m.size());
    EXPECT_LT(std::abs(m.squaredNorm() / n / variance - 1), 5 * std::sqrt(2 / n));
  };
  expect_variance(p.W, 1.5 * 1.5 / 200);
  expect_variance(p.U, 1);
  expect_variance(p.C, 1.0 / (200 * 200));
  EXPECT_EQ(p.b.cwiseAbs().maxCoeff(), 0);
  EXPECT_EQ(p.d.cwiseAbs().maxCoeff(), 0);
  EXPECT_EQ(network.leak, 0.1);
  EXPECT_EQ(network.activation, Activation::tanh);
}

TEST(RandomNetwork, RefusesImpossibleOptions) {
  expect_refusal([] { random_network({.units = 0}, 1); }, "units > 0");
  expect_refusal([] { random_network({.inputs = -1}, 1); }, "inputs >= 0");
  expect_refusal([] { random_network({.outputs = 0}, 1); }, "outputs > 0");
  expect_refusal([] { random_network({.leak = 0}, 1); }, "leak");
  expect_refusal([] { random_network({.leak = nan}, 1); }, "leak");
  expect_refusal([] { random_network({.recurrent_gain = nan}, 1); }, "W");
}

TEST(NetworkCast, KeepsEverything) {
  test::CaseOptions options;
  options.activation = Activation::softplus;
  const auto network = test::random_case(options, 6).network;
  const auto there = cast<test::Widest>(network);
  EXPECT_EQ(there.leak, test::Widest(network.leak));
  EXPECT_EQ(there.activation, network.activation);
  EXPECT_EQ(there.initial_state.cast<double>(), network.initial_state);
  EXPECT_EQ(relative_distance(cast<double>(there).parameters, network.parameters), 0);
}

class ValidateNetwork : public ::testing::Test {
 protected:
  Network<double> network = test::random_case({}, 7).network;
  Parameters<double>& p = network.parameters;

  void expect(const std::string& part) {
    expect_refusal([&] { validate(network); }, part);
  }
};

TEST_F(ValidateNetwork, AcceptsAWholeOne) { EXPECT_NO_THROW(validate(network)); }

TEST_F(ValidateNetwork, AcceptsNoInputsAndNoInitialState) {
  p.U.resize(5, 0);
  network.initial_state.resize(0);
  EXPECT_NO_THROW(validate(network));
}

TEST_F(ValidateNetwork, NamesTheBlockOfWrongShape) {
  p.W.resize(5, 4);
  p.W.setZero();
  expect("W: want 5 x 5, got 5 x 4");
}

TEST_F(ValidateNetwork, NamesTheReadoutOfWrongShape) {
  p.C.resize(5, 2);
  p.C.setZero();
  expect("C: want 2 x 5, got 5 x 2");
}

TEST_F(ValidateNetwork, NamesTheInputWeightsOfWrongShape) {
  p.U.resize(4, 2);
  p.U.setZero();
  expect("U: want 5 x 2, got 4 x 2");
}

TEST_F(ValidateNetwork, RefusesANetworkOfNothing) {
  network = {};
  expect("no units");
}

TEST_F(ValidateNetwork, NamesTheBlockThatIsNotFinite) {
  for (std::size_t k = 0; k < block_names.size(); ++k)
    for (double poison : {nan, infinity, -infinity}) {
      const auto healthy = p;
      BlockView<double>(blocks(p)[k])(1) = poison;
      expect(fmt::format("{}: holds a NaN or an infinity", block_names[k]));
      p = healthy;
    }
}

TEST_F(ValidateNetwork, WantsTheLeakInItsRange) {
  for (double leak : {0.0, -0.1, 1.0000001, nan, infinity}) {
    network.leak = leak;
    expect("leak: want a value in (0, 1]");
  }
  network.leak = 1;
  EXPECT_NO_THROW(validate(network));
}

TEST_F(ValidateNetwork, WantsAFiniteInitialStateOfEveryUnit) {
  network.initial_state(2) = nan;
  expect("h0: holds a NaN");
  network.initial_state = Vector<double>::Zero(4);
  expect("h0: want 5 entries, one per unit, got 4");
}

}  // namespace
}  // namespace error_forcing
