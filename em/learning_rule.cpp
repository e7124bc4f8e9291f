#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/learning_rule.hpp>
#include <error_forcing/readout_gain.hpp>
#include <error_forcing/rtrl.hpp>

namespace error_forcing {

const std::vector<std::string>& rule_names() {
  static const std::vector<std::string> names{"bptt",    "tf",    "gtf",      "ef",  "rflo",
                                              "ef-rflo", "snap1", "ef-snap1", "rtrl"};
  return names;
}

const std::vector<std::string>& forward_rule_names() {
  static const std::vector<std::string> names{"rflo", "ef-rflo", "snap1", "ef-snap1", "rtrl"};
  return names;
}

const std::vector<std::string>& error_forcing_rule_names() {
  static const std::vector<std::string> names{"ef", "ef-rflo", "ef-snap1"};
  return names;
}

namespace {

bool is_one_of(const std::string& name, const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Another direction than C+: chosen for a rule that has the choice, and a gain beyond 1 with it.
void check_forcing(const RuleOptions& options) {
  const bool published = options.forcing.direction == ForcingDirection::pseudoinverse;
  require(options.gain >= 0 && (options.gain <= 1 || !published) && std::isfinite(options.gain),
          "gain: want a value in [0, 1], got {}{}", options.gain,
          published ? "" : "; or above it, but finite, with this forcing feedback");
  if (published) return;
  require(is_one_of(options.name, error_forcing_rule_names()),
          "forcing feedback: {} has none to choose; other than the pseudoinverse is for {}",
          options.name, fmt::join(error_forcing_rule_names(), ", "));
  require(!options.as_released,
          "forcing feedback: the released code forces along the pseudoinverse; take it, or drop "
          "as-released");
}

bool is_forward(const std::string& name) { return is_one_of(name, forward_rule_names()); }

// The released "RFLO" keeps each unit's own path: it is SnAp-1.
Credit credit_of(const RuleOptions& options) {
  if (options.name == "rtrl") return Credit::rtrl;
  return options.name.ends_with("rflo") && !options.as_released ? Credit::rflo : Credit::snap1;
}

template <typename Scalar>
EStep<Scalar> forward_e_step(const RuleOptions& options, Scalar gain, Scalar ridge) {
  if (!options.name.starts_with("ef-")) return FreeRunning{};
  if (options.name == "ef-rflo" && options.as_released) return CausalForcing<Scalar>{gain, ridge};
  return ErrorForcing<Scalar>{gain, ridge, options.as_released, options.forcing};
}

template <typename Scalar>
LearningRule<Scalar> make_forward_rule(const RuleOptions& options, Scalar gain, Scalar ridge) {
  require(options.routing.value_or(Routing::held) == Routing::held,
          "routing: {} holds the displacements fixed; use held", options.name);
  return {forward_e_step(options, gain, ridge), Routing::held, credit_of(options),
          options.feedback_seed};
}

}  // namespace

template <typename Scalar>
LearningRule<Scalar> make_rule(const RuleOptions& options) {
  check_forcing(options);
  const Scalar gain(options.gain);
  const Scalar ridge(options.ridge.value_or(options.as_released ? released_ridge : 0));
  require(ridge >= 0, "ridge: want a value >= 0, got {}", static_cast<double>(ridge));
  if (is_forward(options.name)) return make_forward_rule(options, gain, ridge);
  require(!options.feedback_seed, "feedback: {} has none to choose; random is for {}", options.name,
          fmt::join(forward_rule_names(), ", "));
  const Routing held = options.routing.value_or(Routing::held);
  if (options.name == "bptt") return {FreeRunning{}, held};
  if (options.name == "ef")
    return {ErrorForcing<Scalar>{gain, ridge, options.as_released, options.forcing}, held};
  require(options.name == "tf" || options.name == "gtf", "rule: unknown name '{}'; use one of {}",
          options.name, fmt::join(rule_names(), ", "));
  const Routing by_default = options.as_released ? Routing::through : Routing::held;
  return {TeacherForcing<Scalar>{gain, ridge, options.as_released},
          options.routing.value_or(by_default)};
}

namespace {

// Everything the gradient of one routing is made from.
template <typename Scalar>
struct Pass {
  const Network<Scalar>& network;
  const Batch<Scalar>& batch;
  const Penalties& penalties;
  Trajectory<Scalar>& trajectory;
  Parameters<Scalar>& gradient;
};

template <typename Scalar>
void route_held(const Pass<Scalar>& pass) {
  objective_gradient_held(pass.network, pass.batch, pass.penalties, pass.trajectory, pass.gradient);
}

template <typename Scalar>
void route_damped(const TeacherForcing<Scalar>& e_step, const Pass<Scalar>& pass) {
  objective_gradient_damped(pass.network, pass.batch, feedback(e_step, pass.network),
                            pass.penalties, pass.trajectory, pass.gradient);
}
template <typename Scalar, typename Other>
void route_damped(const Other&, const Pass<Scalar>&) {
  throw InvalidInput(
      "routing: damped is for teacher forcing, whose target is a fixed state; use held or through");
}

template <typename Scalar>
Matrix<Scalar> pullback_to_readout(const TeacherForcing<Scalar>& e_step, const Matrix<Scalar>& C,
                                   const Matrix<Scalar>& dL_dK) {
  return readout_gain_pullback(C, e_step.gain, e_step.ridge, dL_dK);
}
template <typename Scalar>
Matrix<Scalar> pullback_to_readout(const ErrorForcing<Scalar>& e_step, const Matrix<Scalar>& C,
                                   const Matrix<Scalar>& dL_dK) {
  return forcing_pullback(e_step.forcing, C, e_step.gain, e_step.ridge, dL_dK);
}

// Teacher and error forcing: through the feedback, then from its gain to C.
template <typename Forcing, typename Scalar>
void route_through(const Forcing& e_step, const Pass<Scalar>& pass) {
  Matrix<Scalar> dL_dK;
  objective_gradient_through(pass.network, pass.batch, feedback(e_step, pass.network),
                             pass.penalties, pass.trajectory, pass.gradient, dL_dK);
  pass.gradient.C += pullback_to_readout(e_step, pass.network.parameters.C, dL_dK);
}
template <typename Scalar>
void route_through(const FreeRunning&, const Pass<Scalar>& pass) {
  route_held(pass);
}
template <typename Scalar>
void route_through(const GreedyPosterior<Scalar>&, const Pass<Scalar>&) {
  throw InvalidInput("routing: the greedy posterior's displacements are held fixed; use held");
}
template <typename Scalar>
void route_through(const CausalForcing<Scalar>&, const Pass<Scalar>&) {
  throw InvalidInput("routing: causal forcing's displacements are held fixed; use held");
}

// B of the learning signal.
template <typename Scalar>
Matrix<Scalar> signal_feedback(const LearningRule<Scalar>& rule, const Network<Scalar>& network) {
  return rule.feedback_seed
             ? random_feedback<Scalar>(network.units(), network.outputs(), *rule.feedback_seed)
             : symmetric_feedback(network);
}

KeptJacobian kept_by(Credit credit) {
  return credit == Credit::rflo ? KeptJacobian::leak : KeptJacobian::diagonal;
}

// Anything but back-propagation.
template <typename Scalar>
void assign_credit(const LearningRule<Scalar>& rule, const Pass<Scalar>& pass) {
  require(rule.routing == Routing::held,
          "routing: only back-propagation passes through the forcing; use held");
  const auto& [network, batch, penalties, trajectory, gradient] = pass;
  const Matrix<Scalar> feedback = signal_feedback(rule, network);
  if (rule.credit == Credit::rtrl) {
    Sensitivity<Scalar> sensitivity(network.units(), network.inputs());
    return rtrl_gradient(network, batch, penalties, feedback, trajectory, sensitivity, gradient);
  }
  truncated_gradient(kept_by(rule.credit), network, batch, penalties, feedback, trajectory,
                     gradient);
}

template <typename Scalar>
void back_propagate(const LearningRule<Scalar>& rule, const Pass<Scalar>& pass) {
  require(!rule.feedback_seed, "feedback: back-propagation has none to choose; leave out its seed");
  switch (rule.routing) {
    case Routing::held: route_held(pass); break;
    case Routing::damped:
      std::visit([&](const auto& e_step) { route_damped(e_step, pass); }, rule.e_step);
      break;
    case Routing::through:
      std::visit([&](const auto& e_step) { route_through(e_step, pass); }, rule.e_step);
      break;
  }
}

}  // namespace

template <typename Scalar>
Objective<Scalar> objective_gradient(const LearningRule<Scalar>& rule,
                                     const Network<Scalar>& network, const Batch<Scalar>& batch,
                                     const Penalties& penalties, Trajectory<Scalar>& trajectory,
                                     Parameters<Scalar>& gradient) {
  infer(rule.e_step, network, batch, trajectory);
  const Pass<Scalar> pass{network, batch, penalties, trajectory, gradient};
  if (rule.credit == Credit::back_propagation)
    back_propagate(rule, pass);
  else
    assign_credit(rule, pass);
  return objective(network, batch, trajectory, penalties);
}

namespace {

// The feedback that an E-step amounts to, if it is one.
template <typename Forcing, typename Scalar>
std::optional<Feedback<Scalar>> as_feedback(const Forcing& e_step, const Network<Scalar>& network) {
  return feedback(e_step, network);
}
template <typename Scalar>
std::optional<Feedback<Scalar>> as_feedback(const FreeRunning&, const Network<Scalar>&) {
  return no_feedback<Scalar>();
}
template <typename Scalar>
std::optional<Feedback<Scalar>> as_feedback(const GreedyPosterior<Scalar>&,
                                            const Network<Scalar>&) {
  return {};
}
template <typename Scalar>
std::optional<Feedback<Scalar>> as_feedback(const CausalForcing<Scalar>&, const Network<Scalar>&) {
  return {};
}

}  // namespace

template <typename Scalar>
bool is_fused(const LearningRule<Scalar>& rule) {
  const bool teacher = std::holds_alternative<TeacherForcing<Scalar>>(rule.e_step);
  const bool feedback = !std::holds_alternative<GreedyPosterior<Scalar>>(rule.e_step) &&
                        !std::holds_alternative<CausalForcing<Scalar>>(rule.e_step);
  if (!feedback || rule.credit == Credit::rtrl) return false;
  if (rule.credit != Credit::back_propagation) return rule.routing == Routing::held;
  return !rule.feedback_seed &&
         (rule.routing == Routing::held || (teacher && rule.routing == Routing::damped));
}

template <typename Scalar>
GradientMemory<Scalar> make_gradient_memory(const LearningRule<Scalar>& rule, const Layout& layout,
                                            Index units, Index inputs, Index outputs, int threads) {
  if (is_fused(rule)) return FusedWorkspace<Scalar>(layout, units, inputs, outputs, threads);
  return Trajectory<Scalar>(layout, units, outputs);
}

template <typename Scalar>
Objective<Scalar> objective_gradient(const LearningRule<Scalar>& rule,
                                     const Network<Scalar>& network, const Batch<Scalar>& batch,
                                     const Penalties& penalties, GradientMemory<Scalar>& memory,
                                     Parameters<Scalar>& gradient) {
  if (auto* trajectory = std::get_if<Trajectory<Scalar>>(&memory))
    return objective_gradient(rule, network, batch, penalties, *trajectory, gradient);
  require(is_fused(rule),
          "rule: the memory was made for a rule of another kind; make one for this");
  const auto feedback =
      std::visit([&](const auto& e_step) { return as_feedback(e_step, network); }, rule.e_step);
  auto& workspace = std::get<FusedWorkspace<Scalar>>(memory);
  if (rule.credit != Credit::back_propagation)
    return fused_truncated_gradient(kept_by(rule.credit), network, batch, *feedback,
                                    signal_feedback(rule, network), penalties, workspace, gradient);
  const Adjoint adjoint = rule.routing == Routing::damped ? Adjoint::damped : Adjoint::held;
  return fused_gradient(network, batch, *feedback, adjoint, penalties, workspace, gradient);
}

#define INSTANTIATE_FUSED(Scalar)                                                                  \
  template bool is_fused(const LearningRule<Scalar>&);                                             \
  template GradientMemory<Scalar> make_gradient_memory(const LearningRule<Scalar>&, const Layout&, \
                                                       Index, Index, Index, int);                  \
  template Objective<Scalar> objective_gradient(                                                   \
      const LearningRule<Scalar>&, const Network<Scalar>&, const Batch<Scalar>&, const Penalties&, \
      GradientMemory<Scalar>&, Parameters<Scalar>&);
INSTANTIATE_FUSED(float)
INSTANTIATE_FUSED(double)

#define INSTANTIATE(Scalar)                                                                        \
  template LearningRule<Scalar> make_rule<Scalar>(const RuleOptions&);                             \
  template Objective<Scalar> objective_gradient(                                                   \
      const LearningRule<Scalar>&, const Network<Scalar>&, const Batch<Scalar>&, const Penalties&, \
      Trajectory<Scalar>&, Parameters<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
