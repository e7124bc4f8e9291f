// The ledger of docs/published_defects.md, a test for each line: the published formula word by
// word, in loops of its own, beside the right one. Each shows that the right one is what the
// library computes, that the published one is not, and by how much.

#include <error_forcing/alignment.hpp>
#include <error_forcing/learning_rule.hpp>
#include <error_forcing/murray_network.hpp>
#include <error_forcing/rollout.hpp>
#include <error_forcing/statistics.hpp>
#include <error_forcing/training.hpp>

#include "em/small_training.hpp"
#include "precision.hpp"
#include "random_case.hpp"
#include "sanitized.hpp"

namespace error_forcing::test {
namespace {

using M = Matrix<double>;
using V = Vector<double>;

V values(const History<double>& history, Index step) {
  V column(history.rows());
  for (Index k = 0; k < history.rows(); ++k) column(k) = history(0, step, k);
  return column;
}

// |wrong - right| / |right|, Frobenius.
double miss(const M& wrong, const M& right) { return (wrong - right).norm() / right.norm(); }

double cosine(const M& a, const M& b) { return a.cwiseProduct(b).sum() / (a.norm() * b.norm()); }

// --- James Murray's NumPy notebook (rflo-learning): phi outside the sum -------------------------

struct MurrayLoops {
  RandomCase<double> c =
      random_case({.units = 8, .trials = 1, .steps = 30, .leak = 0.2, .observed_share = 1}, 111);
  std::vector<V> h, u, e, x;

  MurrayLoops() {
    const auto& [W, U, b, C, d] = c.network.parameters;
    h = {c.network.initial_state}, u = {V::Zero(8)}, e = {V::Zero(2)}, x = {V::Zero(2)};
    for (Index t = 1; t <= 30; ++t) {
      x.push_back(values(c.batch.inputs, t));
      u.push_back(W * h.back() + U * x.back() + b);
      h.push_back(0.8 * h.back() + 0.2 * V(u.back().array().tanh()));
      e.push_back(values(c.batch.targets, t) - C * h.back() - d);
    }
  }

  // dL/dtheta of the library in the units of the loops: sum over t of the error, not -2/sum m.
  Parameters<double> library(MurrayCredit credit) const {
    auto scaled = zero_like(c.network.parameters);
    const M B = c.network.parameters.C.transpose();
    add_scaled(scaled, -0.5 * 60, murray_gradient(credit, c.network, c.batch, B));
    return scaled;
  }
};

V slope(const V& u) { return 1 - u.array().tanh().square(); }
V notebook_slope(const V& u) { return (10 * (u.array() / 10).tanh()).cosh().square().inverse(); }

using Slope = V (*)(const V&);

// Backward: the error that enters when z goes from t to t-1 is e[t] in the notebook.
M notebook_bptt(const MurrayLoops& loops, bool as_published, Slope slope_of) {
  const auto& [W, U, b, C, d] = loops.c.network.parameters;
  const auto& [c, h, u, e, x] = loops;
  M dW = M::Zero(8, 8);
  V z = C.transpose() * e[30];
  for (std::size_t t = 30; t >= 1; --t) {
    const V through = z.cwiseProduct(slope_of(u[t]));
    dW += 0.2 * through * h[t - 1].transpose();
    z = V(0.8 * z + C.transpose() * e[as_published ? t : t - 1] + 0.2 * W.transpose() * through);
  }
  return dW;
}

TEST(PublishedDefects, MurraysBackPropagationTakesEveryErrorAStepTooEarly) {
  const MurrayLoops loops;
  const M right = loops.library(MurrayCredit::back_propagation).W;
  EXPECT_LE(miss(notebook_bptt(loops, false, slope), right), 1e-12);
  const M wrong = notebook_bptt(loops, true, slope);
  EXPECT_NEAR(miss(wrong, right), 0.334, 0.001);
  EXPECT_NEAR(cosine(wrong, right), 0.983, 0.001);
}

// Forward: the slope multiplies the columns of W in the notebook, phi'(u_j) W_ij.
M notebook_rtrl(const MurrayLoops& loops, bool as_published) {
  const auto& [W, U, b, C, d] = loops.c.network.parameters;
  const auto& [c, h, u, e, x] = loops;
  M S = M::Zero(8, 64), dW = M::Zero(8, 8);
  for (std::size_t t = 1; t <= 30; ++t) {
    const V slopes = slope(u[t]);
    M J = 0.8 * M::Identity(8, 8);
    for (Index i = 0; i < 8; ++i)
      for (Index j = 0; j < 8; ++j) J(i, j) += 0.2 * slopes(as_published ? j : i) * W(i, j);
    S = M(J * S);
    for (Index i = 0; i < 8; ++i)
      for (Index j = 0; j < 8; ++j) S(i, 8 * i + j) += 0.2 * slopes(i) * h[t - 1](j);
    const V found = S.transpose() * (C.transpose() * e[t]);
    dW += Eigen::Map<const M>(found.data(), 8, 8);
  }
  return dW;
}

TEST(PublishedDefects, MurraysRtrlTakesTheSlopeOfThePresynapticUnit) {
  const MurrayLoops loops;
  const M right = loops.library(MurrayCredit::rtrl).W;
  EXPECT_LE(miss(notebook_rtrl(loops, false), right), 1e-12);
  const M wrong = notebook_rtrl(loops, true);
  EXPECT_NEAR(miss(wrong, right), 0.225, 0.001);
  EXPECT_NEAR(cosine(wrong, right), 0.975, 0.001);
}

// The trace of an input weight takes x[t-1] in the notebook, that of a recurrent one h[t-1].
M notebook_rflo_of_inputs(const MurrayLoops& loops, bool as_published) {
  const M& C = loops.c.network.parameters.C;
  M q = M::Zero(8, 2), dU = M::Zero(8, 2);
  for (std::size_t t = 1; t <= 30; ++t) {
    q = M(0.8 * q + 0.2 * slope(loops.u[t]) * loops.x[as_published ? t - 1 : t].transpose());
    dU += V(C.transpose() * loops.e[t]).asDiagonal() * q;
  }
  return dU;
}

TEST(PublishedDefects, MurraysRfloTakesTheInputOfTheStepBefore) {
  const MurrayLoops loops;
  const M right = loops.library(MurrayCredit::rflo).U;
  EXPECT_LE(miss(notebook_rflo_of_inputs(loops, false), right), 1e-12);
  const M wrong = notebook_rflo_of_inputs(loops, true);
  EXPECT_NEAR(miss(wrong, right), 1.173, 0.001);  // white inputs: another gradient
  EXPECT_NEAR(cosine(wrong, right), 0.049, 0.001);
}

TEST(PublishedDefects, MurraysSlopeIsNotTheDerivative) {
  const V at = V::Constant(1, 3);
  EXPECT_NEAR(notebook_slope(at)(0) / slope(at)(0), 1.19, 0.005);
  const MurrayLoops loops;
  const M right = loops.library(MurrayCredit::back_propagation).W;
  EXPECT_NEAR(miss(notebook_bptt(loops, false, notebook_slope), right), 0.0084, 0.0001);
}

// --- the PyTorch code released with the paper ----------------------------------------------------

// Two outputs whose masks differ, every target a number.
RandomCase<double> released_case() {
  return random_case({.units = 7, .trials = 1, .steps = 25, .nan_where_unobserved = false}, 112);
}

M inverse_of_two(const M& A) {
  M inverse(2, 2);
  inverse << A(1, 1), -A(0, 1), -A(1, 0), A(0, 0);
  return inverse / (A(0, 0) * A(1, 1) - A(0, 1) * A(1, 0));
}

M pseudoinverse_by_hand(const M& C, double ridge = 0) {
  return C.transpose() * inverse_of_two(C * C.transpose() + ridge * M::Identity(2, 2));
}

// A forced rollout in loops: forced(u, y, t) is the state after forcing.
template <typename Forced>
double loss_in_loops(const Network<double>& network, const Batch<double>& batch, Forced forced) {
  const auto& [W, U, b, C, d] = network.parameters;
  const double a = network.leak;
  V h = network.initial_state;
  double sum = 0;
  for (Index t = 1; t <= batch.layout().steps; ++t) {
    const V u = (1 - a) * h + a * (W * V(h.array().tanh()) + U * values(batch.inputs, t) + b);
    const V y = C * u + d;
    sum += values(batch.mask, t).cwiseProduct(values(batch.targets, t) - y).squaredNorm();
    h = forced(u, y, t);
  }
  return sum / static_cast<double>(observed_entries(batch));
}

struct Found {
  double loss;
  Parameters<double> gradient;
};

Found by_rule(const LearningRule<double>& rule, const RandomCase<double>& c) {
  auto t = make_trajectory(c.network, c.batch);
  auto gradient = zero_like(c.network.parameters);
  const auto value = objective_gradient(rule, c.network, c.batch, no_penalties, t, gradient);
  return {value.loss, gradient};
}

TEST(PublishedDefects, ReleasedTeacherForcingForgetsTheBias) {
  auto c = released_case();
  c.batch.mask.fill(1);
  const auto& [W, U, b, C, d] = c.network.parameters;
  const M inverse = pseudoinverse_by_hand(C);
  const auto loss = [&](double gain, bool as_published) {
    return loss_in_loops(c.network, c.batch, [&](const V& u, const V&, Index t) -> V {
      const V target = values(c.batch.targets, t) - (as_published ? V(V::Zero(2)) : V(d));
      return (1 - gain) * u + gain * (inverse * target);
    });
  };
  EXPECT_NEAR(loss(0.5, true), by_rule({TeacherForcing<double>{0.5, 0, true}}, c).loss, 1e-12);
  EXPECT_NEAR(loss(0.5, false), by_rule({TeacherForcing<double>{0.5}}, c).loss, 1e-12);
  // At c = 1 the forced output is not y* but y* + d.
  const V target = values(c.batch.targets, 3);
  EXPECT_LE((C * (inverse * target) + d - (target + d)).norm(), 1e-12);
  EXPECT_NEAR(loss(0.5, true) / loss(0.5, false) - 1, -0.0064, 0.0001);
  EXPECT_NEAR(miss(by_rule({TeacherForcing<double>{0.5, 0, true}}, c).gradient.W,
                   by_rule({TeacherForcing<double>{0.5}}, c).gradient.W),
              0.123, 0.001);
}

TEST(PublishedDefects, ReleasedTeacherForcingIsDifferentiatedThrough) {
  auto c = released_case();
  c.batch.mask.fill(1);
  const auto loss = [&](const Network<double>& network) {
    const auto& [W, U, b, C, d] = network.parameters;
    const M inverse = pseudoinverse_by_hand(C);
    return loss_in_loops(network, c.batch, [&](const V& u, const V&, Index t) -> V {
      return 0.5 * u + 0.5 * (inverse * (values(c.batch.targets, t) - d));
    });
  };
  const auto slope_along = [&](const Parameters<double>& direction) {  // what autograd returns
    auto ahead = c.network, behind = c.network;
    add_scaled(ahead.parameters, 1e-5, direction);
    add_scaled(behind.parameters, -1e-5, direction);
    return (loss(ahead) - loss(behind)) / 2e-5;
  };
  const TeacherForcing<double> forcing{0.5};
  const auto held = by_rule({forcing}, c).gradient;
  const auto through = by_rule({forcing, Routing::through}, c).gradient;
  const auto direction = random_case({.units = 7}, 113).network.parameters;
  EXPECT_NEAR(slope_along(direction), inner_product(through, direction), 1e-7);
  EXPECT_GT(std::abs(slope_along(direction) - inner_product(held, direction)), 1e-2);
  EXPECT_NEAR(miss(through.W, held.W), 0.368, 0.001);
  EXPECT_NEAR(miss(through.C, held.C), 0.515, 0.001);
}

TEST(PublishedDefects, ReleasedInverseHasARidge) {
  const auto c = released_case();
  const M& C = c.network.parameters.C;
  const M literal = pseudoinverse_by_hand(C, 1e-7), right = pseudoinverse_by_hand(C);
  EXPECT_LE(miss(forcing_matrix<double>({}, C, released_ridge), literal), 1e-12);
  EXPECT_NEAR(miss(literal, right), 4.7e-7, 0.1e-7);
}

TEST(PublishedDefects, ReleasedForcingReadsTheMaskOfTheFirstOutputForAll) {
  const auto c = released_case();
  const auto& [W, U, b, C, d] = c.network.parameters;
  const M inverse = pseudoinverse_by_hand(C);
  const auto loss = [&](bool as_published) {
    return loss_in_loops(c.network, c.batch, [&](const V& u, const V& y, Index t) -> V {
      const V m = values(c.batch.mask, t), gap = values(c.batch.targets, t) - y;
      return u + 0.5 * inverse * (as_published ? V(m(0) * gap) : V(m.cwiseProduct(gap)));
    });
  };
  const ErrorForcing<double> right{0.5}, released{0.5, 0, true};
  EXPECT_NEAR(loss(true), by_rule({released}, c).loss, 1e-12);
  EXPECT_NEAR(loss(false), by_rule({right}, c).loss, 1e-12);
  EXPECT_NEAR(loss(true) / loss(false) - 1, -0.032, 0.001);
  EXPECT_NEAR(miss(by_rule({released}, c).gradient.W, by_rule({right}, c).gradient.W), 0.308,
              0.001);
}

// With RFLO the error of the step before forces, where the first output is observed at this one.
TEST(PublishedDefects, ReleasedRfloForcesByTheErrorOfTheStepBefore) {
  const auto c = released_case();
  const M inverse = pseudoinverse_by_hand(c.network.parameters.C);
  const auto loss = [&](bool as_published) {
    V before = V::Zero(2);
    return loss_in_loops(c.network, c.batch, [&](const V& u, const V& y, Index t) -> V {
      const V m = values(c.batch.mask, t), e = m.cwiseProduct(values(c.batch.targets, t) - y);
      const V by = as_published ? V(m(0) * before) : e;
      before = e;
      return u + 0.5 * inverse * by;
    });
  };
  const LearningRule<double> right{ErrorForcing<double>{0.5}, Routing::held, Credit::snap1};
  const LearningRule<double> released{CausalForcing<double>{0.5}, Routing::held, Credit::snap1};
  EXPECT_NEAR(loss(true), by_rule(released, c).loss, 1e-12);
  EXPECT_NEAR(loss(false), by_rule(right, c).loss, 1e-12);
  EXPECT_NEAR(loss(true) / loss(false) - 1, 0.234, 0.001);
  EXPECT_NEAR(miss(by_rule(released, c).gradient.W, by_rule(right, c).gradient.W), 1.068, 0.001);
}

TEST(PublishedDefects, ReleasedRfloKeepsTheUnitsOwnPath) {
  const auto c = released_case();
  const auto& [W, U, b, C, d] = c.network.parameters;
  const double a = c.network.leak, weight = -2 / static_cast<double>(observed_entries(c.batch));
  const auto traced = [&](bool as_published) {
    M p = M::Zero(7, 7), dW = M::Zero(7, 7);
    V h = c.network.initial_state;
    for (Index t = 1; t <= 25; ++t) {
      const V phi = h.array().tanh();
      for (Index i = 0; i < 7; ++i)
        for (Index j = 0; j < 7; ++j)
          p(i, j) = ((1 - a) + (as_published ? a * W(i, i) * (1 - phi(i) * phi(i)) : 0)) * p(i, j) +
                    a * phi(j);
      h = V((1 - a) * h + a * (W * phi + U * values(c.batch.inputs, t) + b));
      const V e = values(c.batch.mask, t).cwiseProduct(values(c.batch.targets, t) - C * h - d);
      dW += weight * V(C.transpose() * e).asDiagonal() * p;
    }
    return dW;
  };
  const auto W_of = [&](const char* rule, bool as_released) {
    const auto made = make_rule<double>({.name = rule, .as_released = as_released});
    return by_rule(made, c).gradient.W;
  };
  EXPECT_LE(miss(traced(true), W_of("rflo", true)), 1e-12);
  EXPECT_LE(miss(traced(false), W_of("rflo", false)), 1e-12);
  EXPECT_LE(miss(traced(true), W_of("snap1", false)), 1e-12);
  const M exact = W_of("bptt", false);
  EXPECT_NEAR(miss(traced(true), traced(false)), 0.214, 0.001);
  EXPECT_NEAR(cosine(traced(true), exact), 0.942, 0.001);  // it is nearer to the gradient
  EXPECT_NEAR(cosine(traced(false), exact), 0.934, 0.001);
}

// The activity that is penalised is that of the forced states, which do not run when it is used.
TEST(PublishedDefects, ReleasedPenaltyIsOfForcedStates) {
  auto c = released_case();
  c.batch.mask.fill(1);
  auto t = make_trajectory(c.network, c.batch), free = t;
  infer<double>(ErrorForcing<double>{1}, c.network, c.batch, t);
  run_free(c.network, c.batch, free);
  const auto activity = [&](const Trajectory<double>& of) {
    double sum = 0;
    for (Index step = 1; step <= 25; ++step) sum += values(of.states, step).squaredNorm();
    return sum / (25 * 7);
  };
  const auto penalised = objective(c.network, c.batch, t, {1, 0}).activity;
  EXPECT_NEAR(penalised, activity(t), 1e-12);
  EXPECT_NEAR(penalised / activity(free), 1.451, 0.001);
}

// --- what the released training counts -----------------------------------------------------------

Training small_training(std::uint64_t seed) {
  Training run = small_run();
  run.training_trials = 64;
  run.validation_trials = 16;
  run.batch = 32;
  run.seed = seed;
  return run;
}

// The code asks for 0.01 where the text means 0.1: more than twice as many epochs here.
TEST(PublishedDefects, ReleasedThresholdOfXorIsATenthOfTheIntendedOne) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  auto run = small_training(2);
  run.network.units = 16;
  run.adam.rate = 0.02;
  run.epochs = 120;
  const auto history = train_through<double>(run).history;
  EXPECT_EQ(paper_training(run.task).criterion.threshold, 0.1);
  const auto intended = epoch_learned(history, {.threshold = 0.1});
  const auto released = epoch_learned(history, {.threshold = 0.01});
  ASSERT_TRUE(intended && released);
  EXPECT_NEAR(static_cast<double>(*intended), 35, 10);
  EXPECT_GT(*released, *intended + 15);
}

// A network that may grow without bound: some seeds leave the finite numbers. On a blow-up the
// released code goes on with another seed, so that whoever counts its runs sees none.
TEST(PublishedDefects, ReleasedTrainingReplacesARunThatDiverges) {
  const auto diverges = [](std::uint64_t seed) {
    auto run = small_training(seed);
    run.network.activation = Activation::relu;
    run.network.leak = 1;
    run.network.recurrent_gain = 4;
    run.epochs = 2;
    const auto result = train_through<float>(run);
    EXPECT_EQ(result.outcome == Outcome::diverged, result.failure.has_value());
    return result.outcome == Outcome::diverged;
  };
  constexpr int wanted = 12;
  int diverged = 0, as_released = 0, runs = 0;
  for (std::uint64_t seed = 1; seed <= wanted; ++seed) diverged += diverges(seed);
  for (std::uint64_t seed = 1; runs - as_released < wanted; ++seed, ++runs)
    as_released += diverges(seed);
  EXPECT_NEAR(diverged, 7, 2);  // of twelve, and this library says so
  EXPECT_GT(runs, wanted + 4);  // the released code draws as many more, and keeps none of them:
  EXPECT_EQ(runs - as_released, wanted);  // twelve of twelve networks are finite
}

}  // namespace
}  // namespace error_forcing::test
