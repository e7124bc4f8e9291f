#include <Eigen/LU>
#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <error_forcing/kalman_filter.hpp>
#include <error_forcing/quadrature.hpp>
#include <error_forcing/smoother.hpp>

#include "linear_gaussian.hpp"
#include "refusal.hpp"
#include "sanitized.hpp"

namespace error_forcing {
namespace {

using namespace test;

CaseOptions one_unit(Activation activation, Index steps) {
  return {.units = 1,
          .inputs = 1,
          .outputs = 2,
          .trials = 1,
          .steps = steps,
          .leak = 0.7,
          .activation = activation,
          .observed_share = 1};
}

TEST(QuadratureLaw, ALinearUnitHasTheDensePosteriorAndScore) {
  for (std::uint64_t seed = 1; seed <= (sanitized ? 1 : 3); ++seed) {
    auto options = one_unit(Activation::identity, sanitized ? 1 : 3);
    options.observed_share = 0.6;
    const auto [model, batch] = model_case(options, seed);
    const auto trial = trial_of(batch, 0);
    const auto want = dense_posterior(model, trial);
    const auto found = quadrature_posterior({}, model, trial);
    EXPECT_NEAR(found.log_evidence, want.log_evidence, 1e-11 * (1 + std::abs(want.log_evidence)));
    expect_close(found.mean.transpose(), want.mean, 1e-10);
    for (std::size_t t = 0; t < want.covariance.size(); ++t)
      EXPECT_NEAR(found.variance(static_cast<Index>(t)), want.covariance[t](0, 0), 1e-10);
    expect_close(found.score,
                 exact_score(model, trial, adjoint_smoother(kalman_filter(model, trial))), 1e-9);
  }
}

// Targets that pull the state a dozen deviations away from where it was bound.
TEST(QuadratureLaw, AStateFarFromThePriorIsCovered) {
  SKIP_UNDER_SANITIZERS("the law before calls the same code");
  for (const double surprise : {-20.0, 20.0}) {
    auto [model, batch] = model_case(one_unit(Activation::identity, 2), 2);
    for (Index step = 1; step <= 2; ++step)
      batch.targets.at(0, step).array() += surprise * model.network.parameters.C.array();
    const auto trial = trial_of(batch, 0);
    const auto want = dense_posterior(model, trial);
    const auto found = quadrature_posterior({}, model, trial);
    EXPECT_NEAR(found.log_evidence, want.log_evidence, 1e-11 * std::abs(want.log_evidence));
    expect_close(found.mean.transpose(), want.mean, 1e-10);
  }
}

TEST(QuadratureLaw, AnOutputThatSeesNextToNothingCostsNoNodes) {
  auto [model, batch] = model_case(one_unit(Activation::tanh, 3), 5);
  const auto nodes_at = [&, &model = model, &batch = batch](double scale) {
    auto dim = model;
    dim.network.parameters.C *= scale;
    return quadrature_posterior({}, dim, trial_of(batch, 0)).nodes;
  };
  EXPECT_LE(nodes_at(1e-3), nodes_at(0));
}

// Two steps as a nested integral by an adaptive rule, with the densities written out.
TEST(QuadratureLaw, TwoNonlinearStepsAreTheNestedIntegral) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  for (const auto activation : {Activation::tanh, Activation::softplus, Activation::relu}) {
    const auto [model, batch] = model_case(one_unit(activation, 2), 4);
    const auto trial = trial_of(batch, 0);
    const double q = model.noise.Q(0, 0);
    const auto mean_after = [&, &model = model](double last, Index t) {
      return transition<double>(model.network, Matrix<double>::Constant(1, 1, last),
                                trial.inputs.col(t))(0, 0);
    };
    const auto step_density = [&](double h, double mean) {
      return std::exp(-(h - mean) * (h - mean) / (2 * q)) / std::sqrt(2 * std::acos(-1.0) * q);
    };
    // N(y*; C h + d, R), whose exponent is a quadratic in h.
    const auto output_density = [](const auto& seen) {
      const Vector<double> c = seen.C.col(0), y = seen.target - seen.d;
      const Matrix<double> precision = seen.R.inverse();
      const double constant = y.dot(precision * y) / 2, slope = c.dot(precision * y),
                   curvature = c.dot(precision * c) / 2;
      const double scale = 1 / std::sqrt((2 * std::acos(-1.0) * seen.R).determinant());
      return [=](double h) { return scale * std::exp(h * (slope - curvature * h) - constant); };
    };
    using Rule = boost::math::quadrature::gauss_kronrod<double, 61>;
    const auto both = [](const auto& f) {
      return Rule::integrate(f, -12.0, 0.0, 8, 1e-12) + Rule::integrate(f, 0.0, 12.0, 8, 1e-12);
    };
    const auto first = output_density(observation_at(model, trial, 1));
    const auto second = output_density(observation_at(model, trial, 2));
    const double mean = mean_after(model.network.initial_state(0), 1);
    const double evidence = both([&](double h1) {
      const double next_mean = mean_after(h1, 2);
      return step_density(h1, mean) * first(h1) *
             both([&](double h2) { return step_density(h2, next_mean) * second(h2); });
    });
    EXPECT_NEAR(quadrature_posterior({}, model, trial).log_evidence, std::log(evidence), 1e-9)
        << to_string(activation);
  }
}

TEST(QuadratureLaw, FinerPanelsChangeNothing) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  const auto [model, batch] = model_case(one_unit(Activation::tanh, 3), 5);
  const auto trial = trial_of(batch, 0);
  const auto coarse = quadrature_posterior({}, model, trial);
  const auto fine = quadrature_posterior({.reach = 15, .panel = 0.7}, model, trial);
  EXPECT_NEAR(coarse.log_evidence, fine.log_evidence, 1e-12 * (1 + std::abs(fine.log_evidence)));
  expect_close(coarse.score, fine.score, 1e-11);
  EXPECT_GT(fine.nodes, coarse.nodes);
}

TEST(QuadratureHostile, WhatItCannotDoIsRefusedWithNumbers) {
  const auto two = model_case({.units = 2}, 1);
  expect_refusal([&] { quadrature_posterior({}, two.model, trial_of(two.batch, 0)); },
                 "only for one unit, got 2");
  auto [model, batch] = model_case(one_unit(Activation::tanh, 3), 5);
  auto sure = model;
  sure.noise.Q(0, 0) = 1e-12;
  expect_refusal([&, &batch = batch] { quadrature_posterior({}, sure, trial_of(batch, 0)); },
                 "too small for double precision; raise sigma_h");
  model.network.parameters.W(0, 0) = 100;  // the means of a step lie 70 apart
  expect_refusal(
      [&, &model = model, &batch = batch] { quadrature_posterior({}, model, trial_of(batch, 0)); },
      "more than 20000");
}

}  // namespace
}  // namespace error_forcing
