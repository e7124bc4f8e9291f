#include <error_forcing/gradient_parts.hpp>
#include <error_forcing/non_centred_gradient.hpp>

#include "linear_gaussian.hpp"
#include "refusal.hpp"
#include "sanitized.hpp"

namespace error_forcing {
namespace {

using namespace test;

Parameters<double> total(const GradientParts& parts) {
  auto sum = parts.plug_in.immediate;
  add_scaled(sum, 1.0, parts.plug_in.temporal);
  add_scaled(sum, 1.0, parts.covariance.immediate);
  add_scaled(sum, 1.0, parts.covariance.temporal);
  return sum;
}

double norm(const Parameters<double>& p) {
  double squares = 0;
  for (const auto& block : blocks(p)) squares += block.squaredNorm();
  return std::sqrt(squares);
}

TEST(GradientPartsLaw, SumToTheExpectedGradientOfEveryEStep) {
  const auto [model, batch] = model_case(linear_case, 1);
  for (const InferenceMethod& method : std::vector<InferenceMethod>{
           FreeRunning{}, ErrorForcing<double>{0.4}, Greedy{}, KalmanFilter{}, MapTrajectory{},
           ExactPosterior{}, ParticlePosterior{.particles = 40, .repeats = 2}}) {
    const auto inference = infer(method, model, batch);
    expect_close(total(gradient_parts(model, batch, inference)),
                 expected_non_centred_gradient(model, batch, inference), 1e-11);
  }
}

TEST(GradientPartsLaw, APathHasNoCovariancePart) {
  const auto [model, batch] = model_case({}, 2);
  for (const InferenceMethod& method :
       std::vector<InferenceMethod>{FreeRunning{}, Greedy{}, MapTrajectory{}}) {
    const auto parts = gradient_parts(model, batch, infer(method, model, batch));
    EXPECT_EQ(norm(parts.covariance.immediate), 0);
    EXPECT_EQ(norm(parts.covariance.temporal), 0);
    EXPECT_GT(norm(parts.plug_in.temporal), 0);
  }
}

// In closed form from the moments, and as a mean over many particles.
TEST(GradientPartsLaw, OfTheExactPosteriorAreThoseOfManyParticles) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  const auto [model, batch] = model_case(linear_case, 3);
  const auto exact = gradient_parts(model, batch, infer(ExactPosterior{}, model, batch));
  const auto sampled = gradient_parts(
      model, batch, infer(ParticlePosterior{.particles = 20000, .repeats = 2}, model, batch));
  expect_close(sampled.plug_in.immediate, exact.plug_in.immediate, 0.1);
  expect_close(sampled.plug_in.temporal, exact.plug_in.temporal, 0.1);
  expect_close(sampled.covariance.immediate, exact.covariance.immediate, 0.1);
  expect_close(sampled.covariance.temporal, exact.covariance.temporal, 0.1);
}

// lambda_t = C' R^-1 r_t at every step but the last seen: the plug-in part at the posterior mean.
TEST(GradientPartsLaw, ThePlugInPartIsThatOfThePathOfTheMeanNoise) {
  const auto [model, batch] = model_case({}, 4);
  const auto inference = infer(ParticlePosterior{.particles = 30, .repeats = 1}, model, batch);
  const auto parts = gradient_parts(model, batch, inference);
  auto want = zero_like(model.network.parameters);
  for (Index k = 0; k < batch.layout().trials; ++k) {
    const auto trial = trial_of(batch, k);
    const auto& nu = inference[static_cast<std::size_t>(k)].displacements;
    add_scaled(want, 1.0,
               non_centred_gradient(model, trial, displaced_states(model.network, trial, nu)));
  }
  auto plug_in = parts.plug_in.immediate;
  add_scaled(plug_in, 1.0, parts.plug_in.temporal);
  expect_close(plug_in, want);
}

TEST(GradientPartsHostile, QuadratureKeepsNoJointMoments) {
  const auto [model, batch] = model_case({.units = 1, .outputs = 1, .trials = 1, .steps = 2}, 5);
  const auto inference = infer(Quadrature{}, model, batch);
  expect_refusal([&, &model = model, &batch = batch] { gradient_parts(model, batch, inference); },
                 "use particles");
}

}  // namespace
}  // namespace error_forcing
