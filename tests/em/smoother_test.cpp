#include <error_forcing/smoother.hpp>

#include "linear_gaussian.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using namespace test;

void expect_posterior(const GaussianPosterior<double>& found, const DensePosterior& want) {
  expect_close(found.mean, want.mean);
  for (std::size_t t = 0; t < want.covariance.size(); ++t) {
    expect_close(found.covariance[t], want.covariance[t]);
    expect_close(found.lag_one[t], want.lag_one[t]);
  }
}

TEST(SmootherLaw, ThreeFormsAreTheConditionedJointGaussian) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto [model, batch] = model_case(linear_case, seed);
    for (Index k = 0; k < 3; ++k) {
      SCOPED_TRACE(fmt::format("seed {}, trial {}", seed, k));
      const auto trial = trial_of(batch, k);
      const auto want = dense_posterior(model, trial);
      const auto filtered = kalman_filter(model, trial);
      expect_posterior(rts_smoother(filtered), want);
      expect_posterior(adjoint_smoother(filtered).states, want);
      expect_posterior(dual_smoother(model, trial), want);
    }
  }
}

TEST(SmootherLaw, ASingularQIsServedByTheAdjointAndTheDualForm) {
  auto [model, batch] = model_case(linear_case, 3);
  auto engine = random_engine(8);
  const auto a = normal_matrix(engine, 3, 1);
  model.noise.Q = a * a.transpose();
  model.network.parameters.W.setZero();
  const auto trial = trial_of(batch, 0);
  const auto want = dense_posterior(model, trial);
  const auto filtered = kalman_filter(model, trial);
  expect_posterior(adjoint_smoother(filtered).states, want);
  expect_posterior(dual_smoother(model, trial), want);
}

// E[nu_t] = Q E[lambda_t].
TEST(SmootherLaw, TheAdjointExplainsTheMeanDisplacement) {
  const auto [model, batch] = model_case(linear_case, 4);
  const auto trial = trial_of(batch, 1);
  const auto posterior = adjoint_smoother(kalman_filter(model, trial));
  expect_close(model.noise.Q * posterior.adjoint,
               displacements_of(model.network, trial, posterior.states.mean));
}

// Central differences of the dense evidence.
TEST(ExactScore, IsTheDerivativeOfTheDenseEvidence) {
  auto [model, batch] = model_case(linear_case, 6);
  const auto trial = trial_of(batch, 0);
  const auto score = exact_score(model, trial, adjoint_smoother(kalman_filter(model, trial)));
  const auto found = blocks(score);
  for (std::size_t block = 0; block < 5; ++block)
    for (Index i = 0; i < found[block].size(); ++i) {
      const auto evidence_at = [&, &model = model](double step) {
        auto moved = model;
        blocks(moved.network.parameters)[block](i) += step;
        return dense_posterior(moved, trial).log_evidence;
      };
      const double h = 1e-3;
      const double slope =
          (8 * (evidence_at(h) - evidence_at(-h)) - (evidence_at(2 * h) - evidence_at(-2 * h))) /
          (12 * h);
      EXPECT_NEAR(found[block](i), slope, 1e-8 * (1 + std::abs(slope))) << block_names[block] << i;
    }
}

TEST(SmootherHostile, ASingularPredictionAndAnotherActivationAreRefused) {
  auto [model, batch] = model_case(linear_case, 3);
  model.noise.Q.setZero();
  expect_refusal([&, &model = model,
                  &batch = batch] { rts_smoother(kalman_filter(model, trial_of(batch, 0))); },
                 "use the adjoint or the dual form");
  model.network.activation = Activation::tanh;
  expect_refusal([&, &model = model, &batch = batch] { dual_smoother(model, trial_of(batch, 0)); },
                 "only for phi = identity, got tanh");
}

}  // namespace
}  // namespace error_forcing
