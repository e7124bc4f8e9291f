// Claims about the evidence: Fisher's identity, and the loss of forcing as a bound on it.

#include <error_forcing/cholesky.hpp>
#include <error_forcing/expected_statistics.hpp>
#include <error_forcing/finite_difference.hpp>
#include <error_forcing/greedy_posterior.hpp>
#include <error_forcing/non_centred_gradient.hpp>
#include <error_forcing/quadrature.hpp>
#include <error_forcing/smoother.hpp>
#include <error_forcing/statistics.hpp>

#include "models.hpp"

namespace error_forcing::certification {

namespace {

template <typename Scalar>
Scalar kalman_evidence(const GenerativeModel<Scalar>& model, const Batch<Scalar>& batch) {
  Scalar sum(0);
  for (Index k = 0; k < batch.layout().trials; ++k)
    sum += log_evidence(kalman_filter(model, trial_of(batch, k)));
  return sum;
}

template <typename Scalar>
Parameters<Scalar> adjoint_score(const GenerativeModel<Scalar>& model, const Batch<Scalar>& batch) {
  auto score = zero_like(model.network.parameters);
  for (Index k = 0; k < batch.layout().trials; ++k) {
    const auto trial = trial_of(batch, k);
    add_scaled(score, Scalar(1),
               exact_score(model, trial, adjoint_smoother(kalman_filter(model, trial))));
  }
  return score;
}

template <typename Scalar>
GenerativeModel<Scalar> with(const GenerativeModel<Scalar>& model,
                             const Parameters<Scalar>& parameters) {
  auto moved = model;
  moved.network.parameters = parameters;
  return moved;
}

template <typename Scalar>
Measurement fisher_in_both_forms(std::uint64_t seed) {
  return at_every_model(linear_models<Scalar>(seed), [](const auto& point, auto& found) {
    auto statistics = empty_statistics(point.model.network);
    for_each_trial(point, [&](const auto& trial) {
      add_posterior(point.model.network, trial, rts_smoother(kalman_filter(point.model, trial)),
                    statistics);
    });
    found.include(static_cast<double>(relative_distance(adjoint_score(point.model, point.batch),
                                                        centred_gradient(point.model, statistics))),
                  point.name);
  });
}

template <typename Scalar>
Measurement score_differences(std::uint64_t seed) {
  return at_every_model(linear_models<Scalar>(seed), [](const auto& point, auto& found) {
    const auto estimate = finite_difference<Scalar>(
        [&](const Parameters<Scalar>& p) {
          return kalman_evidence(with(point.model, p), point.batch);
        },
        point.model.network.parameters);
    include_gradient<Scalar>(adjoint_score(point.model, point.batch), estimate, point.name, found);
  });
}

GenerativeModel<double> one_unit(Activation activation) {
  Network<double> network{zero_parameters<double>(1, 1, 2), 0.7, activation};
  network.parameters.W << 1.3;
  network.parameters.U << 0.4;
  network.parameters.b << 0.1;
  network.parameters.C << 0.9, -0.4;
  network.parameters.d << 0.2, -0.1;
  network.initial_state = Vector<double>::Constant(1, 0.3);
  Matrix<double> R(2, 2);
  R << 0.3, 0.1, 0.1, 0.4;
  return {network, {Matrix<double>::Constant(1, 1, 0.5), R}};
}

// Quadrature is done in double whatever the precision of the report.
Measurement one_unit_score(std::uint64_t seed) {
  constexpr Quadrature rule{.reach = 9, .panel = 2.5};  // mass 1e-18 outside; converged to 1e-12
  Measurement found;
  for (const auto activation : {Activation::tanh, Activation::softplus}) {
    const auto model = one_unit(activation);
    auto engine = random_engine(seed, 44);
    auto batch = zero_batch<double>(tiled(1, 3), 1, 2);
    batch.mask.fill(1);
    batch.inputs.fill(0.5);
    auto trajectory = make_trajectory(model.network, batch);
    simulate(model, engine, batch, trajectory);
    const auto trial = trial_of(batch, 0);
    const auto estimate = finite_difference<double>(
        [&](const Parameters<double>& p) {
          return quadrature_posterior(rule, with(model, p), trial).log_evidence;
        },
        model.network.parameters);
    include_gradient(quadrature_posterior(rule, model, trial).score, estimate,
                     to_string(activation), found);
  }
  return found;
}

// One path of a filter with proposal (E3): both sides of (I8), with every constant.
template <typename Scalar>
Measurement importance_weights(std::uint64_t seed) {
  return at_every_model(nonlinear_models<Scalar>(seed), [&](const auto& point, auto& found) {
    auto engine = random_engine(seed, 45);
    const auto& [network, noise] = point.model;
    const Index N = network.units();
    const Matrix<Scalar> L = noise_factor(noise.Q), identity = Matrix<Scalar>::Identity(N, N);
    for_each_trial(point, [&](const auto& trial) {
      Scalar ratio(0), innovations(0);
      Vector<Scalar> h = initial_state(network);
      for (Index t = 1; t <= trial.steps(); ++t) {
        const Vector<Scalar> eps = normal_matrix(engine, N, 1).template cast<Scalar>();
        const Vector<Scalar> u = transition<Scalar>(network, h, trial.inputs.col(t));
        h = u + L * eps;
        const auto seen = observation_at(point.model, trial, t);
        if (seen.empty()) continue;
        const Vector<Scalar> e = seen.target - seen.C * u - seen.d;
        const Matrix<Scalar> C_L = seen.C * L, S = C_L * C_L.transpose() + seen.R;
        const auto factor = cholesky(S);
        const Vector<Scalar> centre = C_L.transpose() * factor.solve(e);
        const Matrix<Scalar> V = identity - C_L.transpose() * factor.solve(C_L);
        ratio += log_normal<Scalar>(seen.target - seen.C * h - seen.d, seen.R) +
                 log_normal<Scalar>(eps, identity) - log_normal<Scalar>(eps - centre, V);
        innovations += log_normal<Scalar>(e, S);
      }
      using std::abs;
      if (innovations != 0)
        found.include(static_cast<double>(abs(ratio - innovations) / abs(innovations)), point.name);
    });
  });
}

// -1/2 sum e'S(C)^-1 e along frozen displacements, S moving with C.
template <typename Scalar>
Scalar weighted_forcing_loss(const GenerativeModel<Scalar>& model,
                             const ObservedTrial<Scalar>& trial,
                             const Matrix<Scalar>& displacements) {
  Scalar sum(0);
  Vector<Scalar> h = initial_state(model.network);
  for (Index t = 1; t <= trial.steps(); ++t) {
    const Vector<Scalar> u = transition<Scalar>(model.network, h, trial.inputs.col(t));
    const auto seen = observation_at(model, trial, t);
    if (!seen.empty()) {
      const auto S = cholesky(innovation_covariance<Scalar>(seen.C, {model.noise.Q, seen.R}));
      sum -= S.whiten(seen.target - seen.C * u - seen.d).squaredNorm() / 2;
    }
    h = u + displacements.col(t);
  }
  return sum;
}

template <typename Scalar>
Measurement forcing_loss_is_elbo(std::uint64_t seed) {
  return at_every_model(nonlinear_models<Scalar>(seed), [](const auto& point, auto& found) {
    auto trajectory = make_trajectory(point.model.network, point.batch);
    infer(GreedyPosterior<Scalar>{point.model.noise}, point.model.network, point.batch, trajectory);
    const auto trial = trial_of(point.batch, 0);
    Matrix<Scalar> states(point.model.network.units(), trial.steps() + 1);
    for (Index t = 0; t <= trial.steps(); ++t) states.col(t) = trajectory.states.at(0, t).col(0);
    const auto nu = displacements_of(point.model.network, trial, states);
    const auto estimate = finite_difference<Scalar>(
        [&](const Parameters<Scalar>& p) {
          return weighted_forcing_loss(with(point.model, p), trial, nu);
        },
        point.model.network.parameters);
    include_gradient<Scalar>(non_centred_gradient(point.model, trial, states), estimate, point.name,
                             found);
  });
}

}  // namespace

std::vector<Definition> evidence_claims() {
  return {
      {{"I5", "Fisher, linear: E[grad l_nc] = E[grad l_c] over the exact posterior",
        "adjoint and its covariance | RTS moments"},
       rounding,
       IN_DOUBLE_AND_QUAD(fisher_in_both_forms)},
      {{"I5-score", "and both are the gradient of the log evidence",
        "adjoint and its covariance | differences of the Kalman evidence"},
       differences,
       IN_DOUBLE_AND_QUAD(score_differences)},
      {{"I5-N1", "Fisher, one nonlinear unit, T = 3 (in double)",
        "E[grad l_c] by quadrature | differences of the evidence by quadrature"},
       {differences.in_double, differences.in_double},
       &one_unit_score,
       &one_unit_score},
      {{"I8", "per path: log p(y*, eps) - log q(eps) = sum log N(e_t; 0, S), q greedy",
        "three densities | innovations"},
       rounding,
       IN_DOUBLE_AND_QUAD(importance_weights)},
      {{"I8-grad", "mean path, nu frozen: grad(-1/2 sum e'S(C)^-1 e) = grad l_nc in every block",
        "(S2) | differences"},
       differences,
       IN_DOUBLE_AND_QUAD(forcing_loss_is_elbo)},
  };
}

}  // namespace error_forcing::certification
