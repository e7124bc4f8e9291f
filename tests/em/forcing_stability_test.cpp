#include <error_forcing/error_forcing.hpp>
#include <error_forcing/forcing_stability.hpp>
#include <numbers>

#include "refusal.hpp"
#include "settings.hpp"

namespace error_forcing::test {
namespace {

constexpr ForcingFeedback transposed{ForcingDirection::transpose};

Matrix<double> drawn_readout(std::uint64_t seed, Index outputs = 3) {
  auto engine = random_engine(seed, 71);
  return normal_matrix(engine, outputs, 6);
}

ForcingFeedback turned_by(double degrees) { return {ForcingDirection::misaligned, degrees, 2}; }

// C+ R with R a turn of two outputs.
Matrix<double> with_turned_outputs(const Matrix<double>& C, double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  Matrix<double> R(2, 2);
  R << std::cos(angle), -std::sin(angle), std::sin(angle), std::cos(angle);
  return readout_inverse(C) * R;
}

// The largest singular value without a decomposition: the power method on C'C.
double largest_singular_value_by_powers(const Matrix<double>& C) {
  Vector<double> v = Vector<double>::Ones(C.cols());
  for (int k = 0; k < 2000; ++k) v = (C.transpose() * (C * v)).normalized();
  return (C * v).norm();
}

// |the error| after forcing a network that stands still, again and again, from an error of 1.
// Everything runs through the E-step's own rollout: J = I, targets constant.
double error_after(Index steps, const Matrix<double>& C, const Matrix<double>& K) {
  RandomCase<double> c;
  const Index units = C.cols(), outputs = C.rows();
  c.network.parameters = zero_parameters<double>(units, 0, outputs);
  c.network.parameters.C = C;
  c.network.parameters.W = Matrix<double>::Identity(units, units);  // u_t = h_{t-1}
  c.network.leak = 0.5;
  c.network.activation = Activation::identity;
  c.batch = zero_batch<double>(tiled(1, steps + 1), 0, outputs);
  c.batch.mask.fill(1);
  Vector<double> target = Vector<double>::Ones(outputs).normalized();
  for (Index step = 1; step <= steps + 1; ++step)
    for (Index k = 0; k < outputs; ++k) c.batch.targets(0, step, k) = target(k);
  auto t = make_trajectory(c.network, c.batch);
  rollout_with_feedback(c.network, c.batch, Feedback<double>{.gain = K}, t);
  return column(t.errors, 0, steps + 1).norm();
}

// --- the laws of the head -----------------------------------------------------------------------

TEST(ForcingStabilityLaw, ThePseudoinverseLeavesOneMinusTheGain) {
  const auto C = drawn_readout(1);
  const auto D = readout_inverse(C);
  for (const double gain : {0.0, 0.3, 1.0, 1.9, 2.0, 2.5}) {
    const auto found = forcing_stability(C, D, gain);
    EXPECT_NEAR(found.radius, std::abs(1 - gain), 1e-12);
    EXPECT_NEAR(found.norm, std::abs(1 - gain), 1e-12);
    EXPECT_NEAR(found.gain_bound, 2, 1e-12);
    EXPECT_NEAR(error_after(3, C, gain * D), std::pow(std::abs(1 - gain), 3), 1e-11);
  }
}

TEST(ForcingStabilityLaw, TheTransposeIsBoundByTheLargestSingularValue) {
  const auto C = drawn_readout(2);
  const double s = largest_singular_value_by_powers(C);
  const auto found = forcing_stability(C, forcing_matrix(transposed, C), 0.1);
  EXPECT_NEAR(found.gain_bound, 2 / (s * s), 1e-9);
  EXPECT_NEAR(found.radius, found.norm, 1e-12);  // C C' is symmetric
}

TEST(ForcingStabilityLaw, MisalignmentWidensTheBoundUpToARightAngleAndThenThereIsNone) {
  const auto C = drawn_readout(3);
  for (const double degrees : {0.0, 30.0, 60.0, 85.0}) {
    const double cosine = std::cos(degrees * std::numbers::pi / 180);
    const auto found = forcing_stability(C, forcing_matrix(turned_by(degrees), C), 0.7);
    EXPECT_NEAR(found.gain_bound, 2 / cosine, 1e-9) << degrees;
    EXPECT_NEAR(found.radius, 1 - 0.7 * cosine, 1e-12) << degrees;
  }
  const auto beyond = forcing_stability(C, forcing_matrix(turned_by(95), C), 0.7);
  EXPECT_EQ(beyond.gain_bound, 0);
  EXPECT_NEAR(beyond.radius, 1 - 0.7 * std::cos(95 * std::numbers::pi / 180), 1e-12);
  const auto blind = forcing_stability(C, forcing_matrix(turned_by(90), C), 0.7);
  EXPECT_NEAR(blind.radius, 1, 1e-12);  // moves only what no output sees
}

TEST(ForcingStabilityLaw, TurnedOutputsAreBoundByTwiceTheCosine) {
  const auto C = drawn_readout(4, 2);
  for (const double degrees : {0.0, 40.0, 80.0}) {
    const double angle = degrees * std::numbers::pi / 180;
    const auto found = forcing_stability(C, with_turned_outputs(C, degrees), 0.5);
    EXPECT_NEAR(found.gain_bound, 2 * std::cos(angle), 1e-9);
    EXPECT_NEAR(found.radius, std::sqrt(1.25 - std::cos(angle)), 1e-12);  // |1 - c exp(i a)|
  }
  EXPECT_EQ(forcing_stability(C, with_turned_outputs(C, 100), 0.5).gain_bound, 0);
}

TEST(ForcingStabilityLaw, TheNormBoundsTheRadius) {
  int apart = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto C = drawn_readout(seed);
    const auto D = forcing_matrix<double>({ForcingDirection::random, 45, seed}, C);
    const auto found = forcing_stability(C, D, 0.5);
    EXPECT_GE(found.norm, found.radius - 1e-12);
    apart += found.norm > 1.01 * found.radius;
  }
  EXPECT_GT(apart, 5);
}

// --- both sides of the bound, in the rollout ---------------------------------------------------

struct Fed {
  std::string name;
  Matrix<double> C, D;
};

std::vector<Fed> feedbacks() {
  const auto C = drawn_readout(5), two = drawn_readout(6, 2);
  std::vector<Fed> all{{"C+", C, forcing_matrix({}, C)},
                       {"C'", C, forcing_matrix(transposed, C)},
                       {"at 70 degrees", C, forcing_matrix(turned_by(70), C)},
                       {"outputs turned by 40 degrees", two, with_turned_outputs(two, 40)}};
  for (std::uint64_t seed = 1; all.size() < 6; ++seed) {  // random ones that contract somewhere
    Fed fed{"random", two, forcing_matrix<double>({ForcingDirection::random, 45, seed}, two)};
    const double bound = forcing_stability(fed.C, fed.D, 1).gain_bound;
    if (bound > 0 && forcing_stability(fed.C, fed.D, 0.99 * bound).radius < 0.995)
      all.push_back(fed);  // it contracts somewhere, and not too slowly to see
  }
  return all;
}

// The rollout forces a network that stands still, for as long as it should take to change its error
// by exp(15): what the start has of the slowest direction is not that small.
TEST(ForcingStability, ContractsJustBelowTheBoundAndGrowsJustAbove) {
  for (const auto& [name, C, D] : feedbacks()) {
    const double bound = forcing_stability(C, D, 1).gain_bound;
    const auto below = forcing_stability(C, D, 0.99 * bound);
    const auto above = forcing_stability(C, D, 1.01 * bound);
    EXPECT_LT(below.radius, 1) << name;
    EXPECT_GT(above.radius, 1) << name;
    EXPECT_NEAR(forcing_stability(C, D, bound).radius, 1, 1e-9) << name;
    const auto steps = [](const ForcingStability& at) {
      return static_cast<Index>(std::ceil(15 / std::abs(std::log(at.radius))));
    };
    EXPECT_LT(error_after(steps(below), C, 0.99 * bound * D), 1e-3) << name;
    EXPECT_GT(error_after(steps(above), C, 1.01 * bound * D), 1e3) << name;
  }
}

TEST(ForcingStability, AtARightAngleAndBeyondNoGainContracts) {
  const auto C = drawn_readout(7);
  for (const double gain : {0.01, 1.0, 50.0}) {
    EXPECT_NEAR(error_after(300, C, gain * forcing_matrix(turned_by(90), C)), 1, 1e-9);
    const Matrix<double> D = forcing_matrix(turned_by(100), C);
    const double factor = 1 + gain * std::sin(10 * std::numbers::pi / 180);
    EXPECT_NEAR(error_after(90, C, gain * D) / std::pow(factor, 90), 1, 1e-9) << gain;
  }
}

// (F3): two runs of one linear network, one of which has the other's outputs for targets.
TEST(ForcingStability, DeviationsFollowTheForcedJacobian) {
  const auto c = random_case({.units = 5,
                              .outputs = 2,
                              .trials = 1,
                              .steps = 8,
                              .activation = Activation::identity,
                              .observed_share = 1},
                             72);
  auto teacher = c.network;
  teacher.initial_state.array() += 0.5;
  auto wanted = make_trajectory(teacher, c.batch), forced = wanted;
  run_free(teacher, c.batch, wanted);
  auto batch = c.batch;
  batch.targets = wanted.outputs;
  const auto& [W, U, b, C, d] = c.network.parameters;
  const Matrix<double> J = 0.7 * Matrix<double>::Identity(5, 5) + 0.3 * W;
  for (const auto& feedback : {ForcingFeedback{}, transposed, turned_by(50)}) {
    const Matrix<double> K = 0.6 * forcing_matrix(feedback, C);
    rollout_with_feedback(c.network, batch, Feedback<double>{.gain = K}, forced);
    const auto M = forced_jacobian(C, K, J);
    Vector<double> deviation = c.network.initial_state - teacher.initial_state;
    for (Index step = 1; step <= 8; ++step) {
      deviation = Vector<double>(M * deviation);
      expect_zero(Vector<double>(column(forced.states, 0, step) - column(wanted.states, 0, step) -
                                 deviation));
    }
  }
}

// A network that shrinks or grows by j a step on its own: |j| |1 - c mu| against 1.
TEST(ForcingStability, TheDynamicsMoveTheBound) {
  const auto C = drawn_readout(8);
  const auto D = forcing_matrix(transposed, C);
  const double s = largest_singular_value_by_powers(C);
  const auto visible = [&](double j, double gain) {  // what C sees of (I - K C) J
    const Matrix<double> J = j * Matrix<double>::Identity(6, 6);
    return spectral_radius(C * forced_jacobian(C, gain * D, J) * readout_inverse(C));
  };
  const double bound = (1 + 1 / 0.8) / (s * s);
  EXPECT_LT(visible(0.8, 0.999 * bound), 1);
  EXPECT_GT(visible(0.8, 1.001 * bound), 1);
  EXPECT_GT(visible(1.1, 0), 1);  // free, it grows
  const double smallest = std::sqrt(1 / spectral_radius(inverse_dense<double>(C * C.transpose())));
  const double needed = (1 - 1 / 1.1) / (smallest * smallest);
  EXPECT_GT(visible(1.1, 0.999 * needed), 1);
  if (1.001 * needed < (1 + 1 / 1.1) / (s * s)) {
    EXPECT_LT(visible(1.1, 1.001 * needed), 1);
  }
}

TEST(ForcingStabilityInput, RefusesOtherShapes) {
  const auto C = drawn_readout(1);
  expect_refusal([&] { forcing_stability(C, C, 1); }, "want feedback of 6 units x 3 outputs");
  expect_refusal([&] { spectral_radius(C); }, "want a finite square matrix, got 3 x 6");
  expect_refusal([&] { spectral_radius(Matrix<double>::Constant(2, 2, nan)); }, "finite");
}

}  // namespace
}  // namespace error_forcing::test
