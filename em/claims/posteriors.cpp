// Claims about posteriors: the filter, the smoother's three forms, and MAP, where the local M-step
// is back-propagation.

#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/expected_statistics.hpp>
#include <error_forcing/map_trajectory.hpp>
#include <error_forcing/non_centred_gradient.hpp>
#include <error_forcing/output_jacobian.hpp>
#include <error_forcing/statistics.hpp>

#include "models.hpp"

namespace error_forcing::certification {

namespace {

template <typename Scalar>
Matrix<Scalar> no_noise(const ModelPoint<Scalar>& point, const ObservedTrial<Scalar>& trial) {
  return Matrix<Scalar>::Zero(point.model.network.units(), trial.steps() + 1);
}

// log N of all observed outputs at once, their covariance from adjoints alone.
template <typename Scalar>
Measurement filter_is_joint_gaussian(std::uint64_t seed) {
  return at_every_model(linear_models<Scalar>(seed), [](const auto& point, auto& found) {
    for_each_trial(point, [&](const auto& trial) {
      const auto states = displaced_states(point.model.network, trial, no_noise(point, trial));
      const Vector<Scalar> residual = observed_residual(point.model, trial, states);
      if (residual.size() == 0) return;
      const Matrix<Scalar> covariance =
          output_gram(point.model, trial, states) + observed_covariance(point.model, trial);
      const Scalar joint = log_normal(residual, covariance);
      const Scalar filtered = log_evidence(kalman_filter(point.model, trial));
      using std::abs;
      found.include(static_cast<double>(abs(filtered - joint) / abs(joint)), point.name);
    });
  });
}

template <typename Scalar>
double posterior_distance(const GaussianPosterior<Scalar>& a, const GaussianPosterior<Scalar>& b) {
  double worst = distance(a.mean, b.mean);
  for (std::size_t t = 1; t < a.covariance.size(); ++t) {
    worst = std::max(worst, distance(a.covariance[t], b.covariance[t]));
    if (t > 1) worst = std::max(worst, distance(a.lag_one[t], b.lag_one[t]));
  }
  return worst;
}

template <typename Scalar>
Measurement smoothers_agree(std::uint64_t seed) {
  return at_every_model(linear_models<Scalar>(seed), [](const auto& point, auto& found) {
    for_each_trial(point, [&](const auto& trial) {
      const auto filtered = kalman_filter(point.model, trial);
      const auto rts = rts_smoother(filtered);
      found.include(posterior_distance(adjoint_smoother(filtered).states, rts),
                    point.name + ", adjoint");
      found.include(posterior_distance(dual_smoother(point.model, trial), rts),
                    point.name + ", dual");
    });
  });
}

// At noises that are far from stationary, where the two forms share nothing.
template <typename Scalar>
Measurement gauss_newton_forms_agree(std::uint64_t seed) {
  return at_every_model(nonlinear_models<Scalar>(seed), [&](const auto& point, auto& found) {
    auto engine = random_engine(seed, 42);
    for_each_trial(point, [&](const auto& trial) {
      Matrix<Scalar> noises =
          normal_matrix(engine, point.model.network.units(), trial.steps() + 1, 0.5)
              .template cast<Scalar>();
      noises.col(0).setZero();
      const auto dual = gauss_newton_target(MapForm::dual, point.model, trial, noises);
      const auto smoother = gauss_newton_target(MapForm::smoother, point.model, trial, noises);
      found.include(distance(dual, smoother), point.name);
    });
  });
}

// One step from zero noise is the exact posterior mean.
template <typename Scalar>
Measurement map_is_posterior_mean(std::uint64_t seed) {
  return at_every_model(linear_models<Scalar>(seed), [](const auto& point, auto& found) {
    for_each_trial(point, [&](const auto& trial) {
      const auto noises =
          gauss_newton_target(MapForm::dual, point.model, trial, no_noise(point, trial));
      const Matrix<Scalar> nu = noise_factor(point.model.noise.Q) * noises;
      const auto states = displaced_states(point.model.network, trial, nu);
      found.include(distance(states, rts_smoother(kalman_filter(point.model, trial)).mean),
                    point.name);
    });
  });
}

template <typename Scalar>
Parameters<Scalar> local_gradient(const GenerativeModel<Scalar>& model,
                                  const ObservedTrial<Scalar>& trial,
                                  const Matrix<Scalar>& states) {
  auto statistics = empty_statistics(model.network);
  add_paths(model.network, trial, point_path(states), statistics);
  return centred_gradient(model, statistics);
}

template <typename Scalar>
Measurement local_is_backpropagation_at_map(std::uint64_t seed) {
  MapTrajectory search;
  search.tolerance = std::is_same_v<Scalar, double> ? 1e-12 : 1e-29;
  return at_every_model(nonlinear_models<Scalar>(seed), [&](const auto& point, auto& found) {
    for_each_trial(point, [&](const auto& trial) {
      const auto path = map_trajectory(search, point.model, trial);
      if (!path.converged)
        found.trouble = fmt::format("{}: MAP stopped at stationarity {:.1e}", point.name,
                                    static_cast<double>(path.stationarity));
      found.include(static_cast<double>(
                        relative_distance(local_gradient(point.model, trial, path.states),
                                          non_centred_gradient(point.model, trial, path.states))),
                    point.name);
    });
  });
}

// Away from stationarity the gap is sum (Q^-1 nu_t - lambda_t) dF/dtheta.
template <typename Scalar>
Measurement gap_is_stationarity_residual(std::uint64_t seed) {
  return at_every_model(nonlinear_models<Scalar>(seed), [&](const auto& point, auto& found) {
    auto engine = random_engine(seed, 43);
    const auto& [network, noise] = point.model;
    for_each_trial(point, [&](const auto& trial) {
      const Matrix<Scalar> nu =
          normal_matrix(engine, network.units(), trial.steps() + 1, 0.4).template cast<Scalar>();
      const auto states = displaced_states(network, trial, nu);
      auto gap = local_gradient(point.model, trial, states);
      add_scaled(gap, Scalar(-1), non_centred_gradient(point.model, trial, states));
      const auto mu =
          weighted_by_precision(point.model, trial, observed_residual(point.model, trial, states));
      const Matrix<Scalar> residual =
          cholesky(noise.Q).solve(nu) - output_adjoint(network, trial, states, mu);
      auto predicted = zero_like(network.parameters);
      for (Index t = 1; t <= trial.steps(); ++t) {
        const Vector<Scalar> driven = network.leak * residual.col(t);
        predicted.W += driven * activity_of<Scalar>(network, states.col(t - 1)).transpose();
        predicted.U += driven * trial.inputs.col(t).transpose();
        predicted.b += driven;
      }
      gap.C.setZero();  // the same in both: judged by I4 itself
      gap.d.setZero();
      found.include(static_cast<double>(relative_distance(gap, predicted)), point.name);
    });
  });
}

}  // namespace

std::vector<Definition> posterior_claims() {
  return {
      {{"E4", "linear: sum log N(e_t; 0, S_t) = log N of all observed outputs at once",
        "Kalman filter | Gram matrix of adjoints"},
       rounding,
       IN_DOUBLE_AND_QUAD(filter_is_joint_gaussian)},
      {{"E5", "a Gauss-Newton step of MAP: dual form = smoother form, any path",
        "G G' + R by adjoint passes | RTS of the linearised model"},
       rounding,
       IN_DOUBLE_AND_QUAD(gauss_newton_forms_agree)},
      {{"E5-E6", "linear: one step of MAP is the exact posterior mean",
        "dual form | Kalman filter and RTS"},
       rounding,
       IN_DOUBLE_AND_QUAD(map_is_posterior_mean)},
      {{"E6", "exact posterior: means, covariances and lag-one covariances agree in three forms",
        "adjoint, dual | RTS"},
       rounding,
       IN_DOUBLE_AND_QUAD(smoothers_agree)},
      {{"I4", "at the MAP trajectory the local M-step is back-propagation", "(S4) | (S2)"},
       {1e-10, 1e-27},
       IN_DOUBLE_AND_QUAD(local_is_backpropagation_at_map)},
      {{"I4-gap", "away from it they differ by sum (Q^-1 nu_t - lambda_t) dF/dtheta",
        "(S4) - (S2) | stationarity residual"},
       rounding,
       IN_DOUBLE_AND_QUAD(gap_is_stationarity_residual)},
  };
}

}  // namespace error_forcing::certification
