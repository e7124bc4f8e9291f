// Claims that hold exactly: the E-steps, and the M-steps against each other.

#include <error_forcing/cholesky.hpp>
#include <error_forcing/e_step.hpp>
#include <error_forcing/m_step.hpp>
#include <error_forcing/statistics.hpp>
#include <error_forcing/zero_error_manifold.hpp>

#include "definition.hpp"
#include "points.hpp"

namespace error_forcing::certification {

namespace {

template <typename Scalar>
bool all_observed(const Point<Scalar>& point, Index trial, Index step) {
  for (Index k = 0; k < point.batch.mask.rows(); ++k)
    if (point.batch.mask(trial, step, k) == 0) return false;
  return true;
}

// Calls visit(trial, step) wherever every output is observed.
template <typename Scalar, typename Visit>
void for_each_observed_step(const Point<Scalar>& point, Visit visit) {
  for (Index trial = 0; trial < point.batch.layout().trials; ++trial)
    for (Index step = 1; step <= point.batch.layout().steps; ++step)
      if (all_observed(point, trial, step)) visit(trial, step);
}

// The mean of the posterior is the minimum of nu'Q^-1 nu + (e - C nu)'R^-1 (e - C nu).
template <typename Scalar>
Measurement greedy_is_minimum(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, batch, noise] = point;
    const auto& C = network.parameters.C;
    infer<Scalar>(GreedyPosterior<Scalar>{noise}, network, batch, trajectory);
    const Matrix<Scalar> identity = Matrix<Scalar>::Identity(network.units(), network.units());
    const Matrix<Scalar> Q_inverse = cholesky(noise.Q).solve(identity);
    const Matrix<Scalar> Rinv_C = cholesky(noise.R).solve(C);
    const auto curvature = cholesky<Scalar>(Q_inverse + C.transpose() * Rinv_C);
    for_each_observed_step(point, [&](Index trial, Index step) {
      const Vector<Scalar> pull = Rinv_C.transpose() * column(trajectory.errors, trial, step);
      const Vector<Scalar> minimum = curvature.solve(pull);
      found.include(distance(column(trajectory.displacements, trial, step), minimum), name);
    });
  });
}

template <typename Scalar>
Measurement error_forcing_is_greedy(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, batch, noise] = point;
    if (name == "partial masks") return;  // EF forces with the whole C+, (E3) with C_o
    const Scalar sigma_h(0.8), sigma_y(0.5);
    const Scalar ridge = sigma_y * sigma_y / (sigma_h * sigma_h);
    infer<Scalar>(ErrorForcing<Scalar>{Scalar(1), ridge}, network, batch, trajectory);
    auto greedy = make_trajectory(network, batch);
    const auto isotropic = isotropic_noise(network.units(), network.outputs(), sigma_h, sigma_y);
    infer<Scalar>(GreedyPosterior<Scalar>{isotropic}, network, batch, greedy);
    found.include(static_cast<double>(relative_distance(trajectory.states, greedy.states)), name);
  });
}

template <typename Scalar>
Measurement teacher_forcing_reaches_minimum_norm(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, batch, noise] = point;
    const ZeroErrorManifold<Scalar> manifold(network.parameters.C, network.parameters.d);
    infer<Scalar>(TeacherForcing<Scalar>{Scalar(1)}, network, batch, trajectory);
    for_each_observed_step(point, [&](Index trial, Index step) {
      const auto nearest = manifold.minimum_norm_point(column(batch.targets, trial, step));
      found.include(distance(column(trajectory.states, trial, step), nearest), name);
    });
  });
}

// I1 and the first half of I2 are about matrices alone.
template <typename Scalar>
Measurement innovation_identity(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [&](const auto& point, auto&, auto& found) {
    const auto& [name, network, batch, noise] = point;
    const auto& C = network.parameters.C;
    const Matrix<Scalar> K = kalman_gain(C, noise);
    auto engine = random_engine(seed, 11);
    const Matrix<Scalar> e = normal_matrix(engine, C.rows(), 4).template cast<Scalar>();
    const Matrix<Scalar> left = cholesky(noise.R).solve(e - C * (K * e));
    const Matrix<Scalar> right = cholesky(innovation_covariance(C, noise)).solve(e);
    found.include(distance(left, right), name);
  });
}

template <typename Scalar>
Measurement gain_is_local(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto&, auto& found) {
    const auto& [name, network, batch, noise] = point;
    const auto& C = network.parameters.C;
    const Matrix<Scalar> left = cholesky(noise.Q).solve(kalman_gain(C, noise));
    const auto S = cholesky(innovation_covariance(C, noise));
    const Matrix<Scalar> right = S.solve(C).transpose();
    found.include(distance(left, right), name);
  });
}

// The reparameterised gradient with lambda_t = C' R^-1 r_t: what is left of (S2) without J.
template <typename Scalar>
Parameters<Scalar> one_step_truncation(const Point<Scalar>& point,
                                       const Trajectory<Scalar>& trajectory) {
  const auto& [name, network, batch, noise] = point;
  const auto& C = network.parameters.C;
  const auto R = cholesky(noise.R);
  auto gradient = zero_like(network.parameters);
  for_each_observed_step(point, [&](Index trial, Index step) {
    const Vector<Scalar> h = column(trajectory.states, trial, step);
    const Vector<Scalar> residual =
        column(batch.targets, trial, step) - C * h - network.parameters.d;
    const Vector<Scalar> weighted = R.solve(residual);
    const Vector<Scalar> lambda = network.leak * C.transpose() * weighted;
    gradient.W += lambda * column(trajectory.activity, trial, step - 1).transpose();
    gradient.U += lambda * column(batch.inputs, trial, step).transpose();
    gradient.b += lambda;
    gradient.C += weighted * h.transpose();
    gradient.d += weighted;
  });
  return gradient;
}

template <typename Scalar>
Measurement local_is_truncation(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, batch, noise] = point;
    if (name == "partial masks") return;  // the truncation above reads whole steps
    infer<Scalar>(GreedyPosterior<Scalar>{noise}, network, batch, trajectory);
    const auto local = ascent_direction(Local<Scalar>{noise}, network, batch, trajectory);
    found.include(
        static_cast<double>(relative_distance(local, one_step_truncation(point, trajectory))),
        name);
  });
}

// (1-c)/sigma_y^2 times (S3), with the extra term of dC.
template <typename Scalar>
Measurement forms_agree(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, batch, noise] = point;
    const Scalar c(0.3), variance(0.49);
    infer<Scalar>(ErrorForcing<Scalar>{c}, network, batch, trajectory);
    const Index outputs = network.outputs();
    const Matrix<Scalar> R = variance * Matrix<Scalar>::Identity(outputs, outputs);
    const auto reparameterised =
        ascent_direction(Reparameterised<Scalar>{R}, network, batch, trajectory);
    const auto paper = ascent_direction(PaperForm{}, network, batch, trajectory);

    auto predicted = zero_like(network.parameters);
    add_scaled(predicted, Scalar((1 - c) / variance), paper);
    Matrix<Scalar> squares = Matrix<Scalar>::Zero(outputs, outputs);  // sum e_t e_t'
    for (Index trial = 0; trial < batch.layout().trials; ++trial)
      for (Index step = 1; step <= batch.layout().steps; ++step) {
        const auto e = column(trajectory.errors, trial, step);
        squares += e * e.transpose();
      }
    predicted.C +=
        (1 - c) / variance * c * squares * pseudoinverse(network.parameters.C).inverse.transpose();
    found.include(static_cast<double>(relative_distance(reparameterised, predicted)), name);
  });
}

}  // namespace

std::vector<Definition> identity_claims() {
  return {
      {{"E3", "greedy posterior mean = minimum of nu'Q^-1 nu + (e - C nu)'R^-1 (e - C nu)",
        "K e, P x P Cholesky | N x N normal equations"},
       rounding,
       IN_DOUBLE_AND_QUAD(greedy_is_minimum)},
      {{"E1-E3", "EF with c = 1, rho = sigma_y^2/sigma_h^2 is the greedy posterior",
        "singular values | Cholesky of S"},
       rounding,
       IN_DOUBLE_AND_QUAD(error_forcing_is_greedy)},
      {{"E2-G3", "TF with c = 1 puts the state at the point of M_t nearest the origin",
        "rollout | geometry"},
       rounding,
       IN_DOUBLE_AND_QUAD(teacher_forcing_reaches_minimum_norm)},
      {{"I1", "R^-1 (e - C K e) = S^-1 e", "solve with R | solve with S"},
       rounding,
       IN_DOUBLE_AND_QUAD(innovation_identity)},
      {{"I2", "Q^-1 K = C' S^-1", "solve with Q | solve with S"},
       rounding,
       IN_DOUBLE_AND_QUAD(gain_is_local)},
      {{"I2-rule",
        "greedy E-step, local M-step = one-step truncation of the reparameterised M-step",
        "(S4) | (S2) without J"},
       rounding,
       IN_DOUBLE_AND_QUAD(local_is_truncation)},
      {{"I3", "EF, rho = 0: (S2) = (1-c)/sigma_y^2 (S3), dC with c sum e e' C+' besides",
        "(S2) | (S3)"},
       rounding,
       IN_DOUBLE_AND_QUAD(forms_agree)},
  };
}

}  // namespace error_forcing::certification
