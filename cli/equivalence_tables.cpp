#include "equivalence_tables.hpp"

#include <fmt/format.h>

#include <cmath>
#include <error_forcing/gradient_parts.hpp>
#include <error_forcing/map_trajectory.hpp>
#include <error_forcing/non_centred_gradient.hpp>
#include <error_forcing/rule_gradients.hpp>

namespace error_forcing::cli {

namespace {

// One problem of a sweep, and where its rows go.
struct Cell {
  const Sweep& sweep;
  double value;
  Index draw;

  void add(const std::string& what, const Parameters<double>& gradient,
           const Parameters<double>& exact, std::vector<GradientRow>& rows) const {
    for (const auto& group : weight_groups())
      rows.push_back(
          {sweep.name, value, draw, what, group.name, alignment(gradient, exact, group)});
  }
};

void compare_at(const Cell& cell, const Problem& problem, ParticlePosterior particles,
                Comparison& found) {
  const auto& [model, batch] = problem;
  const auto posterior =
      model.linear() ? infer(ExactPosterior{}, model, batch) : infer(particles, model, batch);
  const auto exact = expected_non_centred_gradient(model, batch, posterior);
  const auto parts = gradient_parts(model, batch, posterior);
  for (const auto& [rule, ascent] : rule_gradients(model, batch))
    cell.add(rule, ascent, exact, found.rules);
  if (!model.linear()) {
    particles.seed += 1;
    const auto second = infer(particles, model, batch);
    cell.add("again", expected_non_centred_gradient(model, batch, second), exact, found.rules);
  }
  cell.add("plug-in immediate", parts.plug_in.immediate, exact, found.parts);
  cell.add("plug-in temporal", parts.plug_in.temporal, exact, found.parts);
  cell.add("covariance immediate", parts.covariance.immediate, exact, found.parts);
  cell.add("covariance temporal", parts.covariance.temporal, exact, found.parts);
}

}  // namespace

void compare(const Sweep& sweep, Index draws, std::uint64_t seed,
             const ParticlePosterior& particles, Comparison& found) {
  for (const double value : sweep.values)
    for (Index draw = 0; draw < draws; ++draw)
      compare_at({sweep, value, draw}, sweep.problem(value, seed, draw), particles, found);
}

namespace {

// |(S4) - (S2)| / |(S2)| over W, U, b along one path.
double local_gap(const GenerativeModel<double>& model, const ObservedTrial<double>& trial,
                 const Matrix<double>& states) {
  auto statistics = empty_statistics(model.network);
  add_paths(model.network, trial, point_path(states), statistics);
  auto gap = centred_gradient(model, statistics);
  const auto reparameterised = non_centred_gradient(model, trial, states);
  add_scaled(gap, -1.0, reparameterised);
  return alignment(gap, reparameterised, weight_groups()[1]).norm_ratio;
}

// From the greedy posterior, one Gauss-Newton step at a time.
void follow_trial(const GenerativeModel<double>& model, const ObservedTrial<double>& trial,
                  const Matrix<double>& greedy, InferenceRow row, std::vector<InferenceRow>& rows) {
  constexpr Index most = 40;
  const double sigma_h = std::sqrt(model.noise.Q(0, 0));
  Matrix<double> noises = greedy / sigma_h;
  row.iteration = 0;
  row.stationarity = stationarity(model, trial, noises);
  row.gap = local_gap(model, trial, displaced_states<double>(model.network, trial, greedy));
  rows.push_back(row);
  while (row.iteration < most) {
    const auto path = map_trajectory_from<double>({.iterations = 1}, model, trial, noises);
    if (path.iterations == 0) return;  // as far as rounding lets it
    noises = path.noises;
    ++row.iteration;
    row.stationarity = path.stationarity;
    row.gap = local_gap(model, trial, path.states);
    rows.push_back(row);
  }
}

}  // namespace

void follow_inference(const std::string& network, const Problem& problem, double noise_ratio,
                      std::vector<InferenceRow>& rows) {
  const auto& [model, batch] = problem;
  const auto greedy = infer(Greedy{}, model, batch);
  for (Index k = 0; k < batch.layout().trials; ++k)
    follow_trial(model, trial_of(batch, k), greedy[static_cast<std::size_t>(k)].displacements,
                 {network, noise_ratio, k, 0, 0, 0}, rows);
}

std::string to_csv(const std::vector<GradientRow>& rows, const std::string& what) {
  std::string table = fmt::format("sweep,value,draw,{},weights,cosine,norm_ratio,share\n", what);
  for (const auto& row : rows)
    table +=
        fmt::format("{},{},{},{},{},{},{},{}\n", row.sweep, row.value, row.draw, row.what,
                    row.group, row.alignment.cosine, row.alignment.norm_ratio, row.alignment.share);
  return table;
}

std::string to_csv(const std::vector<InferenceRow>& rows) {
  std::string table = "network,noise_ratio,trial,iteration,stationarity,gap\n";
  for (const auto& row : rows)
    table += fmt::format("{},{},{},{},{},{}\n", row.network, row.noise_ratio, row.trial,
                         row.iteration, row.stationarity, row.gap);
  return table;
}

}  // namespace error_forcing::cli
