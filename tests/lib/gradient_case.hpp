#pragma once
// Cases whose states were displaced, with the gradients that the engine and the reference give.

#include <error_forcing/objective_gradient.hpp>
#include <error_forcing/reference_bptt.hpp>
#include <error_forcing/rollout.hpp>

#include "random_case.hpp"

namespace error_forcing::test {

/// The engine's gradient at fixed displacements.
template <typename Scalar>
Parameters<Scalar> held_gradient(const RandomCase<Scalar>& c, Trajectory<Scalar>& t,
                                 const Penalties& penalties = no_penalties) {
  auto gradient = zero_like(c.network.parameters);
  objective_gradient_held(c.network, c.batch, penalties, t, gradient);
  return gradient;
}

/// The same without penalties: -2 / sum m times (S3) by the loop reference.
template <typename Scalar>
Parameters<Scalar> reference_loss_gradient(const RandomCase<Scalar>& c,
                                           const Trajectory<Scalar>& t) {
  auto gradient = zero_like(c.network.parameters);
  add_scaled(gradient, Scalar(-2) / static_cast<Scalar>(observed_entries(c.batch)),
             reference_gradient(c.network, c.batch, t.displacements, ReadFrom::before_forcing));
  return gradient;
}

struct Route {
  Anchor anchor;
  bool first_mask_channel;
};

inline const std::vector<Route> every_route{
    {Anchor::error, false}, {Anchor::target, false}, {Anchor::target_with_bias, false},
    {Anchor::error, true},  {Anchor::target, true},  {Anchor::target_with_bias, true}};

inline std::string description(const Route& route) {
  return fmt::format("anchor {}, first mask channel {}", static_cast<int>(route.anchor),
                     route.first_mask_channel);
}

/// A case rolled out with feedback, and its gradient through that feedback.
template <typename Scalar>
struct Fed {
  RandomCase<Scalar> drawn;
  Feedback<Scalar> feedback;
  Trajectory<Scalar> trajectory;
  Parameters<Scalar> gradient;
  Matrix<Scalar> dL_dK;
};

template <typename Scalar>
void differentiate(Fed<Scalar>& f, const Penalties& penalties) {
  rollout_with_feedback(f.drawn.network, f.drawn.batch, f.feedback, f.trajectory);
  objective_gradient_through(f.drawn.network, f.drawn.batch, f.feedback, penalties, f.trajectory,
                             f.gradient, f.dL_dK);
}

template <typename Scalar>
Fed<Scalar> fed(CaseOptions options, const Route& route, std::uint64_t seed,
                const Penalties& penalties) {
  options.nan_where_unobserved = !route.first_mask_channel;  // it may ask for any target
  Fed<Scalar> f;
  f.drawn = random_case<Scalar>(options, seed);
  auto engine = random_engine(seed, 10);
  f.feedback = {normal_matrix(engine, options.units, options.outputs, 0.4).template cast<Scalar>(),
                Scalar(0.35), route.anchor, route.first_mask_channel};
  f.trajectory = make_trajectory(f.drawn.network, f.drawn.batch);
  f.gradient = zero_like(f.drawn.network.parameters);
  differentiate(f, penalties);
  return f;
}

/// The objective of the states that the feedback displaces anew.
template <typename Scalar>
Scalar forced_objective(const Network<Scalar>& network, const Batch<Scalar>& batch,
                        const Feedback<Scalar>& feedback, const Penalties& penalties) {
  auto t = make_trajectory(network, batch);
  rollout_with_feedback(network, batch, feedback, t);
  return objective(network, batch, t, penalties).total();
}

/// The objective with the targets held: h_t = (1-p) u_t + q_t with q_t = K s_t as it was.
template <typename Scalar>
Scalar damped_objective(const Network<Scalar>& network, const Fed<Scalar>& f,
                        const Penalties& penalties) {
  const auto& batch = f.drawn.batch;
  auto t = f.trajectory;
  const auto displacement = [&](Index tile, Index step) {
    auto nu = t.displacements.at(tile, step);
    for (Index lane = 0; lane < nu.cols(); ++lane) {
      const auto mask = batch.mask.at(tile, step).col(lane);
      if (f.feedback.first_mask_channel ? mask(0) == 0 : mask.maxCoeff() == 0) continue;
      nu.col(lane) += f.feedback.pull * (f.trajectory.states_before.at(tile, step).col(lane) -
                                         t.states_before.at(tile, step).col(lane));
    }
  };
  rollout(network, batch, displacement, t);
  return objective(network, batch, t, penalties).total();
}

/// A copy of the case with these of its trials, in this order.
template <typename Scalar>
RandomCase<Scalar> with_trials(const RandomCase<Scalar>& c, const std::vector<Index>& trials) {
  const Layout layout = tiled(static_cast<Index>(trials.size()), c.batch.layout().steps);
  const auto pick = [&](const History<Scalar>& from) {
    History<Scalar> to(layout, from.rows());
    for (Index k = 0; k < layout.trials; ++k)
      for (Index step = 1; step <= layout.steps; ++step)
        for (Index row = 0; row < from.rows(); ++row) to(k, step, row) = from(trials[k], step, row);
    return to;
  };
  return {c.network, {pick(c.batch.inputs), pick(c.batch.targets), pick(c.batch.mask)}};
}

}  // namespace error_forcing::test
