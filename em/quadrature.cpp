#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/quadrature.hpp>

namespace error_forcing {

namespace {

constexpr unsigned nodes_of_panel = 20;
constexpr Index most_nodes = 20000;
constexpr double least_deviation = 1e-5;  // share of a state; below, the score is lost in rounding
constexpr double negligible = 1e-80;      // share of the largest mass: 19 standard deviations away

struct Interval {
  double low, high;

  Interval including(double center, double reach) const {
    return {std::min(low, center - reach), std::max(high, center + reach)};
  }
};

// The nodes of one step and what is integrated there.
struct Nodes {
  Vector<double> state, weight;      // quadrature weight
  Vector<double> mean, features;     // F(h, x_{t+1}), phi(h)
  Vector<double> likelihood;         // log p(y*_t | h)
  Vector<double> forward, backward;  // p(h, y*_{1:t}) / p(y*_{1:t}), p(y*_{t+1:T} | h) up to scale
};

// Everything about the chain that does not depend on a node.
struct Chain {
  const GenerativeModel<double>& model;
  const ObservedTrial<double>& trial;
  Quadrature options;
  double q = model.noise.Q(0, 0);
  double sigma = std::sqrt(q);

  Vector<double> next_means(const Vector<double>& states, Index step) const {
    return transition<double>(model.network, states.transpose(), trial.inputs.col(step))
        .row(0)
        .transpose();
  }
  double steepest() const {
    const double a = model.network.leak;
    return (1 - a) + a * std::abs(model.network.parameters.W(0, 0));
  }
};

void append_panels(double low, double high, double width, std::vector<double>& states,
                   std::vector<double>& weights) {
  using Rule = boost::math::quadrature::gauss<double, nodes_of_panel>;
  const int panels = static_cast<int>(std::ceil((high - low) / width));
  for (int k = 0; k < panels; ++k) {
    const double half = (high - low) / panels / 2, center = low + (2 * k + 1) * half;
    for (std::size_t i = 0; i < Rule::abscissa().size(); ++i)
      for (const double sign : {-1.0, 1.0}) {
        states.push_back(center + sign * half * Rule::abscissa()[i]);
        weights.push_back(half * Rule::weights()[i]);
      }
  }
}

// What the output at a step says of the state by itself: C'R^-1 C, and an estimate.
struct Evidence {
  double precision = 0, estimate = 0;
};

Evidence evidence_at(const Chain& chain, Index step) {
  const auto seen = observation_at(chain.model, chain.trial, step);
  if (seen.empty()) return {};
  const auto R = cholesky(seen.R);
  require(R.positive_definite, "R: not positive definite on {} observed outputs; raise sigma_y",
          seen.target.size());
  const Vector<double> C = seen.C.col(0);
  const double precision = C.dot(R.solve(C).col(0));
  if (precision == 0) return {};
  return {precision, C.dot(R.solve(seen.target - seen.d).col(0)) / precision};
}

Vector<double> log_likelihoods(const Chain& chain, const Vector<double>& states, Index step) {
  Vector<double> result = Vector<double>::Zero(states.size());
  const auto seen = observation_at(chain.model, chain.trial, step);
  if (seen.empty()) return result;
  for (Index i = 0; i < states.size(); ++i)
    result(i) = log_normal<double>(seen.target - seen.C.col(0) * states(i) - seen.d, seen.R);
  return result;
}

// Where a state can be: within reach of a mean, and of where the output moves it from there, which
// is towards the output's own estimate and the less the less the output sees.
Interval range_of(const Chain& chain, const Vector<double>& means, const Evidence& evidence,
                  double deviation) {
  const double reach = chain.options.reach, low = means.minCoeff(), high = means.maxCoeff();
  const auto moved = [&](double mean) {
    return deviation * deviation * (mean / chain.q + evidence.precision * evidence.estimate);
  };
  return Interval{low - reach * chain.sigma, high + reach * chain.sigma}
      .including(moved(low), reach * deviation)
      .including(moved(high), reach * deviation);
}

Nodes place_nodes(const Chain& chain, const Vector<double>& means, Index step) {
  const auto evidence = evidence_at(chain, step);
  const double deviation = 1 / std::sqrt(1 / chain.q + evidence.precision);
  const auto span = range_of(chain, means, evidence, deviation);
  const double largest = std::max(std::abs(span.low), std::abs(span.high));
  require(
      deviation >= least_deviation * largest,
      "quadrature: step {} has a standard deviation of {:.2g} beside states of {:.2g}, too small "
      "for double precision; raise sigma_h or sigma_y",
      step, deviation, largest);
  const double width = chain.options.panel * deviation / std::max(1.0, chain.steepest());
  const double wanted = (span.high - span.low) / width * nodes_of_panel;
  require(
      wanted <= most_nodes,
      "quadrature: step {} needs {:.0f} nodes, more than {}: the noise is too small for the range "
      "of the state; use particles, or raise sigma_h or sigma_y",
      step, wanted, most_nodes);
  std::vector<double> states, weights;
  if (span.low < 0 && span.high > 0) {
    append_panels(span.low, 0, width, states, weights);
    append_panels(0, span.high, width, states, weights);
  } else {
    append_panels(span.low, span.high, width, states, weights);
  }
  const auto size = static_cast<Index>(states.size());
  Nodes nodes;
  nodes.state = Eigen::Map<const Vector<double>>(states.data(), size);
  nodes.weight = Eigen::Map<const Vector<double>>(weights.data(), size);
  nodes.likelihood = log_likelihoods(chain, nodes.state, step);
  nodes.features = activity_of<double>(chain.model.network, nodes.state.transpose()).row(0);
  return nodes;
}

// p(h_t | h_{t-1}) at every node of the step, for one mean.
Vector<double> transition_density(const Chain& chain, const Nodes& nodes, double mean) {
  const double scale = 1 / std::sqrt(2 * std::acos(-1.0) * chain.q);
  return scale * (-(nodes.state.array() - mean).square() / (2 * chain.q)).exp();
}

// Moves the forward message one step; returns the logarithm of p(y*_t | y*_{1:t-1}).
double forward(const Chain& chain, const Nodes& last, Nodes& now) {
  now.forward = Vector<double>::Zero(now.state.size());
  for (Index j = 0; j < last.state.size(); ++j) {
    const double mass = last.weight(j) * last.forward(j);
    if (mass > 0) now.forward += mass * transition_density(chain, now, last.mean(j));
  }
  const double largest = now.likelihood.maxCoeff();
  now.forward.array() *= (now.likelihood.array() - largest).exp();
  const double sum = now.weight.dot(now.forward);
  require(sum > 0,
          "quadrature: the evidence of a step is below the smallest number; check targets");
  now.forward /= sum;
  return largest + std::log(sum);
}

// The backward message of the last step, and for every pair of nodes what the score needs:
// E[nu], E[nu phi(h_{t-1})].
struct PairMoments {
  double displacement = 0, displacement_features = 0;
};

PairMoments backward(const Chain& chain, const Nodes& now, Nodes& last) {
  const double largest = now.likelihood.maxCoeff();
  const Vector<double> future =
      now.weight.array() * now.backward.array() * (now.likelihood.array() - largest).exp();
  last.backward = Vector<double>::Zero(last.state.size());
  PairMoments sums;
  double total = 0;
  for (Index j = 0; j < last.state.size(); ++j) {
    const double mass = last.weight(j) * last.forward(j);
    const Vector<double> joint = transition_density(chain, now, last.mean(j)).cwiseProduct(future);
    last.backward(j) = joint.sum();
    const double moment = mass * joint.dot((now.state.array() - last.mean(j)).matrix());
    total += mass * last.backward(j);
    sums.displacement += moment;
    sums.displacement_features += moment * last.features(j);
  }
  last.backward /= total;  // so that sum weight forward backward = 1
  return {sums.displacement / total, sums.displacement_features / total};
}

// The means of the next state from where the mass is: tails of tails would only widen the range.
Vector<double> reachable_means(const Nodes& nodes) {
  const double least = negligible * nodes.forward.maxCoeff();
  std::vector<double> means;
  for (Index j = 0; j < nodes.mean.size(); ++j)
    if (nodes.forward(j) > least) means.push_back(nodes.mean(j));
  return Eigen::Map<const Vector<double>>(means.data(), static_cast<Index>(means.size()));
}

Nodes start(const Chain& chain) {
  Nodes nodes;
  nodes.state = initial_state(chain.model.network);
  nodes.weight = nodes.forward = Vector<double>::Ones(1);
  nodes.features = activity_of<double>(chain.model.network, nodes.state.transpose()).row(0);
  return nodes;
}

void add_readout_score(const Chain& chain, Index step, double mean, double square,
                       Parameters<double>& score) {
  const auto seen = observation_at(chain.model, chain.trial, step);
  if (seen.empty()) return;
  const auto R = cholesky(seen.R);
  const Vector<double> shifted = seen.target - seen.d, C = seen.C.col(0);
  add_to_observed_rows<double>(chain.trial.observed[static_cast<std::size_t>(step)],
                               R.solve(shifted * mean - C * square), R.solve(shifted - C * mean),
                               score);
}

}  // namespace

QuadraturePosterior quadrature_posterior(const Quadrature& e_step,
                                         const GenerativeModel<double>& model,
                                         const ObservedTrial<double>& trial) {
  require(model.network.units() == 1, "quadrature: only for one unit, got {}; use particles",
          model.network.units());
  require(model.noise.Q(0, 0) > 0, "quadrature: want Q > 0; raise sigma_h");
  const Chain chain{model, trial, e_step};
  QuadraturePosterior result;
  std::vector<Nodes> steps{start(chain)};
  for (Index t = 1; t <= trial.steps(); ++t) {
    steps.back().mean = chain.next_means(steps.back().state, t);
    steps.push_back(place_nodes(chain, reachable_means(steps.back()), t));
    result.log_evidence += forward(chain, steps[steps.size() - 2], steps.back());
    result.nodes = std::max(result.nodes, steps.back().state.size());
  }
  steps.back().backward = Vector<double>::Ones(steps.back().state.size());
  result.mean = result.variance = result.displacement = Vector<double>::Zero(trial.steps() + 1);
  result.score = zero_like(model.network.parameters);
  const double a_over_q = model.network.leak / chain.q;
  for (Index t = trial.steps(); t >= 0; --t) {
    const auto k = static_cast<std::size_t>(t);
    const auto& now = steps[k];
    const Vector<double> mass = now.weight.cwiseProduct(now.forward).cwiseProduct(now.backward);
    result.mean(t) = mass.dot(now.state);
    result.variance(t) = mass.dot((now.state.array() - result.mean(t)).square().matrix());
    if (t == 0) break;
    add_readout_score(chain, t, result.mean(t),
                      result.variance(t) + result.mean(t) * result.mean(t), result.score);
    const auto moments = backward(chain, now, steps[k - 1]);
    result.displacement(t) = moments.displacement;
    result.score.W(0, 0) += a_over_q * moments.displacement_features;
    result.score.U += a_over_q * moments.displacement * trial.inputs.col(t).transpose();
    result.score.b(0) += a_over_q * moments.displacement;
  }
  return result;
}

}  // namespace error_forcing
