#pragma once
// A learning rule of the paper: an E-step, and the way the gradient of the training objective is
// routed through it. `held` is the M-step (S3); the others are gradients of other objectives.
//
//   rule        E-step               routing
//   bptt        free-running         held
//   tf, gtf     teacher forcing      held | damped | through
//   ef          error forcing        held | through
//
// Law: each routing is the exact gradient of its own objective (objective_gradient.hpp).

#include <error_forcing/e_step.hpp>
#include <error_forcing/fused_gradient.hpp>
#include <error_forcing/objective_gradient.hpp>
#include <optional>
#include <string>
#include <vector>

namespace error_forcing {

enum class Routing {
  held,    ///< the displacements are constants, as error forcing is published
  damped,  ///< teacher forcing's target states are constants
  through  ///< displacements depend on the state, and on C and d through C+
};

template <typename Scalar>
struct LearningRule {
  EStep<Scalar> e_step;
  Routing routing = Routing::held;
};

/// A rule by name, as the program's options give it.
struct RuleOptions {
  std::string name = "ef";              ///< one of rule_names()
  double gain = 1;                      ///< c of tf, gtf and ef, in [0, 1]
  std::optional<double> ridge = {};     ///< rho >= 0; by default 0, or 1e-7 as released
  std::optional<Routing> routing = {};  ///< by default held, or through for tf and gtf as released
  bool as_released = false;             ///< follow the released PyTorch code where it deviates
};

const std::vector<std::string>& rule_names();

/// Throws InvalidInput for an unknown name, a gain outside [0, 1] or a ridge below 0.
template <typename Scalar>
LearningRule<Scalar> make_rule(const RuleOptions& options);

/// Infers, then writes the gradient of the objective; returns its parts at the forced trajectory.
/// Throws InvalidInput where the routing has no meaning for the E-step.
template <typename Scalar>
Objective<Scalar> objective_gradient(const LearningRule<Scalar>& rule,
                                     const Network<Scalar>& network, const Batch<Scalar>& batch,
                                     const Penalties& penalties, Trajectory<Scalar>& trajectory,
                                     Parameters<Scalar>& gradient);

/// The reusable memory of objective_gradient() where nobody looks at the trajectory: that of the
/// fused engine for the rules that it knows (held and damped feedback), a trajectory for others.
template <typename Scalar>
using GradientMemory = std::variant<FusedWorkspace<Scalar>, Trajectory<Scalar>>;

/// float and double. `threads` share the batch where the fused engine runs.
template <typename Scalar>
GradientMemory<Scalar> make_gradient_memory(const LearningRule<Scalar>& rule, const Layout& layout,
                                            Index units, Index inputs, Index outputs,
                                            int threads = 1);

/// The same objective and gradient to rounding, whichever memory it is.
template <typename Scalar>
Objective<Scalar> objective_gradient(const LearningRule<Scalar>& rule,
                                     const Network<Scalar>& network, const Batch<Scalar>& batch,
                                     const Penalties& penalties, GradientMemory<Scalar>& memory,
                                     Parameters<Scalar>& gradient);

}  // namespace error_forcing
