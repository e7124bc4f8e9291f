// Claims about the EM loop: its step, its ascent, its rate.

#include <fmt/format.h>

#include <cmath>
#include <error_forcing/cholesky.hpp>
#include <error_forcing/particle_posterior.hpp>
#include <error_forcing/quad.hpp>

#include "exact.hpp"

namespace error_forcing::certification {

namespace {

// a^-2 Q grad (sum E[f f'])^-1 with the score of the adjoint form.
template <typename Scalar>
Measurement em_is_preconditioned_gradient(std::uint64_t seed) {
  return at_every_model(linear_models<Scalar>(seed), [](const auto& point, auto& found) {
    const auto& [network, noise] = point.model;
    const auto e_step = exact(point.model, point.batch);
    const auto next = update(ClosedForm<Scalar>{}, point.model, e_step.statistics);
    const Matrix<Scalar> step = dynamics(next.network.parameters) - dynamics(network.parameters);
    const Matrix<Scalar> gradient =
        noise.Q * dynamics(e_step.score) / (network.leak * network.leak);
    const Matrix<Scalar> predicted =
        cholesky(e_step.statistics.transition.features).solve(gradient.transpose()).transpose();
    found.include(distance(step, predicted), point.name + ", [W U b]");
    if (e_step.statistics.readout.size() > 1) return;  // partial masks: below, row by row
    const Matrix<Scalar> R_dC = noise.R * e_step.score.C;
    Matrix<Scalar> readout(R_dC.rows(), R_dC.cols() + 1), moved = readout;
    readout << R_dC, noise.R * e_step.score.d;
    moved << next.network.parameters.C - network.parameters.C,
        next.network.parameters.d - network.parameters.d;
    const auto& features = e_step.statistics.readout.begin()->second.features;
    const Matrix<Scalar> predicted_readout =
        cholesky(features).solve(readout.transpose()).transpose();
    found.include(distance(moved, predicted_readout), point.name + ", [C d]");
  });
}

template <typename Scalar>
Measurement em_never_falls(std::uint64_t seed) {
  return at_every_model(linear_models<Scalar>(seed), [](auto point, auto& found) {
    ClosedForm<Scalar> m_step{.trained = {.Q = true, .R = true}};
    if (point.model.noise.R.isDiagonal(Scalar(0)))
      m_step.R_structure = CovarianceStructure::diagonal;
    auto e_step = exact(point.model, point.batch);
    Scalar fall(0);
    for (int k = 0; k < 30; ++k) {
      point.model = update(m_step, point.model, e_step.statistics);
      const Scalar before = e_step.log_evidence;
      e_step = exact(point.model, point.batch);
      using std::abs;
      using std::max;
      fall = max(fall, Scalar((before - e_step.log_evidence) / abs(before)));
    }
    found.include(static_cast<double>(fall), point.name);
  });
}

// The mean of log Z over many filters of K particles without resampling, K = 1, 4, 16, against the
// evidence; with resampling, the mean of Z. In units of the standard error.
Measurement particle_bound(std::uint64_t seed) {
  Measurement found;
  constexpr int filters = 3000;
  for (const auto& [name, model, batch] : linear_models<double>(seed)) {
    const auto trial = trial_of(batch, 0);
    const double truth = log_evidence(kalman_filter(model, trial));
    auto engine = random_engine(seed, 46);
    double last = -std::numeric_limits<double>::infinity(), last_error = 0;
    for (const Index K : {1, 4, 16}) {
      double sum = 0, squares = 0;
      for (int k = 0; k < filters; ++k) {
        const double gap =
            particle_run({.particles = K, .resample_below = 0}, model, trial, engine).log_evidence -
            truth;
        sum += gap;
        squares += gap * gap;
      }
      const double mean = sum / filters;
      const double error = std::sqrt((squares / filters - mean * mean) / filters);
      const double allowed = std::hypot(error, last_error) + 1e-12;
      found.include(std::max(0.0, last - mean) / allowed, fmt::format("{}, bound, K = {}", name, K),
                    5);
      found.include(std::max(0.0, mean) / (error + 1e-12),
                    fmt::format("{}, below the evidence, K = {}", name, K), 5);
      last = mean;
      last_error = error;
    }
    std::vector<double> estimates;
    for (int k = 0; k < filters; ++k)
      estimates.push_back(
          particle_run({.particles = 16, .resample_below = 1}, model, trial, engine).log_evidence -
          truth);
    const auto [value, error] = log_mean(estimates);
    found.include(std::abs(value) / (error + 1e-12), name + ", unbiased with resampling", 5);
  }
  return found;
}

template <typename Scalar>
GenerativeModel<Scalar> moved(const GenerativeModel<Scalar>& model, const Vector<Scalar>& theta) {
  auto result = model;
  result.network.parameters.W(0, 0) = theta(0);
  result.network.parameters.U(0, 0) = theta(1);
  result.network.parameters.b(0) = theta(2);
  return result;
}

// I - I_c^-1 I_obs at the fixed point, I_obs by central differences of the score, against the
// contraction of the EM map itself along each of its eigenvectors.
template <typename Scalar>
Measurement em_rate(std::uint64_t seed) {
  const auto [name, start, batch] = one_unit_model<Scalar>(seed);
  const ClosedForm<Scalar> m_step{.trained = {.C = false, .d = false}};
  const auto em_map = [&, &start = start, &batch = batch](const Vector<Scalar>& theta) {
    const auto model = moved(start, theta);
    return theta_of(update(m_step, model, exact(model, batch).statistics).network.parameters);
  };
  Vector<Scalar> fixed = theta_of(start.network.parameters);
  const Scalar enough = 64 * std::numeric_limits<Scalar>::epsilon();
  for (int k = 0; k < 600; ++k) {
    const Vector<Scalar> next = em_map(fixed);
    const Scalar change = (next - fixed).norm();
    fixed = next;
    if (change <= enough) break;
  }
  using std::pow;
  const Scalar h = pow(std::numeric_limits<Scalar>::epsilon(), Scalar(1) / 5);
  const auto score_at = [&, &start = start, &batch = batch](const Vector<Scalar>& theta) {
    return theta_of(exact(moved(start, theta), batch).score);
  };
  Matrix<Scalar> observed(3, 3);
  for (Index j = 0; j < 3; ++j) {  // fourth order
    const Vector<Scalar> e = Vector<Scalar>::Unit(3, j) * h;
    observed.col(j) = -(8 * (score_at(fixed + e) - score_at(fixed - e)) -
                        (score_at(fixed + 2 * e) - score_at(fixed - 2 * e))) /
                      (12 * h);
  }
  const auto model = moved(start, fixed);
  const Scalar a = model.network.leak;
  const Matrix<Scalar> complete =
      a * a / model.noise.Q(0, 0) * exact(model, batch).statistics.transition.features;
  const Matrix<Scalar> predicted =
      Matrix<Scalar>::Identity(3, 3) - cholesky(complete).solve(observed);
  Matrix<Scalar> found_map(3, 3);
  for (Index j = 0; j < 3; ++j) {
    const Vector<Scalar> e = Vector<Scalar>::Unit(3, j) * h;
    found_map.col(j) = (8 * (em_map(fixed + e) - em_map(fixed - e)) -
                        (em_map(fixed + 2 * e) - em_map(fixed - 2 * e))) /
                       (12 * h);
  }
  return {{{"Jacobian of the EM map, W U b of one unit", distance(predicted, found_map)}}};
}

}  // namespace

std::vector<Definition> em_claims() {
  constexpr Tolerances jacobian{1e-8, 1e-22};
  return {
      {{"I6", "exact EM is a preconditioned gradient step: a^-2 Q grad (sum E[f f'])^-1",
        "closed form | score of the adjoint form"},
       {1e-11, 1e-28},
       IN_DOUBLE_AND_QUAD(em_is_preconditioned_gradient)},
      {{"I7", "exact EM with Q and R never lowers the log evidence, 30 steps",
        "evidence after | evidence before"},
       rounding,
       IN_DOUBLE_AND_QUAD(em_never_falls)},
      {{"I9", "E[log Z] rises with K to log p(y*); with resampling E[Z] = p(y*) (standard errors)",
        "3000 filters in double | Kalman filter"},
       {5, 5},
       &particle_bound,
       &particle_bound},
      {{"I11", "EM's local rate: the Jacobian of the EM map is I - I_c^-1 I_obs",
        "differences of the score | differences of the map"},
       jacobian,
       IN_DOUBLE_AND_QUAD(em_rate)},
  };
}

}  // namespace error_forcing::certification
