#pragma once
// Settings in which every E-step is tried, and the symmetries that no rule may break.

#include <error_forcing/e_step.hpp>
#include <error_forcing/statistics.hpp>
#include <string>
#include <vector>

#include "dense.hpp"
#include "random_case.hpp"
#include "sanitized.hpp"

namespace error_forcing::test {

inline constexpr CaseOptions small{};
inline constexpr CaseOptions partial_masks{.units = 6, .outputs = 3, .trials = 35};

/// Full covariances, positive definite.
template <typename Scalar>
Noise<Scalar> random_noise(Index units, Index outputs, std::uint64_t seed) {
  auto engine = random_engine(seed, 31);
  return {random_metric<Scalar>(engine, units).Q / Scalar(8),
          random_metric<Scalar>(engine, outputs).Q / Scalar(8)};
}

/// A case and an E-step for it.
template <typename Scalar>
struct Setting {
  std::string name;
  RandomCase<Scalar> drawn;
  EStep<Scalar> e_step;
};

/// Every E-step on the same random case. Masks differ between the outputs, and targets are NaN
/// where unobserved but for forcing as released, which reads them.
template <typename Scalar>
std::vector<Setting<Scalar>> settings(CaseOptions options, std::uint64_t seed) {
  const auto drawn = random_case<Scalar>(options, seed);
  options.nan_where_unobserved = false;
  const auto finite = random_case<Scalar>(options, seed);
  const auto noise = random_noise<Scalar>(options.units, options.outputs, seed);
  const Scalar c(0.6), rho(0.2), small(1e-7);
  return {{"free-running", drawn, FreeRunning{}},
          {"teacher forcing", drawn, TeacherForcing<Scalar>{c}},
          {"teacher forcing with a ridge", drawn, TeacherForcing<Scalar>{c, rho}},
          {"teacher forcing as released", finite, TeacherForcing<Scalar>{c, small, true}},
          {"error forcing", drawn, ErrorForcing<Scalar>{c}},
          {"error forcing with a ridge", drawn, ErrorForcing<Scalar>{c, rho}},
          {"error forcing along C'", drawn,
           ErrorForcing<Scalar>{.gain = c, .forcing = {ForcingDirection::transpose}}},
          {"error forcing as released", finite, ErrorForcing<Scalar>{c, small, true}},
          {"greedy posterior", drawn, GreedyPosterior<Scalar>{noise}},
          {"causal forcing", drawn, CausalForcing<Scalar>{c, rho}}};
}

/// Calls check(setting) for every E-step on three random cases, on one under the sanitizers.
template <typename Scalar, typename Check>
void for_each_setting(const CaseOptions& options, Check check) {
  for (std::uint64_t seed = 1; seed <= (sanitized ? 1 : 3); ++seed)
    for (const auto& setting : settings<Scalar>(options, seed)) {
      SCOPED_TRACE(description(options, seed) + ", " + setting.name);
      check(setting);
    }
}

/// The trajectory an E-step leaves.
template <typename Scalar>
Trajectory<Scalar> inferred(const EStep<Scalar>& e_step, const RandomCase<Scalar>& c) {
  auto trajectory = make_trajectory(c.network, c.batch);
  infer(e_step, c.network, c.batch, trajectory);
  return trajectory;
}

/// NaN wherever a step leaves scratch.
template <typename Scalar>
void poison_scratch(Trajectory<Scalar>& trajectory) {
  for (auto* matrix : {&trajectory.adjoint, &trajectory.scratch, &trajectory.signal,
                       &trajectory.output_adjoint, &trajectory.observed})
    matrix->setConstant(std::numeric_limits<Scalar>::quiet_NaN());
}

/// A workspace that holds nothing but NaN.
template <typename Scalar>
Trajectory<Scalar> poisoned(const RandomCase<Scalar>& c) {
  auto trajectory = make_trajectory(c.network, c.batch);
  for (auto* history : {&trajectory.states_before, &trajectory.states, &trajectory.activity,
                        &trajectory.outputs, &trajectory.errors, &trajectory.displacements})
    history->fill(std::numeric_limits<Scalar>::quiet_NaN());
  poison_scratch(trajectory);
  return trajectory;
}

/// Some trials of a history, in any order.
template <typename Scalar>
History<Scalar> pick_trials(const History<Scalar>& from, const std::vector<Index>& trials) {
  const Layout layout = tiled(static_cast<Index>(trials.size()), from.layout().steps);
  History<Scalar> to(layout, from.rows(), from.first_step());
  for (std::size_t k = 0; k < trials.size(); ++k)
    for (Index step = from.first_step(); step <= layout.steps; ++step)
      for (Index row = 0; row < from.rows(); ++row)
        to(static_cast<Index>(k), step, row) = from(trials[k], step, row);
  return to;
}

template <typename Scalar>
RandomCase<Scalar> pick_trials(const RandomCase<Scalar>& c, const std::vector<Index>& trials) {
  return {c.network,
          {pick_trials(c.batch.inputs, trials), pick_trials(c.batch.targets, trials),
           pick_trials(c.batch.mask, trials)}};
}

/// The same network, or a gradient in its weights, in state coordinates turned by an orthogonal G:
/// h -> G h.
template <typename Scalar>
Parameters<Scalar> turned(const Parameters<Scalar>& p, const Matrix<Scalar>& G) {
  return {G * p.W * G.transpose(), G * p.U, G * p.b, p.C * G.transpose(), p.d};
}

template <typename Scalar>
RandomCase<Scalar> turned(const RandomCase<Scalar>& c, const Matrix<Scalar>& G) {
  auto result = c;
  result.network.parameters = turned(c.network.parameters, G);
  result.network.initial_state = G * c.network.initial_state;
  return result;
}

template <typename Scalar>
Noise<Scalar> turned(const Noise<Scalar>& noise, const Matrix<Scalar>& G) {
  return {G * noise.Q * G.transpose(), noise.R};
}

/// The E-step of the turned network: only a state noise has coordinates to turn.
template <typename Scalar>
EStep<Scalar> turned(EStep<Scalar> e_step, const Matrix<Scalar>& G) {
  if (auto* greedy = std::get_if<GreedyPosterior<Scalar>>(&e_step))
    greedy->noise.Q = Matrix<Scalar>(G * greedy->noise.Q * G.transpose());
  return e_step;
}

template <typename Scalar>
History<Scalar> turned(const History<Scalar>& history, const Matrix<Scalar>& G) {
  auto result = history;
  for (Index tile = 0; tile < history.layout().tiles(); ++tile)
    for (Index step = history.first_step(); step <= history.layout().steps; ++step)
      result.at(tile, step) = G * history.at(tile, step);
  return result;
}

/// A G that renames the units, a symmetry of every network.
template <typename Scalar>
Matrix<Scalar> random_renaming(RandomEngine& engine, Index units) {
  Matrix<Scalar> G = Matrix<Scalar>::Identity(units, units);
  for (Index i = units - 1; i > 0; --i)
    G.row(i).swap(G.row(boost::random::uniform_int_distribution<Index>(0, i)(engine)));
  return G;
}

/// The symmetries h -> G h of a network: renaming units, and any rotation where phi is linear.
template <typename Scalar>
std::vector<std::pair<Activation, Matrix<Scalar>>> symmetries(Index units, std::uint64_t seed) {
  auto engine = random_engine(seed, 32);
  return {{Activation::tanh, random_renaming<Scalar>(engine, units)},
          {Activation::identity, random_rotation<Scalar>(engine, units)}};
}

}  // namespace error_forcing::test
