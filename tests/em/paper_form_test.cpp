#include <error_forcing/objective_gradient.hpp>
#include <error_forcing/paper_form.hpp>
#include <error_forcing/reference_bptt.hpp>

#include "objective_in_weights.hpp"
#include "settings.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class PaperFormIn : public ::testing::Test {};
TYPED_TEST_SUITE(PaperFormIn, DoubleAndQuad, PrecisionName);

// Another objective: -1/2 sum m (y* - y)^2 along the displaced trajectory.
template <typename Scalar>
Scalar minus_half_square(const Network<Scalar>& network, const Batch<Scalar>& batch,
                         Trajectory<Scalar>& trajectory) {
  replay(network, batch, trajectory);
  Scalar sum(0);
  for_each_step(batch.layout(), [&](Index trial, Index step) {
    sum += column(trajectory.errors, trial, step).squaredNorm();
  });
  return -sum / 2;
}

TYPED_TEST(PaperFormIn, IsTheRecursionOfTheLoopsForEveryEStepAndActivation) {
  using Scalar = TypeParam;
  for (const std::string& name : activation_names()) {
    const CaseOptions options{.outputs = 3, .trials = 34, .activation = parse_activation(name)};
    for_each_setting<Scalar>(options, [](const Setting<Scalar>& s) {
      const auto& [network, batch] = s.drawn;
      auto t = inferred(s.e_step, s.drawn);
      const auto loops =
          reference_gradient(network, batch, t.displacements, ReadFrom::before_forcing);
      const auto direction = ascent_direction(PaperForm{}, network, batch, t);
      EXPECT_LE(relative_distance(direction, loops), 16 * rounding<Scalar>());
    });
  }
}

TYPED_TEST(PaperFormIn, AscendsMinusHalfTheSquaredErrorAtFrozenDisplacements) {
  using Scalar = TypeParam;
  for (const auto& s : settings<Scalar>(small, 4)) {
    SCOPED_TRACE(s.name);
    const auto& batch = s.drawn.batch;
    auto t = inferred(s.e_step, s.drawn);
    const auto direction = ascent_direction(PaperForm{}, s.drawn.network, batch, t);
    expect_gradient(direction, s.drawn.network, [&](const Network<Scalar>& moved) {
      return minus_half_square(moved, batch, t);
    });
  }
}

// -1/2 (sum m) times the gradient of the loss (M8), which the objective's own adjoint computes.
TYPED_TEST(PaperFormIn, IsTheGradientOfTheLossUpToItsScale) {
  using Scalar = TypeParam;
  for_each_setting<Scalar>(small, [](const Setting<Scalar>& s) {
    const auto& [network, batch] = s.drawn;
    auto t = inferred(s.e_step, s.drawn);
    auto gradient = zero_like(network.parameters), scaled = gradient;
    objective_gradient_held(network, batch, no_penalties, t, gradient);
    add_scaled(scaled, Scalar(-0.5) * Scalar(observed_entries(batch)), gradient);
    const auto direction = ascent_direction(PaperForm{}, network, batch, t);
    EXPECT_LE(relative_distance(direction, scaled), rounding<Scalar>());
  });
}

TYPED_TEST(PaperFormIn, RestsWhereThePredictionIsRight) {
  using Scalar = TypeParam;
  auto c = random_case<Scalar>({}, 5);
  auto t = displaced_trajectory(c, 5);
  c.batch.targets = t.outputs;
  replay(c.network, c.batch, t);
  const auto direction = ascent_direction(PaperForm{}, c.network, c.batch, t);
  for (const auto& block : blocks(direction)) EXPECT_EQ(block.cwiseAbs().maxCoeff(), Scalar(0));
}

// One linear unit, a = 1/2, w = 2, input weight 1, C = 4, h_0 = 2, x = (1, 3), y* = (19, 0):
//   u_1 = 1 + (2 * 2 + 1)/2 = 7/2   e_1 = 19 - 14 = 5     nu_1 = 1/2   h_1 = 4
//   u_2 = 2 + (2 * 4 + 3)/2 = 15/2  e_2 = -30
//   J = 1/2 + 1/2 * 2 = 3/2    lambda_2 = -120    lambda_1 = 4 * 5 + 3/2 * -120 = -160
//   dW = 1/2 (-160 * 2 - 120 * 4) = -400    dU = 1/2 (-160 - 360) = -260    db = -140
//   dC = 5 * 7/2 - 30 * 15/2 = -415/2       dd = -25
TYPED_TEST(PaperFormIn, KnownNumbersOfOneUnit) {
  using Scalar = TypeParam;
  RandomCase<Scalar> c;
  auto& p = c.network.parameters = zero_parameters<Scalar>(1, 1, 1);
  p.W(0, 0) = 2, p.U(0, 0) = 1, p.C(0, 0) = 4;
  c.network.leak = Scalar(0.5);
  c.network.activation = Activation::identity;
  c.network.initial_state = Vector<Scalar>::Constant(1, 2);
  c.batch = zero_batch<Scalar>(tiled(1, 2), 1, 1);
  c.batch.mask.fill(1);
  c.batch.inputs(0, 1, 0) = 1, c.batch.inputs(0, 2, 0) = 3;
  c.batch.targets(0, 1, 0) = 19;
  auto t = make_trajectory(c.network, c.batch);
  t.displacements(0, 1, 0) = Scalar(0.5);
  replay(c.network, c.batch, t);
  const auto direction = ascent_direction(PaperForm{}, c.network, c.batch, t);
  EXPECT_EQ(direction.W(0, 0), Scalar(-400));
  EXPECT_EQ(direction.U(0, 0), Scalar(-260));
  EXPECT_EQ(direction.b(0), Scalar(-140));
  EXPECT_EQ(direction.C(0, 0), Scalar(-415) / 2);
  EXPECT_EQ(direction.d(0), Scalar(-25));
}

}  // namespace
}  // namespace error_forcing::test
