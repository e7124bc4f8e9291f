// Claims about gradients: each hand-derived one against the finite differences of its own
// objective, and against back-propagation written as plain loops.

#include <error_forcing/eligibility_trace.hpp>
#include <error_forcing/finite_difference.hpp>
#include <error_forcing/learning_rule.hpp>
#include <error_forcing/m_step.hpp>
#include <error_forcing/reference_bptt.hpp>
#include <error_forcing/rollout.hpp>
#include <error_forcing/rtrl.hpp>
#include <error_forcing/statistics.hpp>

#include "definition.hpp"
#include "points.hpp"

namespace error_forcing::certification {

namespace {

template <typename Scalar>
Network<Scalar> with(const Network<Scalar>& network, const Parameters<Scalar>& parameters) {
  return {parameters, network.leak, network.activation, network.initial_state};
}

// Judges a gradient by the finite differences of its objective at one point.
template <typename Scalar, typename Value>
void judge(const Parameters<Scalar>& claimed, Value objective_at, const Point<Scalar>& point,
           Measurement& found) {
  const auto estimate = finite_difference<Scalar>(
      [&](const Parameters<Scalar>& p) { return objective_at(with(point.network, p)); },
      point.network.parameters);
  include_gradient<Scalar>(claimed, estimate, point.name, found);
}

template <typename Scalar>
Measurement reparameterised_differences(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, batch, noise] = point;
    infer<Scalar>(GreedyPosterior<Scalar>{noise}, network, batch, trajectory);
    const Reparameterised<Scalar> m_step{noise.R};
    const auto claimed = ascent_direction(m_step, network, batch, trajectory);
    judge<Scalar>(
        claimed,
        [&](const Network<Scalar>& other) {
          replay(other, batch, trajectory);
          return non_centred_log_likelihood(m_step, other, batch, trajectory);
        },
        point, found);
  });
}

template <typename Scalar>
Measurement reparameterised_loops(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, batch, noise] = point;
    infer<Scalar>(GreedyPosterior<Scalar>{noise}, network, batch, trajectory);
    const auto engine =
        ascent_direction(Reparameterised<Scalar>{noise.R}, network, batch, trajectory);
    const auto loops = reference_gradient<Scalar>(network, batch, trajectory.displacements,
                                                  ReadFrom::after_forcing, noise.R);
    found.include(static_cast<double>(relative_distance(engine, loops)), name);
  });
}

template <typename Scalar>
Measurement paper_form_differences(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, batch, noise] = point;
    infer<Scalar>(ErrorForcing<Scalar>{Scalar(0.5)}, network, batch, trajectory);
    const auto claimed = ascent_direction(PaperForm{}, network, batch, trajectory);
    const Scalar scale = Scalar(-1) / 2 * static_cast<Scalar>(observed_entries(batch));
    judge<Scalar>(
        claimed,
        [&](const Network<Scalar>& other) {
          replay(other, batch, trajectory);
          return scale * objective(other, batch, trajectory, no_penalties).loss;
        },
        point, found);
  });
}

template <typename Scalar>
Measurement paper_form_loops(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, batch, noise] = point;
    infer<Scalar>(ErrorForcing<Scalar>{Scalar(0.5)}, network, batch, trajectory);
    const auto engine = ascent_direction(PaperForm{}, network, batch, trajectory);
    const auto loops = reference_gradient<Scalar>(network, batch, trajectory.displacements,
                                                  ReadFrom::before_forcing);
    found.include(static_cast<double>(relative_distance(engine, loops)), name);
  });
}

constexpr Penalties strong_penalties{1e-2, 1e-2};  // visible beside the loss

// Traces forward in time against the recursion backward, by both kept parts and feedbacks.
template <typename Scalar>
Measurement traces_as_recursion(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [&](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, batch, noise] = point;
    infer<Scalar>(ErrorForcing<Scalar>{Scalar(0.5)}, network, batch, trajectory);
    auto forward = zero_like(network.parameters), reverse = forward;
    for (KeptJacobian kept : {KeptJacobian::leak, KeptJacobian::diagonal})
      for (const Matrix<Scalar>& B :
           {symmetric_feedback(network),
            random_feedback<Scalar>(network.units(), network.outputs(), seed)}) {
        auto traces = make_eligibility_traces(kept, network, batch);
        traced_gradient(network, batch, strong_penalties, B, trajectory, traces, forward);
        truncated_gradient(kept, network, batch, strong_penalties, B, trajectory, reverse);
        found.include(static_cast<double>(relative_distance(forward, reverse)), name);
      }
  });
}

template <typename Scalar>
Measurement rtrl_as_bptt(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, batch, noise] = point;
    infer<Scalar>(ErrorForcing<Scalar>{Scalar(0.5)}, network, batch, trajectory);
    auto forward = zero_like(network.parameters);
    Sensitivity<Scalar> sensitivity(network.units(), network.inputs());
    rtrl_gradient(network, batch, no_penalties, symmetric_feedback(network), trajectory,
                  sensitivity, forward);
    auto loops = reference_gradient<Scalar>(network, batch, trajectory.displacements,
                                            ReadFrom::before_forcing);
    auto descent = zero_like(loops);
    add_scaled(descent, Scalar(-2) / static_cast<Scalar>(observed_entries(batch)), loops);
    found.include(static_cast<double>(relative_distance(forward, descent)), name);
  });
}

// Displacements replayed as constants.
template <typename Scalar>
Measurement routed_held(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, batch, noise] = point;
    auto claimed = zero_like(network.parameters);
    const LearningRule<Scalar> rule{ErrorForcing<Scalar>{Scalar(0.6)}, Routing::held};
    objective_gradient(rule, network, batch, strong_penalties, trajectory, claimed);
    judge<Scalar>(
        claimed,
        [&](const Network<Scalar>& other) {
          replay(other, batch, trajectory);
          return objective(other, batch, trajectory, strong_penalties).total();
        },
        point, found);
  });
}

// Displacements inferred anew at every weight.
template <typename Scalar>
void judge_through(const EStep<Scalar>& e_step, const Point<Scalar>& point, Measurement& found) {
  const auto& [name, network, batch, noise] = point;
  auto trajectory = make_trajectory(network, batch);
  auto claimed = zero_like(network.parameters);
  const LearningRule<Scalar> rule{e_step, Routing::through};
  objective_gradient(rule, network, batch, strong_penalties, trajectory, claimed);
  judge<Scalar>(
      claimed,
      [&](const Network<Scalar>& other) {
        infer(e_step, other, batch, trajectory);
        return objective(other, batch, trajectory, strong_penalties).total();
      },
      point, found);
}

template <typename Scalar>
Measurement error_forcing_through(std::uint64_t seed) {
  Measurement found;
  for (const auto& point : points<Scalar>(seed))
    judge_through<Scalar>(ErrorForcing<Scalar>{Scalar(0.6)}, point, found);
  return found;
}

template <typename Scalar>
Measurement teacher_forcing_through(std::uint64_t seed) {
  Measurement found;
  for (const auto& point : points<Scalar>(seed))
    judge_through<Scalar>(TeacherForcing<Scalar>{Scalar(0.4)}, point, found);
  return found;
}

// The released code reads every target where output 0 is observed: give it numbers there.
template <typename Scalar>
Measurement released_through(std::uint64_t seed) {
  Measurement found;
  for (auto point : points<Scalar>(seed)) {
    auto& targets = point.batch.targets;
    for (Index tile = 0; tile < targets.layout().tiles(); ++tile)
      for (Index step = 1; step <= targets.layout().steps; ++step) {
        auto y = targets.at(tile, step);
        y = (y.array() == y.array()).select(y, Scalar(0.25));
      }
    const Scalar ridge(released_ridge);
    judge_through<Scalar>(TeacherForcing<Scalar>{Scalar(0.4), ridge, true}, point, found);
    judge_through<Scalar>(ErrorForcing<Scalar>{Scalar(0.6), ridge, true}, point, found);
  }
  return found;
}

// h_t = (1 - c) u_t + c (target state), the target states replayed as constants.
template <typename Scalar>
Measurement teacher_forcing_damped(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, batch, noise] = point;
    auto claimed = zero_like(network.parameters);
    const Scalar c(0.4);
    const LearningRule<Scalar> rule{TeacherForcing<Scalar>{c}, Routing::damped};
    objective_gradient(rule, network, batch, strong_penalties, trajectory, claimed);
    const auto forced = trajectory;  // c * target = h_t - (1 - c) u_t
    const auto pull = [&](Index tile, Index step) {
      const auto u = trajectory.states_before.at(tile, step);
      const auto target =
          forced.states.at(tile, step) - (1 - c) * forced.states_before.at(tile, step);
      for (Index lane = 0; lane < u.cols(); ++lane) {
        const bool observed = batch.mask.at(tile, step).col(lane).maxCoeff() > 0;
        auto nu = trajectory.displacements.at(tile, step).col(lane);
        if (observed)
          nu = target.col(lane) - c * u.col(lane);
        else
          nu.setZero();
      }
    };
    judge<Scalar>(
        claimed,
        [&](const Network<Scalar>& other) {
          rollout(other, batch, pull, trajectory);
          return objective(other, batch, trajectory, strong_penalties).total();
        },
        point, found);
  });
}

}  // namespace

std::vector<Definition> gradient_claims() {
  return {
      {{"S2", "reparameterised gradient = derivative of l_nc at fixed noise",
        "adjoint recursion | finite differences"},
       differences,
       IN_DOUBLE_AND_QUAD(reparameterised_differences)},
      {{"S2-loops", "reparameterised gradient = textbook BPTT, trial by trial",
        "adjoint recursion | plain loops"},
       rounding,
       IN_DOUBLE_AND_QUAD(reparameterised_loops)},
      {{"S3", "paper's form = -1/2 (sum m) x gradient of the loss (M8) at frozen displacements",
        "adjoint recursion | finite differences"},
       differences,
       IN_DOUBLE_AND_QUAD(paper_form_differences)},
      {{"S3-loops", "paper's form = textbook BPTT, trial by trial",
        "adjoint recursion | plain loops"},
       rounding,
       IN_DOUBLE_AND_QUAD(paper_form_loops)},
      {{"S7", "RTRL, exact and forward in time, is textbook BPTT with displacements held",
        "sensitivities | plain loops"},
       rounding,
       IN_DOUBLE_AND_QUAD(rtrl_as_bptt)},
      {{"I10", "RFLO and SnAp-1: traces are the adjoint recursion with J cut to its kept part",
        "eligibility traces | truncated adjoint"},
       rounding,
       IN_DOUBLE_AND_QUAD(traces_as_recursion)},
      {{"E1-held", "EF as published: gradient of loss and penalties with displacements held",
        "adjoint recursion | finite differences"},
       differences,
       IN_DOUBLE_AND_QUAD(routed_held)},
      {{"E1-through", "EF differentiated through the correction, I - c C+C and C+(C)",
        "adjoint recursion | finite differences"},
       differences,
       IN_DOUBLE_AND_QUAD(error_forcing_through)},
      {{"E2-through", "GTF differentiated through the correction and C+(C)",
        "adjoint recursion | finite differences"},
       differences,
       IN_DOUBLE_AND_QUAD(teacher_forcing_through)},
      {{"E2-damped", "GTF towards constant states: adjoints damped by 1 - c",
        "adjoint recursion | finite differences"},
       differences,
       IN_DOUBLE_AND_QUAD(teacher_forcing_damped)},
      {{"released", "GTF and EF with the released code's target, ridge and mask, through C+(C)",
        "adjoint recursion | finite differences"},
       differences,
       IN_DOUBLE_AND_QUAD(released_through)},
  };
}

}  // namespace error_forcing::certification
