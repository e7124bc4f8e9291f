#include <error_forcing/kalman_filter.hpp>

#include "linear_gaussian.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using namespace test;

TEST(KalmanFilterLaw, EvidenceAndLastStateAreThoseOfTheJointGaussian) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto [model, batch] = model_case(linear_case, seed);
    for (Index k = 0; k < 3; ++k) {
      const auto trial = trial_of(batch, k);
      const auto dense = dense_posterior(model, trial);
      const auto filtered = kalman_filter(model, trial);
      EXPECT_NEAR(log_evidence(filtered), dense.log_evidence,
                  1e-11 * std::abs(dense.log_evidence) + 1e-12);
      expect_close(filtered.back().mean, dense.mean.col(trial.steps()));
      expect_close(filtered.back().covariance, dense.covariance.back());
    }
  }
}

TEST(KalmanFilterLaw, LinearisationDoesNotMatterWhereFIsLinear) {
  const auto [model, batch] = model_case(linear_case, 2);
  const auto trial = trial_of(batch, 0);
  auto engine = random_engine(3);
  const auto anywhere = normal_matrix(engine, 3, trial.steps() + 1, 5);
  EXPECT_NEAR(log_evidence(linearised_filter(model, trial, anywhere)),
              log_evidence(kalman_filter(model, trial)), 1e-10);
}

// The extended filter linearises at its own mean, which the linearised filter can be given.
TEST(KalmanFilterLaw, TheExtendedFilterIsTheFilterLinearisedAtItsMeans) {
  const auto [model, batch] = model_case({}, 4);
  const auto trial = trial_of(batch, 0);
  const auto extended = kalman_filter(model, trial);
  Matrix<double> means(5, trial.steps() + 1);
  for (Index t = 0; t < means.cols(); ++t)
    means.col(t) = extended[static_cast<std::size_t>(t)].mean;
  const auto linearised = linearised_filter(model, trial, means);
  EXPECT_NEAR(log_evidence(linearised), log_evidence(extended), 1e-12);
  expect_close(linearised.back().mean, extended.back().mean);
}

// h_1 = nu, y = h + xi with variances 1 and 3: gain 1/4, posterior variance 3/4.
TEST(KalmanFilterKnownAnswer, OneUnitOneStep) {
  GenerativeModel<double> model{{zero_parameters<double>(1, 1, 1), 1.0, Activation::identity}, {}};
  model.network.parameters.C << 1;
  model.noise = {Matrix<double>::Constant(1, 1, 1), Matrix<double>::Constant(1, 1, 3)};
  auto batch = zero_batch<double>(tiled(1, 1), 1, 1);
  batch.mask.fill(1);
  batch.targets.fill(2);
  const auto step = kalman_filter(model, trial_of(batch, 0)).back();
  EXPECT_DOUBLE_EQ(step.mean(0), 0.5);
  EXPECT_DOUBLE_EQ(step.covariance(0, 0), 0.75);
  EXPECT_NEAR(step.log_evidence, -0.5 * (1 + std::log(8 * std::acos(-1.0))), 1e-14);
}

TEST(KalmanFilterHostile, NoNoiseAtAllIsRefusedWithTheStep) {
  auto [model, batch] = model_case(linear_case, 2);
  model.noise = isotropic_noise<double>(3, 2, 0, 0);
  batch.mask.fill(1);
  batch.targets.fill(0);
  expect_refusal(
      [&, &model = model, &batch = batch] { kalman_filter(model, trial_of(batch, 0)); },
      "step 1: the innovation covariance C Sigma C' + R (2 x 2) is not positive definite");
}

}  // namespace
}  // namespace error_forcing
