#pragma once
// A learning rule of the paper: an E-step, and the way the gradient of the training objective is
// routed through it. `held` is the M-step (S3); the others are gradients of other objectives.
//
//   rule               E-step               routing                  credit through time
//   bptt               free-running         held                     back-propagation
//   tf, gtf            teacher forcing      held | damped | through  back-propagation
//   ef                 error forcing        held | through           back-propagation
//   rtrl               free-running         held                     forward, exact (S7)
//   snap1, ef-snap1    free, error forcing  held                     each unit's own path (S6)
//   rflo, ef-rflo      free, error forcing  held                     the leak alone (S6)
//
// As released, rflo and ef-rflo keep each unit's own path, as SnAp-1 does, and ef-rflo forces by
// the error of the step before (causal_forcing.hpp).
//
// Laws: each routing is the exact gradient of its own objective (objective_gradient.hpp) where
// credit is exact: with back-propagation and RTRL, which agree to rounding. The readout's gradient
// is exact under every rule.

#include <error_forcing/e_step.hpp>
#include <error_forcing/fused_gradient.hpp>
#include <error_forcing/objective_gradient.hpp>
#include <error_forcing/truncated_adjoint.hpp>
#include <optional>
#include <string>
#include <vector>

namespace error_forcing {

enum class Routing {
  held,    ///< the displacements are constants, as error forcing is published
  damped,  ///< teacher forcing's target states are constants
  through  ///< displacements depend on the state, and on C and d through C+
};

/// How credit travels through time, from an error to the weights.
enum class Credit {
  back_propagation,  ///< the adjoint recursion
  rflo,              ///< J replaced by (1-a) I
  snap1,             ///< J replaced by its diagonal
  rtrl               ///< forward, exact; small networks
};

template <typename Scalar>
struct LearningRule {
  EStep<Scalar> e_step;
  Routing routing = Routing::held;
  Credit credit = Credit::back_propagation;  ///< others only with routing held
  /// The seed of the fixed random matrix in place of C' in the learning signal; not with
  /// back-propagation.
  std::optional<std::uint64_t> feedback_seed = {};
};

/// A rule by name, as the program's options give it.
struct RuleOptions {
  std::string name = "ef";  ///< one of rule_names()
  double gain = 1;  ///< c of the rules that force, in [0, 1]; >= 0 with `forcing` other than C+
  std::optional<double> ridge = {};     ///< rho >= 0; by default 0, or 1e-7 as released
  std::optional<Routing> routing = {};  ///< by default held, or through for tf and gtf as released
  bool as_released = false;             ///< follow the released PyTorch code where it deviates
  /// Of a rule of forward_rule_names(): the seed of its fixed random feedback; symmetric without.
  std::optional<std::uint64_t> feedback_seed = {};
  ForcingFeedback forcing = {};  ///< of a rule of error_forcing_rule_names(); not as released
};

const std::vector<std::string>& rule_names();

/// Those whose credit is not back-propagated: held, and with symmetric or random feedback.
const std::vector<std::string>& forward_rule_names();

/// Those that force by the error, (E1), along C+ or another direction.
const std::vector<std::string>& error_forcing_rule_names();

/// Throws InvalidInput for an unknown name, a gain out of range, a ridge below 0, a routing that
/// is not `held` with a forward rule, random feedback with another, or a forcing feedback with a
/// rule that has none to choose.
template <typename Scalar>
LearningRule<Scalar> make_rule(const RuleOptions& options);

/// Infers, then writes the gradient of the objective; returns its parts at the forced trajectory.
/// Throws InvalidInput where routing, credit and E-step do not go together, and for RTRL of a large
/// network.
template <typename Scalar>
Objective<Scalar> objective_gradient(const LearningRule<Scalar>& rule,
                                     const Network<Scalar>& network, const Batch<Scalar>& batch,
                                     const Penalties& penalties, Trajectory<Scalar>& trajectory,
                                     Parameters<Scalar>& gradient);

/// Whether the fused engine knows the rule: held and damped feedback, and of the forward rules RFLO
/// and SnAp-1, unless they force causally.
template <typename Scalar>
bool is_fused(const LearningRule<Scalar>& rule);

/// The reusable memory of objective_gradient() where nobody looks at the trajectory: that of the
/// fused engine for the rules that it knows, a trajectory for others.
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
