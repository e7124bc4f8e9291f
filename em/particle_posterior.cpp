#include <cmath>
#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/greedy_posterior.hpp>
#include <error_forcing/particle_posterior.hpp>
#include <map>
#include <numeric>
#include <set>

namespace error_forcing {

namespace {

using Ancestors = std::vector<Index>;

// What a step does to the particles, by observed outputs.
struct Proposal {
  Matrix<double> C_L, root_R, pull;  // pull = L'C'S^-1
  Cholesky<double> S;
};

Proposal proposal_for(const Observation<double>& seen, const Matrix<double>& Q,
                      const Matrix<double>& L) {
  const auto S = cholesky(innovation_covariance<double>(seen.C, {Q, seen.R}));
  require(S.positive_definite,
          "C Q C' + R ({0} x {0}) is not positive definite; raise sigma_y or sigma_h",
          seen.target.size());
  const Matrix<double> C_L = seen.C * L;
  return {C_L, noise_factor(seen.R), S.solve(C_L).transpose(), S};
}

Ancestors systematic_ancestors(const Vector<double>& weights, RandomEngine& engine) {
  const Index K = weights.size();
  const double offset = static_cast<double>(engine() >> 11) * 0x1p-53;  // uniform in [0, 1)
  Ancestors ancestors(static_cast<std::size_t>(K));
  double cumulative = weights(0);
  Index chosen = 0;
  for (Index k = 0; k < K; ++k) {
    const double point = (static_cast<double>(k) + offset) / static_cast<double>(K);
    while (point >= cumulative && chosen + 1 < K) cumulative += weights(++chosen);
    ancestors[static_cast<std::size_t>(k)] = chosen;
  }
  return ancestors;
}

// Multiplies the weights by exp(increments), normalises them, and returns log of their old sum.
double reweigh(const Vector<double>& increments, Index step, Vector<double>& weights) {
  const double largest = increments.maxCoeff();
  const Vector<double> scaled = weights.array() * (increments.array() - largest).exp();
  const double sum = scaled.sum();
  if (!std::isfinite(largest) || !(sum > 0))
    throw Divergence(
        fmt::format("all {} particles are lost at step {}: no weight is finite and positive; raise "
                    "sigma_h or sigma_y, or use more particles",
                    weights.size(), step),
        step, 0);
  weights = scaled / sum;
  return largest + std::log(sum);
}

Vector<double> log_weights(const Proposal& proposal, const Matrix<double>& errors) {
  const Matrix<double> whitened = proposal.S.whiten(errors);
  const double constant = proposal.S.log_determinant() +
                          static_cast<double>(errors.rows()) * std::log(2 * std::acos(-1.0));
  return -0.5 * (whitened.colwise().squaredNorm().transpose().array() + constant);
}

// Every path at every step, in the order of the particles at the end.
std::vector<Matrix<double>> ancestral(std::vector<Matrix<double>> states,
                                      const std::vector<Ancestors>& parents) {
  Ancestors lineage = parents.back();
  std::iota(lineage.begin(), lineage.end(), 0);
  for (std::size_t t = states.size(); t-- > 0;) {
    const Matrix<double> of_lineage = states[t](Eigen::all, lineage);
    states[t] = of_lineage;
    for (auto& index : lineage) index = parents[t][static_cast<std::size_t>(index)];
  }
  return states;
}

Index distinct(const Matrix<double>& states) {
  std::set<double> first_unit;
  for (Index k = 0; k < states.cols(); ++k) first_unit.insert(states(0, k));
  return static_cast<Index>(first_unit.size());
}

}  // namespace

ParticleRun particle_run(const ParticlePosterior& e_step, const GenerativeModel<double>& model,
                         const ObservedTrial<double>& trial, RandomEngine& engine) {
  const Index N = model.network.units(), K = e_step.particles;
  require(K >= 1 && e_step.resample_below >= 0 && e_step.resample_below <= 1,
          "particles: want at least 1 and resampling below a share in [0, 1], got {} and {}", K,
          e_step.resample_below);
  const Matrix<double> L = noise_factor(model.noise.Q);
  std::map<ObservedOutputs, Proposal> proposals;
  Ancestors none(static_cast<std::size_t>(K));
  std::iota(none.begin(), none.end(), 0);

  ParticleRun run{{{initial_state(model.network).replicate(1, K)},
                   Vector<double>::Constant(K, 1 / static_cast<double>(K))},
                  0,
                  static_cast<double>(K),
                  1};
  auto& [states, weights] = run.paths;
  std::vector<Ancestors> parents{none};  // parents[t][k]: the particle at t-1 that k comes from
  Ancestors chosen = none;
  for (Index t = 1; t <= trial.steps(); ++t) {
    parents.push_back(chosen);
    const Matrix<double> past = states.back()(Eigen::all, chosen);
    chosen = none;
    Matrix<double> u = transition<double>(model.network, past, trial.inputs.col(t));
    Matrix<double> noise = normal_matrix(engine, N, K);
    const auto seen = observation_at(model, trial, t);
    if (!seen.empty()) {
      const auto& o = trial.observed[static_cast<std::size_t>(t)];
      if (!proposals.contains(o)) proposals.emplace(o, proposal_for(seen, model.noise.Q, L));
      const auto& proposal = proposals.at(o);
      Matrix<double> e = -seen.C * u;
      const Vector<double> target = seen.target - seen.d;
      e.colwise() += target;
      run.log_evidence += reweigh(log_weights(proposal, e), t, weights);
      const Matrix<double> zeta = proposal.root_R * normal_matrix(engine, e.rows(), K);
      noise += proposal.pull * (e - proposal.C_L * noise - zeta);
    }
    u += L * noise;
    if (!u.allFinite())
      throw Divergence(fmt::format("a particle is not finite at step {}", t), t, 0);
    states.push_back(std::move(u));
    const double sample = 1 / weights.squaredNorm();
    run.smallest_sample = std::min(run.smallest_sample, sample);
    if (sample < e_step.resample_below * static_cast<double>(K) && t < trial.steps()) {
      chosen = systematic_ancestors(weights, engine);
      weights.setConstant(1 / static_cast<double>(K));
    }
  }
  states = ancestral(std::move(states), parents);
  run.distinct_starts = states.size() > 1 ? distinct(states[1]) : 1;
  return run;
}

LogMean log_mean(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double largest = *std::max_element(values.begin(), values.end());
  double sum = 0, squares = 0;
  for (const double value : values) {
    const double ratio = std::exp(value - largest);
    sum += ratio;
    squares += ratio * ratio;
  }
  const double mean = sum / n, variance = (squares / n - mean * mean) / (n - 1);
  return {largest + std::log(mean), std::sqrt(std::max(variance, 0.0)) / mean};
}

}  // namespace error_forcing
