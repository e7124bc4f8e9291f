#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/inference.hpp>
#include <error_forcing/non_centred_gradient.hpp>
#include <error_forcing/posterior_sampling.hpp>

namespace error_forcing {

namespace {

Matrix<double> diagonals(const std::vector<Matrix<double>>& covariances) {
  Matrix<double> result(covariances[0].rows(), static_cast<Index>(covariances.size()));
  for (std::size_t t = 0; t < covariances.size(); ++t)
    result.col(static_cast<Index>(t)) = covariances[t].diagonal();
  return result;
}

// The rules of the rollout work on the whole batch.
template <typename Rule>
Inference infer_rule(const Rule& rule, const GenerativeModel<double>& model,
                     const Batch<double>& batch) {
  auto trajectory = make_trajectory(model.network, batch);
  infer<double>(rule, model.network, batch, trajectory);
  Inference result;
  for (Index k = 0; k < batch.layout().trials; ++k)
    result.push_back({columns_of(trajectory.states, k), columns_of(trajectory.displacements, k)});
  return result;
}

TrialInference infer_trial(const KalmanFilter&, const GenerativeModel<double>& model,
                           const ObservedTrial<double>& trial, Index) {
  const auto filtered = kalman_filter(model, trial);
  const Index units = model.network.units(), columns = trial.steps() + 1;
  TrialInference found{Matrix<double>(units, columns), Matrix<double>(units, columns),
                       Matrix<double>(units, columns)};
  for (Index t = 0; t < columns; ++t) {
    const auto& step = filtered[static_cast<std::size_t>(t)];
    found.states.col(t) = step.mean;
    found.displacements.col(t) = step.mean - step.predicted;
    found.variance->col(t) = step.covariance.diagonal();
  }
  found.log_evidence = log_evidence(filtered);
  return found;
}

TrialInference infer_trial(const MapTrajectory& method, const GenerativeModel<double>& model,
                           const ObservedTrial<double>& trial, Index) {
  const auto path = map_trajectory(method, model, trial);
  TrialInference found{path.states, displacements_of(model.network, trial, path.states)};
  found.energy = path.energy;
  found.log_evidence = path.log_evidence;
  found.quality = {path.iterations, path.converged, path.stationarity};
  return found;
}

TrialInference infer_trial(const ExactPosterior& method, const GenerativeModel<double>& model,
                           const ObservedTrial<double>& trial, Index index) {
  require(model.linear(),
          "exact: only for phi = identity, got {}; use map, particles, or quadrature for one unit",
          to_string(model.network.activation));
  const auto filtered = kalman_filter(model, trial);
  const auto posterior = adjoint_smoother(filtered);
  TrialInference found;
  found.moments = method.form == SmootherForm::rts    ? rts_smoother(filtered)
                  : method.form == SmootherForm::dual ? dual_smoother(model, trial)
                                                      : posterior.states;
  found.states = found.moments->mean;
  found.displacements = displacements_of(model.network, trial, found.states);
  found.variance = diagonals(found.moments->covariance);
  found.log_evidence = log_evidence(filtered);
  found.score = exact_score(model, trial, posterior);
  require(method.samples >= 0, "exact: want samples >= 0, got {}", method.samples);
  if (method.samples > 0) {
    auto engine = random_engine(method.seed, static_cast<std::uint64_t>(index));
    found.paths = posterior_samples(model, trial, method.samples, engine);
  }
  return found;
}

// E[h_t], E[nu_t] and Var[h_t] over weighted paths.
TrialInference summary(const GenerativeModel<double>& model, const ObservedTrial<double>& trial,
                       WeightedPaths<double> paths) {
  const Index units = model.network.units(), columns = trial.steps() + 1;
  TrialInference found{Matrix<double>(units, columns), Matrix<double>::Zero(units, columns),
                       Matrix<double>(units, columns)};
  for (Index t = 0; t < columns; ++t) {
    const auto& h = paths.states[static_cast<std::size_t>(t)];
    found.states.col(t) = h * paths.weights;
    const Matrix<double> gap = h.colwise() - found.states.col(t).eval();
    found.variance->col(t) = gap.cwiseAbs2() * paths.weights;
    if (t == 0) continue;
    const auto& last = paths.states[static_cast<std::size_t>(t - 1)];
    found.displacements.col(t) =
        (h - transition<double>(model.network, last, trial.inputs.col(t))) * paths.weights;
  }
  found.paths = std::move(paths);
  return found;
}

// The paths of all filters, each filter weighted by its estimate of the evidence.
WeightedPaths<double> joined(const std::vector<ParticleRun>& runs, double log_evidence) {
  const Index K = runs[0].paths.weights.size(), repeats = static_cast<Index>(runs.size());
  WeightedPaths<double> all{{}, Vector<double>(K * repeats)};
  for (std::size_t t = 0; t < runs[0].paths.states.size(); ++t) {
    all.states.emplace_back(runs[0].paths.states[t].rows(), K * repeats);
    for (Index r = 0; r < repeats; ++r)
      all.states[t].middleCols(r * K, K) = runs[static_cast<std::size_t>(r)].paths.states[t];
  }
  for (Index r = 0; r < repeats; ++r) {
    const auto& run = runs[static_cast<std::size_t>(r)];
    all.weights.segment(r * K, K) = run.paths.weights * std::exp(run.log_evidence - log_evidence) /
                                    static_cast<double>(repeats);
  }
  all.weights /= all.weights.sum();
  return all;
}

TrialInference infer_trial(const ParticlePosterior& method, const GenerativeModel<double>& model,
                           const ObservedTrial<double>& trial, Index index) {
  require(method.repeats >= 1, "particles: want at least one repeat, got {}", method.repeats);
  auto engine = random_engine(method.seed, static_cast<std::uint64_t>(index));
  std::vector<ParticleRun> runs;
  std::vector<double> estimates;
  double smallest = static_cast<double>(method.particles);
  for (Index r = 0; r < method.repeats; ++r) {
    runs.push_back(particle_run(method, model, trial, engine));
    estimates.push_back(runs.back().log_evidence);
    smallest = std::min(smallest, runs.back().smallest_sample);
  }
  const auto [value, error] = log_mean(estimates);
  auto found = summary(model, trial, joined(runs, value));
  found.log_evidence = value;
  found.log_evidence_error = error;
  found.quality.effective_sample = smallest;
  return found;
}

TrialInference infer_trial(const Quadrature& method, const GenerativeModel<double>& model,
                           const ObservedTrial<double>& trial, Index) {
  const auto posterior = quadrature_posterior(method, model, trial);
  TrialInference found{posterior.mean.transpose(), posterior.displacement.transpose(),
                       Matrix<double>(posterior.variance.transpose())};
  found.log_evidence = posterior.log_evidence;
  found.score = posterior.score;
  return found;
}

template <typename Method>
Inference infer_by_trial(const Method& method, const GenerativeModel<double>& model,
                         const Batch<double>& batch) {
  Inference result;
  for (Index k = 0; k < batch.layout().trials; ++k) try {
      result.push_back(infer_trial(method, model, trial_of(batch, k), k));
    } catch (const Divergence& divergence) {
      throw Divergence(fmt::format("trial {}: {}", k, divergence.what()), divergence.step, k);
    }
  return result;
}

template <typename Method>
constexpr bool is_rule = std::is_constructible_v<EStep<double>, Method>;

}  // namespace

Inference infer(const InferenceMethod& method, const GenerativeModel<double>& model,
                const Batch<double>& batch) {
  validate(model);
  validate(batch, model.network);
  return std::visit(
      [&]<typename Method>(const Method& chosen) -> Inference {
        if constexpr (std::is_same_v<Method, Greedy>)
          return infer_rule(GreedyPosterior<double>{model.noise}, model, batch);
        else if constexpr (is_rule<Method>)
          return infer_rule(chosen, model, batch);
        else
          return infer_by_trial(chosen, model, batch);
      },
      method);
}

std::string name_of(const InferenceMethod& method) {
  static const std::vector<std::string> names{"free", "tf",    "ef",        "greedy",    "filter",
                                              "map",  "exact", "particles", "quadrature"};
  return names[method.index()];
}

ExpectedStatistics<double> expected_statistics(const GenerativeModel<double>& model,
                                               const Batch<double>& batch,
                                               const Inference& inference) {
  auto statistics = empty_statistics(model.network);
  for (Index k = 0; k < batch.layout().trials; ++k) {
    const auto& found = inference[static_cast<std::size_t>(k)];
    const auto trial = trial_of(batch, k);
    if (found.moments)
      add_posterior(model.network, trial, *found.moments, statistics);
    else if (found.paths)
      add_paths(model.network, trial, *found.paths, statistics);
    else {
      require(!found.variance,
              "M-step: the filter and quadrature keep no joint moments of neighbouring steps; use "
              "exact, map or particles");
      add_paths(model.network, trial, point_path(found.states), statistics);
    }
  }
  return statistics;
}

Parameters<double> expected_non_centred_gradient(const GenerativeModel<double>& model,
                                                 const Batch<double>& batch,
                                                 const Inference& inference) {
  auto gradient = zero_like(model.network.parameters);
  for (Index k = 0; k < batch.layout().trials; ++k) {
    const auto& found = inference[static_cast<std::size_t>(k)];
    const auto trial = trial_of(batch, k);
    if (found.score)
      add_scaled(gradient, 1.0, *found.score);
    else if (found.paths)
      add_scaled(gradient, 1.0, non_centred_gradient(model, trial, *found.paths));
    else
      add_scaled(gradient, 1.0, non_centred_gradient(model, trial, found.states));
  }
  return gradient;
}

LogMean log_evidence(const GenerativeModel<double>& model, const Batch<double>& batch,
                     const ParticlePosterior& particles) {
  const InferenceMethod method = model.linear()               ? InferenceMethod(KalmanFilter{})
                                 : model.network.units() == 1 ? InferenceMethod(Quadrature{})
                                                              : InferenceMethod(particles);
  LogMean sum;
  double variance = 0;
  for (const auto& found : infer(method, model, batch)) {
    sum.value += *found.log_evidence;
    variance += std::pow(found.log_evidence_error.value_or(0), 2);
  }
  sum.error = std::sqrt(variance);
  return sum;
}

}  // namespace error_forcing
