#include <error_forcing/closed_form.hpp>

#include "linear_gaussian.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using namespace test;

constexpr CaseOptions many_trials = [] {
  auto options = linear_case;
  options.trials = 8;
  options.steps = 6;
  return options;
}();

ExpectedStatistics<double> exact_statistics(const GenerativeModel<double>& model,
                                            const Batch<double>& batch) {
  auto statistics = empty_statistics(model.network);
  for (Index k = 0; k < batch.layout().trials; ++k) {
    const auto trial = trial_of(batch, k);
    add_posterior(model.network, trial, adjoint_smoother(kalman_filter(model, trial)).states,
                  statistics);
  }
  return statistics;
}

// E[l_c] at other parameters, from the dense posterior: the textbook sums, without sharing.
double expected_log_likelihood(const GenerativeModel<double>& at, const GenerativeModel<double>& of,
                               const Batch<double>& batch) {
  const auto& [W, U, b, C, d] = at.network.parameters;
  const double a = at.network.leak;
  const Index N = W.rows();
  const Matrix<double> A = (1 - a) * Matrix<double>::Identity(N, N) + a * W;
  double sum = 0;
  for (Index k = 0; k < batch.layout().trials; ++k) {
    const auto trial = trial_of(batch, k);
    const auto q = dense_posterior(of, trial);
    for (Index t = 1; t <= trial.steps(); ++t) {
      const auto s = static_cast<std::size_t>(t);
      const Vector<double> nu =
          q.mean.col(t) - A * q.mean.col(t - 1) - a * (U * trial.inputs.col(t) + b);
      const Matrix<double> second = nu * nu.transpose() + q.covariance[s] -
                                    q.lag_one[s] * A.transpose() - A * q.lag_one[s].transpose() +
                                    A * q.covariance[s - 1] * A.transpose();
      sum -= 0.5 * (solve_dense(at.noise.Q, second).trace() + log_determinant_dense(at.noise.Q));
      const auto& o = trial.observed[s];
      if (o.empty()) continue;
      const Matrix<double> C_o = C(o, Eigen::all), R_o = at.noise.R(o, o);
      const Vector<double> r = trial.targets.col(t)(o) - C_o * q.mean.col(t) - d(o);
      const Matrix<double> outer = r * r.transpose() + C_o * q.covariance[s] * C_o.transpose();
      sum -= 0.5 * (solve_dense(R_o, outer).trace() + log_determinant_dense(R_o));
    }
  }
  return sum;
}

struct Choice {
  const char* name;
  ClosedForm<double> m_step;
  bool same_masks;
};

std::vector<Choice> choices() {
  using enum CovarianceStructure;
  return {{"weights", {}, true},
          {"weights, partial masks and full R", {}, false},
          {"everything", {.trained = {.Q = true, .R = true}}, true},
          {"W and C alone", {.trained = {true, false, false, true, false}}, true},
          {"U, b, d, partial masks", {.trained = {false, true, true, false, true}}, false},
          {"diagonal Q and R",
           {.trained = {.Q = true, .R = true}, .Q_structure = diagonal, .R_structure = diagonal},
           true},
          {"isotropic Q and R",
           {.trained = {.Q = true, .R = true}, .Q_structure = isotropic, .R_structure = isotropic},
           true}};
}

// It is a maximum of E[l_c] within its structure: no random move along what is trained is better.
TEST(ClosedFormLaw, NothingTrainedCanBeMovedToABetterPlace) {
  for (const auto& [name, m_step, same_masks] : choices()) {
    SCOPED_TRACE(name);
    auto options = many_trials;
    options.same_for_outputs = same_masks;
    auto [model, batch] = model_case(options, 3);
    if (m_step.Q_structure != CovarianceStructure::full)  // it starts with what it can keep
      model.noise = isotropic_noise<double>(3, 2, 0.6, 0.5);
    const auto best = update(m_step, model, exact_statistics(model, batch));
    const double at_best = expected_log_likelihood(best, model, batch);
    EXPECT_GE(at_best, expected_log_likelihood(model, model, batch));
    auto engine = random_engine(7);
    for (int k = 0; k < 20; ++k) {
      auto moved = best;
      const bool trained[] = {m_step.trained.W, m_step.trained.U, m_step.trained.b,
                              m_step.trained.C, m_step.trained.d};
      const auto weights = blocks(moved.network.parameters);
      for (std::size_t i = 0; i < weights.size(); ++i)
        if (trained[i])
          BlockView<double>(weights[i]) += normal_matrix(engine, weights[i].size(), 1, 1e-3);
      if (m_step.trained.Q) moved.noise.Q *= 1 + 1e-3 * normal_matrix(engine, 1, 1)(0, 0);
      if (m_step.trained.R) moved.noise.R *= 1 + 1e-3 * normal_matrix(engine, 1, 1)(0, 0);
      EXPECT_LE(expected_log_likelihood(moved, model, batch), at_best + 1e-10);
    }
  }
}

TEST(ClosedFormLaw, WhatIsNotTrainedStaysToTheBit) {
  auto options = many_trials;
  options.same_for_outputs = true;
  const auto [model, batch] = model_case(options, 4);
  const auto next = update(ClosedForm<double>{.trained = {.W = false, .C = false}}, model,
                           exact_statistics(model, batch));
  EXPECT_EQ(next.network.parameters.W, model.network.parameters.W);
  EXPECT_EQ(next.network.parameters.C, model.network.parameters.C);
  EXPECT_EQ(next.noise.Q, model.noise.Q);
  EXPECT_NE(next.network.parameters.b, model.network.parameters.b);
  EXPECT_NE(next.network.parameters.d, model.network.parameters.d);
}

TEST(ClosedFormLaw, CovariancesHaveTheStructureAskedFor) {
  using enum CovarianceStructure;
  auto options = many_trials;
  options.same_for_outputs = true;
  const auto [model, batch] = model_case(options, 5);
  const auto statistics = exact_statistics(model, batch);
  const TrainedModel all{.Q = true, .R = true};
  const auto free = update(ClosedForm<double>{.trained = all}, model, statistics).noise;
  const auto flat =
      update(ClosedForm<double>{.trained = all, .Q_structure = isotropic, .R_structure = diagonal},
             model, statistics)
          .noise;
  EXPECT_EQ(free.Q, free.Q.transpose());
  EXPECT_GT(std::abs(free.Q(0, 1)), 1e-6);
  expect_close(flat.Q, free.Q.trace() / 3 * Matrix<double>::Identity(3, 3));
  expect_close(flat.R, Matrix<double>(free.R.diagonal().asDiagonal()));
}

// T = 1 makes the features [phi(h_0); x; 1] dependent: a damped step, finite, and an ascent.
TEST(ClosedForm, TakesADampedStepWhereFeaturesAreDependent) {
  auto options = many_trials;
  options.steps = 1;
  options.same_for_outputs = true;
  const auto [model, batch] = model_case(options, 6);
  const auto next = update({}, model, exact_statistics(model, batch));
  for (const auto& block : blocks(next.network.parameters)) EXPECT_TRUE(block.allFinite());
  EXPECT_GT(expected_log_likelihood(next, model, batch),
            expected_log_likelihood(model, model, batch));
}

TEST(ClosedFormHostile, AnRThatMasksHideIsRefused) {
  const auto [model, batch] = model_case(many_trials, 7);
  const auto statistics = exact_statistics(model, batch);
  const ClosedForm<double> full{.trained = {.R = true}};
  expect_refusal([&, &model = model] { update(full, model, statistics); },
                 "R: masks differ between the 2 outputs");
  const ClosedForm<double> diagonal{.trained = {.R = true},
                                    .R_structure = CovarianceStructure::diagonal};
  expect_refusal([&, &model = model] { update(diagonal, model, statistics); },
                 "diagonal or isotropic R that is so from the start");
  expect_refusal(
      [&, &model = model] { update(ClosedForm<double>{.damping = -1.0}, model, statistics); },
      "damping >= 0");
}

// Masks differ, R starts diagonal: each variance is the mean over what its output showed.
TEST(ClosedForm, TrainsADiagonalRUnderPartialMasks) {
  auto [model, batch] = model_case(many_trials, 8);
  model.noise.R = Matrix<double>(model.noise.R.diagonal().asDiagonal());
  const ClosedForm<double> m_step{.trained = {.R = true},
                                  .R_structure = CovarianceStructure::diagonal};
  const auto next = update(m_step, model, exact_statistics(model, batch));
  EXPECT_GT(expected_log_likelihood(next, model, batch),
            expected_log_likelihood(model, model, batch));
  for (const double factor : {0.99, 1.01}) {
    auto moved = next;
    moved.noise.R(0, 0) *= factor;
    EXPECT_LT(expected_log_likelihood(moved, model, batch),
              expected_log_likelihood(next, model, batch));
  }
}

}  // namespace
}  // namespace error_forcing
