// Claims about the EM loop: its step, its ascent, its rate, its limits, and how far Error Forcing
// is from it.

#include <cmath>
#include <error_forcing/cholesky.hpp>
#include <error_forcing/closed_form.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/greedy_posterior.hpp>
#include <error_forcing/m_step.hpp>
#include <error_forcing/output_jacobian.hpp>
#include <error_forcing/particle_posterior.hpp>
#include <error_forcing/quad.hpp>
#include <error_forcing/rollout.hpp>
#include <error_forcing/statistics.hpp>
#include <error_forcing/thin_svd.hpp>

#include "models.hpp"

namespace error_forcing::certification {

namespace {

// What one exact E-step gives: the evidence, the score without any inverse of Q, the moments.
template <typename Scalar>
struct ExactEStep {
  Scalar log_evidence{};
  Parameters<Scalar> score;
  ExpectedStatistics<Scalar> statistics;
};

template <typename Scalar>
ExactEStep<Scalar> exact(const GenerativeModel<Scalar>& model, const Batch<Scalar>& batch) {
  ExactEStep<Scalar> result{Scalar(0), zero_like(model.network.parameters),
                            empty_statistics(model.network)};
  for (Index k = 0; k < batch.layout().trials; ++k) {
    const auto trial = trial_of(batch, k);
    const auto filtered = kalman_filter(model, trial);
    const auto posterior = adjoint_smoother(filtered);
    result.log_evidence += log_evidence(filtered);
    add_scaled(result.score, Scalar(1), exact_score(model, trial, posterior));
    add_posterior(model.network, trial, posterior.states, result.statistics);
  }
  return result;
}

template <typename Scalar>
Matrix<Scalar> dynamics(const Parameters<Scalar>& p) {
  Matrix<Scalar> all(p.W.rows(), p.W.cols() + p.U.cols() + 1);
  all << p.W, p.U, p.b;
  return all;
}

// The order of a size in kappa = 10^-8 ... 10^-3, half a decade apart: five decades.
template <typename Scalar, typename Size>
double order_over_five_decades(Size size_at, int lowest = -8) {
  std::vector<double> kappas, sizes;
  for (int k = 0; k <= 10; ++k) {
    kappas.push_back(std::pow(10, lowest + 0.5 * k));
    sizes.push_back(static_cast<double>(size_at(Scalar(kappas.back()))));
  }
  return fitted_order(kappas, sizes);
}

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

// A model of one unit with enough data that EM has an isolated fixed point in W, U, b.
template <typename Scalar>
ModelPoint<Scalar> one_unit_model(std::uint64_t seed) {
  auto engine = random_engine(seed, 47);
  ModelPoint<double> point{"one unit", {}, zero_batch<double>(tiled(40, 6), 1, 1)};
  auto& [network, noise] = point.model;
  network.parameters = zero_parameters<double>(1, 1, 1);
  network.parameters.W << 0.6;
  network.parameters.U << 0.8;
  network.parameters.b << 0.2;
  network.parameters.C << 1.1;
  network.leak = 0.7;
  network.activation = Activation::identity;
  noise = isotropic_noise<double>(1, 1, 0.6, 0.5);
  point.batch.mask.fill(1);
  for (Index step = 1; step <= 6; ++step)
    for (Index tile = 0; tile < point.batch.layout().tiles(); ++tile) {
      auto inputs = point.batch.inputs.at(tile, step);
      inputs = normal_matrix(engine, 1, inputs.cols());
    }
  auto trajectory = make_trajectory(network, point.batch);
  simulate(point.model, engine, point.batch, trajectory);
  return {point.name, cast<Scalar>(point.model), cast<Scalar>(point.batch)};
}

template <typename Scalar>
GenerativeModel<Scalar> moved(const GenerativeModel<Scalar>& model, const Vector<Scalar>& theta) {
  auto result = model;
  result.network.parameters.W(0, 0) = theta(0);
  result.network.parameters.U(0, 0) = theta(1);
  result.network.parameters.b(0) = theta(2);
  return result;
}

template <typename Scalar>
Vector<Scalar> theta_of(const Parameters<Scalar>& p) {
  return dynamics(p).row(0).transpose();
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

// The order of a size as Q -> kappa Q, away from the truth so that there is a step to take.
template <typename Scalar, typename Size>
Measurement order_in_Q(std::uint64_t seed, Size size_of) {
  const auto point = one_unit_model<Scalar>(seed);
  const double order = order_over_five_decades<Scalar>([&](Scalar kappa) {
    auto model = point.model;
    model.network.parameters.W(0, 0) += Scalar(0.2);
    model.noise.Q *= kappa;
    return size_of(model, exact(model, point.batch));
  });
  return {{{"one unit, kappa = 1e-8 ... 1e-3", order}}};
}

template <typename Scalar>
Measurement centred_step_freezes(std::uint64_t seed) {
  return order_in_Q<Scalar>(seed, [](const auto& model, const auto& e_step) {
    const auto next = update(ClosedForm<Scalar>{}, model, e_step.statistics);
    return (theta_of(next.network.parameters) - theta_of(model.network.parameters)).norm();
  });
}

template <typename Scalar>
Measurement score_does_not_freeze(std::uint64_t seed) {
  return order_in_Q<Scalar>(
      seed, [](const auto&, const auto& e_step) { return theta_of(e_step.score).norm(); });
}

// The maximiser of E[l_nc] in b, in which it is quadratic: h moves by D b along the fixed noises.
template <typename Scalar>
Scalar non_centred_step_of_bias(const GenerativeModel<Scalar>& model, const Batch<Scalar>& batch) {
  Scalar slope(0), curvature(0);
  for (Index k = 0; k < batch.layout().trials; ++k) {
    const auto trial = trial_of(batch, k);
    const auto mean = adjoint_smoother(kalman_filter(model, trial)).states.mean;
    const Matrix<Scalar> drive = Matrix<Scalar>::Constant(1, trial.steps() + 1, model.network.leak);
    const auto moves = output_tangent(model.network, trial, mean, drive);
    const auto residual = observed_residual(model, trial, mean);
    slope += moves.dot(weighted_by_precision(model, trial, residual));
    curvature += moves.dot(weighted_by_precision(model, trial, moves));
  }
  using std::abs;
  return abs(slope / curvature);
}

// The order of that step as one of the covariances shrinks.
template <typename Scalar>
Measurement order_of_bias_step(std::uint64_t seed, Matrix<Scalar> Noise<Scalar>::*covariance) {
  const auto point = one_unit_model<Scalar>(seed);
  const double order = order_over_five_decades<Scalar>([&](Scalar kappa) {
    auto model = point.model;
    model.network.parameters.b(0) += Scalar(0.5);
    model.noise.*covariance *= kappa;
    return non_centred_step_of_bias(model, point.batch);
  });
  return {{{"one unit, kappa = 1e-8 ... 1e-3", order}}};
}

template <typename Scalar>
Measurement non_centred_step_freezes_with_R(std::uint64_t seed) {
  return order_of_bias_step<Scalar>(seed, &Noise<Scalar>::R);
}

template <typename Scalar>
Measurement non_centred_step_stays_with_Q(std::uint64_t seed) {
  return order_of_bias_step<Scalar>(seed, &Noise<Scalar>::Q);
}

template <typename Scalar>
Measurement exact_gradient_tends_to_bptt(std::uint64_t seed) {
  return at_every_model(linear_models<Scalar>(seed), [](auto point, auto& found) {
    auto trajectory = make_trajectory(point.model.network, point.batch);
    run_free(point.model.network, point.batch, trajectory);
    const auto bptt = ascent_direction(PaperForm{}, point.model.network, point.batch, trajectory);
    const Scalar sigma_y(3);
    const double order = order_over_five_decades<Scalar>(
        [&](Scalar sigma_h) {
          point.model.noise = isotropic_noise(point.model.network.units(),
                                              point.model.network.outputs(), sigma_h, sigma_y);
          auto scaled = zero_like(bptt);
          add_scaled(scaled, Scalar(sigma_y * sigma_y), exact(point.model, point.batch).score);
          return relative_distance(scaled, bptt);
        },
        -6);
    found.include(order, point.name);
  });
}

template <typename Scalar>
Scalar inner(const Parameters<Scalar>& a, const Parameters<Scalar>& b) {
  return a.W.cwiseProduct(b.W).sum() + a.U.cwiseProduct(b.U).sum() + a.b.dot(b.b) +
         a.C.cwiseProduct(b.C).sum() + a.d.dot(b.d);
}

// The cosine of EF's gradient (c = 1, ridge of the noise ratio, (S2)) with the score.
template <typename Scalar>
Scalar forcing_cosine(const GenerativeModel<Scalar>& model, const Batch<Scalar>& batch,
                      const Parameters<Scalar>& score) {
  auto trajectory = make_trajectory(model.network, batch);
  infer<Scalar>(GreedyPosterior<Scalar>{model.noise}, model.network, batch, trajectory);
  const auto forced =
      ascent_direction(Reparameterised<Scalar>{model.noise.R}, model.network, batch, trajectory);
  using std::sqrt;
  return inner(forced, score) / sqrt(inner(forced, forced) * inner(score, score));
}

// N = 6 linear, sigma_h = sigma_y, dense mask, every eigenvalue of J on a circle of that radius.
ModelPoint<double> rotating_model(double radius, std::uint64_t seed, std::uint64_t draw) {
  constexpr Index N = 6, P = 2, T = 15, B = 4;
  auto engine = random_engine(seed, 500 + draw);
  ModelPoint<double> point{
      fmt::format("radius {}", radius), {}, zero_batch<double>(tiled(B, T), 1, P)};
  auto& p = point.model.network.parameters;
  p = zero_parameters<double>(N, 1, P);
  p.W = radius * thin_svd(normal_matrix(engine, N, N)).left;
  p.U = normal_matrix(engine, N, 1);
  p.C = normal_matrix(engine, P, N, 0.5);
  point.model.network.activation = Activation::identity;
  point.model.noise = isotropic_noise<double>(N, P, 0.5, 0.5);
  point.batch.mask.fill(1);
  for (Index step = 1; step <= T; ++step)
    point.batch.targets.at(0, step) = normal_matrix(engine, P, B);  // a task, not its own data
  return point;
}

// The cosine with the score, the score taken by two routes. That it is below 1 is the point.
template <typename Scalar>
Measurement forcing_is_approximate(std::uint64_t seed) {
  Measurement found;
  for (const double radius : {0.5, 0.9, 1.1}) {
    const auto drawn = rotating_model(radius, seed, 0);
    const auto model = cast<Scalar>(drawn.model);
    const auto batch = cast<Scalar>(drawn.batch);
    const auto e_step = exact(model, batch);
    const Scalar by_adjoints = forcing_cosine(model, batch, e_step.score);
    const Scalar by_moments =
        forcing_cosine(model, batch, centred_gradient(model, e_step.statistics));
    using std::abs;
    const auto name =
        fmt::format("{}, cosine {:.3f}", drawn.name, static_cast<double>(by_adjoints));
    found.include(static_cast<double>(abs(by_adjoints - by_moments)), name);
    if (!(by_adjoints < Scalar(0.999))) found.trouble = name + ": EF is exact here";
  }
  return found;
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
      {{"I12", "Q -> kappa Q: the centred step of W, U, b freezes at order 1",
        "closed form | fitted order"},
       order,
       IN_DOUBLE_AND_QUAD(centred_step_freezes),
       1},
      {{"I12-score", "while the score does not: order 0", "score | fitted order"},
       order,
       IN_DOUBLE_AND_QUAD(score_does_not_freeze),
       0},
      {{"I12-nc", "nor does the maximiser of E[l_nc] (in b): order 0",
        "normal equations of tangents | fitted order"},
       order,
       IN_DOUBLE_AND_QUAD(non_centred_step_stays_with_Q),
       0},
      {{"I12-dual", "R -> kappa R: the non-centred step (of b) freezes at order 1",
        "normal equations of tangents | fitted order"},
       order,
       IN_DOUBLE_AND_QUAD(non_centred_step_freezes_with_R),
       1},
      {{"R1-exact", "linear, sigma_h -> 0: sigma_y^2 x score -> BPTT at order 2",
        "exact posterior | free run and (S3)"},
       order,
       IN_DOUBLE_AND_QUAD(exact_gradient_tends_to_bptt),
       2},
      {{"R4", "EF's gradient is not the score: cosine below 1 at spectral radius .5, .9 and 1.1",
        "score by adjoints | by moments"},
       rounding,
       IN_DOUBLE_AND_QUAD(forcing_is_approximate)},
  };
}

}  // namespace error_forcing::certification
