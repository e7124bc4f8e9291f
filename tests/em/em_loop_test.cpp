#include <error_forcing/alignment.hpp>
#include <error_forcing/em_loop.hpp>

#include "linear_gaussian.hpp"
#include "refusal.hpp"
#include "sanitized.hpp"

namespace error_forcing {
namespace {

using namespace test;

ModelCase linear_model(std::uint64_t seed) {
  auto options = linear_case;
  options.trials = 6;
  options.same_for_outputs = true;
  return model_case(options, seed);
}

TEST(EmLoopLaw, ExactEmNeverLowersTheEvidenceAndRecordsEveryIteration) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto [model, batch] = linear_model(seed);
    EmOptions options{.m_step = ClosedForm<double>{.trained = {.Q = true, .R = true}},
                      .iterations = 25};
    const auto result = expectation_maximisation(options, model, batch);
    ASSERT_EQ(result.trace.size(), 26u);
    for (std::size_t k = 1; k < result.trace.size(); ++k) {
      EXPECT_GE(result.trace[k].log_evidence, result.trace[k - 1].log_evidence - 1e-10);
      EXPECT_EQ(result.trace[k].iteration, static_cast<Index>(k));
      EXPECT_EQ(result.trace[k].warning, "");
    }
    double dense = 0;
    for (Index k = 0; k < 6; ++k)
      dense += dense_posterior(result.model, trial_of(batch, k)).log_evidence;
    EXPECT_NEAR(result.trace.back().log_evidence, dense, 1e-9 * std::abs(dense));
    EXPECT_GT(dense, result.trace.front().log_evidence);
  }
}

TEST(EmLoopLaw, TwoIterationsAndThreeMoreAreFive) {
  const auto [model, batch] = linear_model(4);
  const auto run = [&, &batch = batch](Index k, const GenerativeModel<double>& from) {
    return expectation_maximisation({.iterations = k}, from, batch).model;
  };
  const auto five = run(5, model), two_and_three = run(3, run(2, model));
  expect_close(two_and_three.network.parameters, five.network.parameters, 0);
}

// With the exact posterior both gradient M-steps see the score: the same first step of Adam.
TEST(EmLoopLaw, GradientMStepsAgreeAfterExactInference) {
  const auto [model, batch] = linear_model(5);
  const auto run = [&, &model = model, &batch = batch](Centring centring) {
    return expectation_maximisation(
        {.m_step = GradientMStep{.centring = centring}, .iterations = 1}, model, batch);
  };
  const auto local = run(Centring::local), reparameterised = run(Centring::reparameterised);
  expect_close(local.model.network.parameters, reparameterised.model.network.parameters, 1e-9);
  EXPECT_GT(local.trace[1].log_evidence, local.trace[0].log_evidence);
}

// Several reparameterised steps, the noises held: the same whether the posterior is sampled by
// Matheron's rule or by particles, and not what the first step alone does.
TEST(EmLoopLaw, StepsOverSamplesOfTheExactPosteriorAreThoseOverParticles) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  const auto [model, batch] = linear_model(5);
  const auto moved = [&, &model = model, &batch = batch](const InferenceMethod& e_step,
                                                         Index steps) {
    EmOptions options{.e_step = e_step,
                      .m_step = GradientMStep{.adam = {.rate = 0.05}, .steps = steps},
                      .iterations = 1};
    return expectation_maximisation(options, model, batch).model.network.parameters;
  };
  const auto sampled = [&](std::uint64_t seed) {
    return moved(ExactPosterior{.samples = 2000, .seed = seed}, 4);
  };
  const auto filtered = [&](std::uint64_t seed) {
    return moved(ParticlePosterior{.particles = 1000, .repeats = 8, .seed = seed}, 4);
  };
  const auto distance = [](auto a, const auto& b) {
    add_scaled(a, -1.0, b);
    return std::sqrt(inner_product(a, a));
  };
  const auto samples = sampled(1), particles = filtered(1);
  const double spread = distance(samples, sampled(2)) + distance(particles, filtered(2));
  const double path = distance(samples, model.network.parameters);
  EXPECT_LT(distance(samples, particles), 2 * spread);
  EXPECT_LT(spread, 0.1 * path);
  const auto one = moved(ExactPosterior{.samples = 2000}, 1);
  expect_close(one, moved(ExactPosterior{}, 1), 0);
  EXPECT_GT(distance(samples, one), 0.5 * path);
}

TEST(EmLoop, EveryPairOfEStepAndMStepRunsOrSaysWhyNot) {
  const auto [model, batch] = model_case({.same_for_outputs = true}, 6);
  const ParticlePosterior particles{.particles = test::sanitized ? 5 : 50, .repeats = 2};
  for (const InferenceMethod& e_step : std::vector<InferenceMethod>{
           FreeRunning{}, TeacherForcing<double>{0.5}, ErrorForcing<double>{0.5}, Greedy{},
           KalmanFilter{}, MapTrajectory{}, particles})
    for (const EmMStep& m_step : std::vector<EmMStep>{ClosedForm<double>{}, GradientMStep{},
                                                      GradientMStep{.centring = Centring::local},
                                                      GradientMStep{.steps = 3}}) {
      SCOPED_TRACE(name_of(e_step));
      const EmOptions options{e_step, m_step, 2, 0, particles};
      const bool gradient_of_path =
          std::holds_alternative<GradientMStep>(m_step) &&
          std::get<GradientMStep>(m_step).centring == Centring::reparameterised;
      if (std::holds_alternative<KalmanFilter>(e_step) && !gradient_of_path) {
        expect_refusal([&, &model = model,
                        &batch = batch] { expectation_maximisation(options, model, batch); },
                       "keeps no joint moments");
        continue;
      }
      const auto result = expectation_maximisation(options, model, batch);
      EXPECT_EQ(result.trace.size(), 3u);
      for (const auto& block : blocks(result.model.network.parameters))
        EXPECT_TRUE(block.allFinite());
    }
}

TEST(EmLoop, SaysWhyTheEvidenceFell) {
  const auto [model, batch] = linear_model(7);
  const auto result = expectation_maximisation(
      {.m_step = GradientMStep{.adam = {.rate = 30}}, .iterations = 1}, model, batch);
  EXPECT_LT(result.trace[1].log_evidence, result.trace[0].log_evidence);
  EXPECT_NE(result.trace[1].warning.find("lower its rate"), std::string::npos);
}

TEST(EmLoop, StopsWhereTheWeightsStandStillAndWhereTheObserverSaysSo) {
  const auto [model, batch] = linear_model(8);
  const auto still = expectation_maximisation({.iterations = 100, .tolerance = 0.5}, model, batch);
  EXPECT_TRUE(still.converged);
  EXPECT_LT(still.trace.size(), 101u);
  const auto stopped = expectation_maximisation(
      {.iterations = 100}, model, batch,
      [](const EmRecord& record, const auto&) { return record.iteration < 3; });
  EXPECT_EQ(stopped.trace.size(), 4u);
}

// sigma_h = sigma_y and C C' = I: every direction has gain 1/2 (R3).
TEST(EmLoopKnownAnswer, TheImpliedGainIsTheNoiseRatio) {
  auto [model, batch] = linear_model(9);
  model.network.parameters.C = Matrix<double>::Identity(2, 3);
  model.noise = isotropic_noise<double>(3, 2, 0.4, 0.4);
  const auto result = expectation_maximisation({.iterations = 0}, model, batch);
  EXPECT_NEAR(result.trace[0].gain, 0.5, 1e-14);
  EXPECT_NEAR(result.trace[0].sigma_h, 0.4, 1e-14);
}

TEST(EmLoopHostile, OptionsOutOfRangeAreRefused) {
  const auto [model, batch] = linear_model(1);
  expect_refusal([&, &model = model,
                  &batch = batch] { expectation_maximisation({.iterations = -1}, model, batch); },
                 "iterations >= 0");
  expect_refusal(
      [&, &model = model, &batch = batch] {
        expectation_maximisation({.m_step = GradientMStep{.steps = 2}}, model, batch);
      },
      "exact keeps moments alone; take one step");
}

}  // namespace
}  // namespace error_forcing
