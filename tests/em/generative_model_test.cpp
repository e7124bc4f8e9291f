#include <error_forcing/generative_model.hpp>

#include "linear_gaussian.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using namespace test;

TEST(NoiseFactor, RebuildsTheCovarianceSingularOrNot) {
  auto engine = random_engine(3);
  const auto Q = random_covariance(engine, 4);
  const auto L = noise_factor(Q);
  expect_close(L * L.transpose(), Q);
  const auto a = normal_matrix(engine, 4, 2);
  const Matrix<double> singular = a * a.transpose();
  const auto root = noise_factor(singular);
  expect_close(root * root.transpose(), singular);
  expect_close(noise_factor<double>(Matrix<double>::Zero(2, 2)), Matrix<double>::Zero(2, 2));
}

// l_nc - l_c = B T/2 log |Q|, whatever the states.
TEST(GenerativeModelLaw, TheTwoLikelihoodsDifferByTheDeterminantOfQ) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto [model, batch] = model_case({}, seed);
    const Layout& layout = batch.layout();
    auto engine = random_engine(seed, 10);
    const auto noises = random_history(engine, layout, model.network.units(), 1);
    auto trajectory = make_trajectory(model.network, batch);
    const double non_centred = non_centred_log_likelihood(model, batch, noises, trajectory);
    const double centred = centred_log_likelihood(model, batch, trajectory);
    const double steps = static_cast<double>(layout.trials * layout.steps);
    EXPECT_NEAR(non_centred - centred, steps / 2 * log_determinant_dense(model.noise.Q),
                1e-10 * std::abs(centred));
  }
}

// One unit, one step: both densities by hand.
TEST(GenerativeModelKnownAnswer, OneUnitOneStep) {
  GenerativeModel<double> model{{zero_parameters<double>(1, 1, 1), 1.0, Activation::tanh}, {}};
  model.network.parameters.C << 2;
  model.network.parameters.b << 0.5;
  model.noise = isotropic_noise<double>(1, 1, 2, 3);
  auto batch = zero_batch<double>(tiled(1, 1), 1, 1);
  batch.mask.fill(1);
  batch.targets.fill(4);
  auto trajectory = make_trajectory(model.network, batch);
  trajectory.displacements.fill(1);  // h = 1.5, y = 3, r = 1
  replay(model.network, batch, trajectory);
  const double pi = std::acos(-1.0);
  const double want =
      -0.5 * (1.0 / 4 + std::log(2 * pi * 4)) - 0.5 * (1.0 / 9 + std::log(2 * pi * 9));
  EXPECT_NEAR(centred_log_likelihood(model, batch, trajectory), want, 1e-14);
}

TEST(Simulation, HasTheMomentsOfTheModelAndHidesWhatTheMaskHides) {
  CaseOptions options{.units = 2, .inputs = 1, .outputs = 1, .trials = 4000, .steps = 1};
  auto [model, batch] = model_case(options, 5);
  batch.inputs.fill(0.3);
  auto trajectory = make_trajectory(model.network, batch);
  auto engine = random_engine(6);
  simulate(model, engine, batch, trajectory);
  Matrix<double> second = Matrix<double>::Zero(2, 2);
  Index hidden = 0;
  for (Index k = 0; k < 4000; ++k) {
    const Vector<double> nu = columns_of(trajectory.displacements, k).col(1);
    second += nu * nu.transpose() / 4000;
    const bool seen = batch.mask(k, 1, 0) > 0;
    EXPECT_EQ(std::isnan(batch.targets(k, 1, 0)), !seen);
    hidden += !seen;
  }
  EXPECT_GT(hidden, 0);
  EXPECT_LE((second - model.noise.Q).cwiseAbs().maxCoeff(), 0.1 * model.noise.Q.maxCoeff());
}

TEST(GenerativeModelHostile, NoiseThatDoesNotFitIsRefused) {
  auto model = model_case({}, 1).model;
  model.noise.Q = Matrix<double>::Identity(2, 2);
  expect_refusal([&] { validate(model); }, "Q: want 5 x 5, got 2 x 2");
}

}  // namespace
}  // namespace error_forcing
