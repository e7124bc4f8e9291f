#include <cmath>
#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/greedy_posterior.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/map_trajectory.hpp>
#include <error_forcing/output_jacobian.hpp>
#include <error_forcing/smoother.hpp>
#include <optional>

namespace error_forcing {

namespace {

// A point of the search: the noises, what they cause, and the gradient of E there.
template <typename Scalar>
struct Iterate {
  Matrix<Scalar> noises, states, gradient;  // gradient = eps - L' lambda
  Scalar energy;

  Scalar stationarity() const {
    using std::max;
    return gradient.norm() / max(Scalar(1), noises.norm());
  }
};

template <typename Scalar>
struct Problem {
  const GenerativeModel<Scalar>& model;
  Matrix<Scalar> L;  // of Q
  const ObservedTrial<Scalar>& trial;
};

template <typename Scalar>
Matrix<Scalar> weighted_adjoint(const Problem<Scalar>& problem, const Matrix<Scalar>& states) {
  const auto& [model, L, trial] = problem;
  const auto residual = observed_residual(model, trial, states);
  const auto mu = weighted_by_precision(model, trial, residual);
  return output_adjoint(model.network, trial, states, mu);
}

template <typename Scalar>
Scalar energy_of(const Problem<Scalar>& problem, const Matrix<Scalar>& noises,
                 const Matrix<Scalar>& states) {
  const auto residual = observed_residual(problem.model, problem.trial, states);
  const auto weighted = weighted_by_precision(problem.model, problem.trial, residual);
  return (noises.squaredNorm() + residual.dot(weighted)) / 2;
}

// Infinity where the states are not finite, so that a line search shortens its step.
template <typename Scalar>
Scalar energy_at(const Problem<Scalar>& problem, const Matrix<Scalar>& noises) {
  const auto& [model, L, trial] = problem;
  try {
    return energy_of(problem, noises, displaced_states<Scalar>(model.network, trial, L * noises));
  } catch (const Divergence&) {
    return std::numeric_limits<Scalar>::infinity();
  }
}

template <typename Scalar>
Iterate<Scalar> iterate_at(const Problem<Scalar>& problem, const Matrix<Scalar>& noises) {
  const auto& [model, L, trial] = problem;
  Iterate<Scalar> result;
  result.noises = noises;
  result.states = displaced_states<Scalar>(model.network, trial, L * noises);
  result.energy = energy_of(problem, noises, result.states);
  result.gradient = noises - L.transpose() * weighted_adjoint(problem, result.states);
  return result;
}

template <typename Scalar>
Matrix<Scalar> dual_target(const Problem<Scalar>& problem, const Matrix<Scalar>& noises,
                           const Matrix<Scalar>& states) {
  const auto& [model, L, trial] = problem;
  const auto gram =
      cholesky<Scalar>(output_gram(model, trial, states) + observed_covariance(model, trial));
  require(gram.positive_definite, "G G' + R: not positive definite; raise sigma_y");
  const Vector<Scalar> right = observed_residual(model, trial, states) +
                               output_tangent<Scalar>(model.network, trial, states, L * noises);
  const Vector<Scalar> mu = gram.solve(right);
  return L.transpose() * output_adjoint(model.network, trial, states, mu);
}

template <typename Scalar>
Matrix<Scalar> smoother_target(const Problem<Scalar>& problem, const Matrix<Scalar>& states) {
  const auto& [model, L, trial] = problem;
  const auto Q = cholesky(model.noise.Q);
  require(Q.positive_definite,
          "Q: not positive definite, which the smoother form of MAP needs; use the dual form");
  const auto filtered = linearised_filter(model, trial, states);
  const auto posterior = rts_smoother(filtered);
  Matrix<Scalar> nu = Matrix<Scalar>::Zero(states.rows(), states.cols());
  for (Index t = 1; t <= trial.steps(); ++t) {
    const auto& J = filtered[static_cast<std::size_t>(t)].jacobian;
    const Vector<Scalar> predicted =
        transition<Scalar>(model.network, states.col(t - 1), trial.inputs.col(t)) +
        J * (posterior.mean.col(t - 1) - states.col(t - 1));
    nu.col(t) = posterior.mean.col(t) - predicted;
  }
  return Q.whiten(nu);
}

template <typename Scalar>
Matrix<Scalar> target_of(MapForm form, const Problem<Scalar>& problem, const Iterate<Scalar>& at) {
  return form == MapForm::dual ? dual_target(problem, at.noises, at.states)
                               : smoother_target(problem, at.states);
}

// The first of alpha = 1, 1/2, 1/4, ... that lowers E as Armijo asks; nothing if none does.
template <typename Scalar>
std::optional<Matrix<Scalar>> armijo(const Problem<Scalar>& problem, const Iterate<Scalar>& at,
                                     const Matrix<Scalar>& step) {
  const Scalar slope = at.gradient.cwiseProduct(step).sum();
  Scalar alpha(1);
  for (int halvings = 0; halvings < 40; ++halvings, alpha /= 2) {
    const Matrix<Scalar> noises = at.noises + alpha * step;
    if (energy_at(problem, noises) <= at.energy + alpha * slope / 10000) return noises;
  }
  return std::nullopt;
}

template <typename Scalar>
bool close(Scalar a, Scalar b) {
  using std::abs;
  return abs(a - b) <= 100 * std::numeric_limits<Scalar>::epsilon() * (abs(a) + abs(b));
}

// Where E no longer resolves a decrease: the first of alpha = 1, 1/2, ... that reduces the
// gradient.
template <typename Scalar>
bool polish(const Problem<Scalar>& problem, const Matrix<Scalar>& step, Iterate<Scalar>& at) {
  Scalar alpha(1);
  for (int halvings = 0; halvings < 12; ++halvings, alpha /= 2) {
    const Matrix<Scalar> noises = at.noises + alpha * step;
    if (!close(energy_at(problem, noises), at.energy)) continue;
    auto next = iterate_at(problem, noises);
    if (!(next.stationarity() < at.stationarity())) continue;
    at = std::move(next);
    return true;
  }
  return false;
}

// One step: a decrease of E, or a smaller gradient.
template <typename Scalar>
bool advance(MapForm form, const Problem<Scalar>& problem, Iterate<Scalar>& at) {
  const Matrix<Scalar> step = target_of(form, problem, at) - at.noises;
  if (const auto noises = armijo(problem, at, step)) {
    auto next = iterate_at(problem, *noises);
    if (!close(next.energy, at.energy)) {
      at = std::move(next);
      return true;
    }
  }
  return polish(problem, step, at);
}

// The greedy posterior (E3) along one trial.
template <typename Scalar>
Matrix<Scalar> greedy_start(const Problem<Scalar>& problem) {
  const auto& [model, L, trial] = problem;
  Matrix<Scalar> noises = Matrix<Scalar>::Zero(model.network.units(), trial.steps() + 1);
  Vector<Scalar> h = initial_state(model.network);
  for (Index t = 1; t <= trial.steps(); ++t) {
    h = transition<Scalar>(model.network, h, trial.inputs.col(t));
    const auto seen = observation_at(model, trial, t);
    if (seen.empty()) continue;
    const Noise<Scalar> noise{model.noise.Q, seen.R};
    const auto S = cholesky(innovation_covariance(seen.C, noise));
    require(S.positive_definite,
            "step {}: C Q C' + R is not positive definite; raise sigma_y or sigma_h", t);
    const Vector<Scalar> e = seen.target - seen.C * h - seen.d;
    noises.col(t) = L.transpose() * (seen.C.transpose() * S.solve(e));
    h += L * noises.col(t);
  }
  return noises;
}

template <typename Scalar>
std::vector<Matrix<Scalar>> starts(const MapTrajectory& e_step, const Problem<Scalar>& problem) {
  const Index units = problem.model.network.units(), columns = problem.trial.steps() + 1;
  std::vector<Matrix<Scalar>> result{greedy_start(problem), Matrix<Scalar>::Zero(units, columns)};
  auto engine = random_engine(e_step.seed);
  for (Index k = 0; k < e_step.random_starts; ++k) {
    result.push_back(normal_matrix(engine, units, columns).template cast<Scalar>());
    result.back().col(0).setZero();
  }
  return result;
}

template <typename Scalar>
MapPath<Scalar> descend(const MapTrajectory& e_step, const Problem<Scalar>& problem,
                        const Matrix<Scalar>& start) {
  auto at = iterate_at(problem, start);
  Index iteration = 0;
  while (iteration < e_step.iterations && advance(e_step.form, problem, at)) ++iteration;
  MapPath<Scalar> path;
  path.noises = at.noises;
  path.states = at.states;
  path.energy = at.energy;
  path.stationarity = at.stationarity();
  path.iterations = iteration;
  path.converged = path.stationarity <= Scalar(e_step.tolerance);
  return path;
}

// -E - 1/2 log |I + G' R^-1 G| - 1/2 sum log |2 pi R| = -E - 1/2 log |2 pi (G G' + R)|
template <typename Scalar>
Scalar laplace_evidence(const Problem<Scalar>& problem, const MapPath<Scalar>& path) {
  using std::acos;
  using std::log;
  const auto R = observed_covariance(problem.model, problem.trial);
  const auto gram = cholesky<Scalar>(output_gram(problem.model, problem.trial, path.states) + R);
  const auto n = static_cast<Scalar>(R.rows());
  return -path.energy - (gram.log_determinant() + n * log(2 * acos(Scalar(-1)))) / 2;
}

}  // namespace

template <typename Scalar>
Scalar energy(const GenerativeModel<Scalar>& model, const ObservedTrial<Scalar>& trial,
              const Matrix<Scalar>& noises) {
  return energy_at<Scalar>({model, noise_factor(model.noise.Q), trial}, noises);
}

template <typename Scalar>
Scalar stationarity(const GenerativeModel<Scalar>& model, const ObservedTrial<Scalar>& trial,
                    const Matrix<Scalar>& noises) {
  const Problem<Scalar> problem{model, noise_factor(model.noise.Q), trial};
  return iterate_at(problem, noises).stationarity();
}

namespace {

template <typename Scalar>
MapPath<Scalar> best_of(const MapTrajectory& e_step, const Problem<Scalar>& problem,
                        const std::vector<Matrix<Scalar>>& starts) {
  require(e_step.iterations >= 1 && e_step.random_starts >= 0,
          "MAP: want iterations >= 1 and random starts >= 0, got {} and {}", e_step.iterations,
          e_step.random_starts);
  std::optional<MapPath<Scalar>> best;
  for (const auto& start : starts) {
    auto path = descend(e_step, problem, start);
    if (!best || path.energy < best->energy) best = std::move(path);
  }
  best->log_evidence = laplace_evidence(problem, *best);
  return *best;
}

}  // namespace

template <typename Scalar>
MapPath<Scalar> map_trajectory(const MapTrajectory& e_step, const GenerativeModel<Scalar>& model,
                               const ObservedTrial<Scalar>& trial) {
  const Problem<Scalar> problem{model, noise_factor(model.noise.Q), trial};
  return best_of(e_step, problem, starts(e_step, problem));
}

template <typename Scalar>
MapPath<Scalar> map_trajectory_from(const MapTrajectory& e_step,
                                    const GenerativeModel<Scalar>& model,
                                    const ObservedTrial<Scalar>& trial,
                                    const Matrix<Scalar>& start) {
  const Problem<Scalar> problem{model, noise_factor(model.noise.Q), trial};
  return best_of<Scalar>(e_step, problem, {start});
}

template <typename Scalar>
Matrix<Scalar> gauss_newton_target(MapForm form, const GenerativeModel<Scalar>& model,
                                   const ObservedTrial<Scalar>& trial,
                                   const Matrix<Scalar>& noises) {
  const Problem<Scalar> problem{model, noise_factor(model.noise.Q), trial};
  return target_of(form, problem, iterate_at(problem, noises));
}

#define INSTANTIATE(Scalar)                                                                     \
  template Scalar stationarity(const GenerativeModel<Scalar>&, const ObservedTrial<Scalar>&,    \
                               const Matrix<Scalar>&);                                          \
  template Scalar energy(const GenerativeModel<Scalar>&, const ObservedTrial<Scalar>&,          \
                         const Matrix<Scalar>&);                                                \
  template MapPath<Scalar> map_trajectory(const MapTrajectory&, const GenerativeModel<Scalar>&, \
                                          const ObservedTrial<Scalar>&);                        \
  template MapPath<Scalar> map_trajectory_from(                                                 \
      const MapTrajectory&, const GenerativeModel<Scalar>&, const ObservedTrial<Scalar>&,       \
      const Matrix<Scalar>&);                                                                   \
  template Matrix<Scalar> gauss_newton_target(MapForm, const GenerativeModel<Scalar>&,          \
                                              const ObservedTrial<Scalar>&,                     \
                                              const Matrix<Scalar>&);
ERROR_FORCING_FOR_DOUBLE_AND_QUAD(INSTANTIATE)

}  // namespace error_forcing
