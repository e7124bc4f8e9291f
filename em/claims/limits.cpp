// Claims about the limits of the EM loop, and about how far Error Forcing is from it.

#include <cmath>
#include <error_forcing/alignment.hpp>
#include <error_forcing/cholesky.hpp>
#include <error_forcing/greedy_posterior.hpp>
#include <error_forcing/m_step.hpp>
#include <error_forcing/output_jacobian.hpp>
#include <error_forcing/quad.hpp>
#include <error_forcing/rollout.hpp>
#include <error_forcing/statistics.hpp>
#include <error_forcing/thin_svd.hpp>

#include "exact.hpp"

namespace error_forcing::certification {

namespace {

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

// The cosine of EF's gradient (c = 1, ridge of the noise ratio, (S2)) with the score.
template <typename Scalar>
Scalar forcing_cosine(const GenerativeModel<Scalar>& model, const Batch<Scalar>& batch,
                      const Parameters<Scalar>& score) {
  auto trajectory = make_trajectory(model.network, batch);
  infer<Scalar>(GreedyPosterior<Scalar>{model.noise}, model.network, batch, trajectory);
  const auto forced =
      ascent_direction(Reparameterised<Scalar>{model.noise.R}, model.network, batch, trajectory);
  using std::sqrt;
  return inner_product(forced, score) /
         sqrt(inner_product(forced, forced) * inner_product(score, score));
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

std::vector<Definition> limit_claims() {
  return {
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
