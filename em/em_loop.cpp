#include <cmath>
#include <error_forcing/alignment.hpp>
#include <error_forcing/em_loop.hpp>
#include <error_forcing/errors.hpp>

namespace error_forcing {

namespace {

double norm(const Parameters<double>& p) { return std::sqrt(inner_product(p, p)); }

double relative_step(const GenerativeModel<double>& from, const GenerativeModel<double>& to) {
  auto change = to.network.parameters;
  add_scaled(change, -1.0, from.network.parameters);
  return norm(change) / norm(from.network.parameters);
}

// The paths of the same noises, at other weights.
void replay_noises(const GenerativeModel<double>& from, const GenerativeModel<double>& to,
                   const Batch<double>& batch, Inference& inference) {
  for (Index k = 0; k < batch.layout().trials; ++k) {
    auto& found = inference[static_cast<std::size_t>(k)];
    const auto trial = trial_of(batch, k);
    found.score.reset();  // it is that of the weights before
    if (found.paths) {
      auto& states = found.paths->states;
      auto last = states[0];
      for (std::size_t t = 1; t < states.size(); ++t) {
        const Vector<double> x = trial.inputs.col(static_cast<Index>(t));
        const Matrix<double> nu = states[t] - transition(from.network, last, x);
        last = states[t];
        states[t] = transition(to.network, states[t - 1], x) + nu;
      }
    } else {
      found.states = displaced_states(to.network, trial, found.displacements);
    }
  }
}

GenerativeModel<double> maximise(const GradientMStep& m_step, GenerativeModel<double> model,
                                 const Batch<double>& batch, Inference inference) {
  require(m_step.steps >= 1, "M-step: want at least one step, got {}", m_step.steps);
  auto adam = make_adam(model.network.parameters);
  for (Index step = 0; step < m_step.steps; ++step) {
    const auto ascent = m_step.centring == Centring::local
                            ? centred_gradient(model, expected_statistics(model, batch, inference))
                            : expected_non_centred_gradient(model, batch, inference);
    auto descent = zero_like(ascent);
    add_scaled(descent, -1.0, ascent);
    const auto before = model;
    descend(m_step.adam, descent, adam, model.network.parameters);
    if (m_step.centring == Centring::reparameterised && step + 1 < m_step.steps)
      replay_noises(before, model, batch, inference);
  }
  return model;
}

GenerativeModel<double> maximise(const ClosedForm<double>& m_step,
                                 const GenerativeModel<double>& model, const Batch<double>& batch,
                                 const Inference& inference) {
  return update(m_step, model, expected_statistics(model, batch, inference));
}

InferenceQuality worst(const Inference& inference) {
  auto quality = inference[0].quality;
  for (const auto& found : inference) {
    quality.iterations = std::max(quality.iterations, found.quality.iterations);
    quality.converged = quality.converged && found.quality.converged;
    quality.stationarity = std::fmax(quality.stationarity, found.quality.stationarity);
    quality.effective_sample = std::fmin(quality.effective_sample, found.quality.effective_sample);
  }
  return quality;
}

EmRecord record_of(Index iteration, const GenerativeModel<double>& model,
                   const Batch<double>& batch, const EmOptions& options) {
  const auto evidence = log_evidence(model, batch, options.evidence);
  EmRecord record{iteration, evidence.value, evidence.error};
  record.sigma_h = std::sqrt(model.noise.Q.diagonal().mean());
  record.sigma_y = std::sqrt(model.noise.R.diagonal().mean());
  record.gain = implied_gain<double>(model.network.parameters.C, {record.sigma_h, record.sigma_y});
  return record;
}

// Why the evidence fell.
std::string warning_for(const EmRecord& before, const EmRecord& after, const EmOptions& options) {
  const double fall = before.log_evidence - after.log_evidence;
  if (!(fall > 0)) return {};
  const double error = std::hypot(before.log_evidence_error, after.log_evidence_error);
  if (fall <= 3 * error) return {};  // within the estimate's noise
  if (fall <= 1e-11 * std::abs(before.log_evidence)) return "rounding";
  if (!after.quality.converged) return "the E-step has not converged";
  if (std::holds_alternative<GradientMStep>(options.m_step))
    return "the M-step does not maximise: a gradient step went too far; lower its rate";
  if (!std::holds_alternative<ExactPosterior>(options.e_step))
    return "the E-step is not the posterior: EM with it need not ascend";
  return "the M-step does not maximise";
}

// Before any work is done.
void require_meaning(const EmOptions& options, const GenerativeModel<double>& model) {
  require(options.iterations >= 0 && options.tolerance >= 0,
          "EM: want iterations >= 0 and tolerance >= 0, got {} and {}", options.iterations,
          options.tolerance);
  const auto* gradient = std::get_if<GradientMStep>(&options.m_step);
  const bool of_a_path = gradient != nullptr && gradient->centring == Centring::reparameterised;
  const auto& e_step = options.e_step;
  require(of_a_path || !(std::holds_alternative<KalmanFilter>(e_step) ||
                         std::holds_alternative<Quadrature>(e_step)),
          "{}: keeps no joint moments of neighbouring steps, which this M-step needs; use "
          "exact, map or particles",
          name_of(e_step));
  const auto* exact = std::get_if<ExactPosterior>(&e_step);
  const bool moments_alone =
      std::holds_alternative<Quadrature>(e_step) || (exact != nullptr && exact->samples == 0);
  require(!(of_a_path && gradient->steps > 1 && moments_alone),
          "M-step: {} steps replay the noises of paths, and {} keeps moments alone; take one step, "
          "draw samples of exact, or use map or particles",
          gradient ? gradient->steps : 0, name_of(e_step));
  require(model.linear() || exact == nullptr,
          "exact: only for phi = identity, got {}; use map, particles, or quadrature for one unit",
          to_string(model.network.activation));
}

}  // namespace

EmResult expectation_maximisation(const EmOptions& options, GenerativeModel<double> model,
                                  const Batch<double>& batch, const EmObserver& observer) {
  require_meaning(options, model);
  validate(model);
  validate(batch, model.network);
  EmResult result{model, {record_of(0, model, batch, options)}};
  for (Index k = 1; k <= options.iterations && observer(result.trace.back(), result.model); ++k) {
    const auto inference = infer(options.e_step, result.model, batch);
    auto next = std::visit(
        [&](const auto& m_step) { return maximise(m_step, result.model, batch, inference); },
        options.m_step);
    auto record = record_of(k, next, batch, options);
    record.quality = worst(inference);
    record.step = relative_step(result.model, next);
    record.warning = warning_for(result.trace.back(), record, options);
    result.model = std::move(next);
    result.trace.push_back(std::move(record));
    result.converged = result.trace.back().step < options.tolerance;
    if (result.converged) break;
  }
  return result;
}

}  // namespace error_forcing
