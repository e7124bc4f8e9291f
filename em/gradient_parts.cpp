#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/gradient_parts.hpp>
#include <error_forcing/non_centred_gradient.hpp>

namespace error_forcing {

namespace {

Parameters<double> difference(const Parameters<double>& a, const Parameters<double>& b) {
  auto result = a;
  add_scaled(result, -1.0, b);
  return result;
}

template <typename Paths>
ByHorizon by_horizon(const GenerativeModel<double>& model, const ObservedTrial<double>& trial,
                     const Paths& paths) {
  const auto immediate = non_centred_gradient(model, trial, paths, Horizon::immediate);
  return {immediate, difference(non_centred_gradient(model, trial, paths), immediate)};
}

// Cov[C'R^-1 r_t, h_{t-1}] = -C'R^-1 C V_{t,t-1} and Cov[R^-1 r_t, h_t] = -R^-1 C V_t.
Parameters<double> immediate_covariance(const GenerativeModel<double>& model,
                                        const ObservedTrial<double>& trial,
                                        const GaussianPosterior<double>& posterior) {
  auto gradient = zero_like(model.network.parameters);
  for (Index t = 1; t <= trial.steps(); ++t) {
    const auto now = static_cast<std::size_t>(t);
    const auto seen = observation_at(model, trial, t);
    if (seen.empty()) continue;
    const Matrix<double> precise_C = cholesky(seen.R).solve(seen.C);
    gradient.W -= model.network.leak * seen.C.transpose() * (precise_C * posterior.lag_one[now]);
    add_to_observed_rows<double>(trial.observed[now], -precise_C * posterior.covariance[now],
                                 Vector<double>::Zero(seen.target.size()), gradient);
  }
  return gradient;
}

void add(GradientParts& sum, const GradientParts& parts) {
  add_scaled(sum.plug_in.immediate, 1.0, parts.plug_in.immediate);
  add_scaled(sum.plug_in.temporal, 1.0, parts.plug_in.temporal);
  add_scaled(sum.covariance.immediate, 1.0, parts.covariance.immediate);
  add_scaled(sum.covariance.temporal, 1.0, parts.covariance.temporal);
}

GradientParts parts_of(const GenerativeModel<double>& model, const ObservedTrial<double>& trial,
                       const TrialInference& found) {
  const auto zero = zero_like(model.network.parameters);
  const Matrix<double> path = displaced_states(model.network, trial, found.displacements);
  const auto plug_in = by_horizon(model, trial, path);
  if (found.paths && !found.moments) {
    const auto mean = by_horizon(model, trial, *found.paths);
    return {plug_in,
            {difference(mean.immediate, plug_in.immediate),
             difference(mean.temporal, plug_in.temporal)}};
  }
  if (!found.score) return {plug_in, {zero, zero}};
  require(found.moments.has_value(),
          "gradient parts: quadrature keeps no joint moments of neighbouring steps; use particles");
  const auto immediate = immediate_covariance(model, trial, *found.moments);
  auto temporal = difference(*found.score, immediate);
  add_scaled(temporal, -1.0, plug_in.immediate);
  add_scaled(temporal, -1.0, plug_in.temporal);
  return {plug_in, {immediate, temporal}};
}

}  // namespace

GradientParts gradient_parts(const GenerativeModel<double>& model, const Batch<double>& batch,
                             const Inference& inference) {
  const auto zero = zero_like(model.network.parameters);
  GradientParts sum{{zero, zero}, {zero, zero}};
  for (Index k = 0; k < batch.layout().trials; ++k)
    add(sum, parts_of(model, trial_of(batch, k), inference[static_cast<std::size_t>(k)]));
  return sum;
}

}  // namespace error_forcing
