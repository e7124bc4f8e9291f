// ef gradient: the gradient of any network and batch from another program.

#include <fmt/format.h>

#include <error_forcing/archive.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/learning_rule.hpp>
#include <map>
#include <memory>

#include "case_reader.hpp"
#include "feedback_options.hpp"
#include "forcing_options.hpp"
#include "subcommands.hpp"

namespace error_forcing::cli {

namespace {

struct GradientOptions {
  std::string case_file, group = "/", out, precision = "double", routing;
  double ridge = 0;
  FeedbackOptions feedback;
  RuleOptions rule;
  ForcingOptions forcing;
  Penalties penalties;
};

const std::map<std::string, Routing> routings{
    {"held", Routing::held}, {"damped", Routing::damped}, {"through", Routing::through}};

template <typename Scalar>
std::vector<NamedArray> compute(const GradientOptions& options, const Case& input) {
  const auto network = cast<Scalar>(input.network);
  const auto batch = cast<Scalar>(input.batch);
  const auto rule = make_rule<Scalar>(options.rule);
  auto trajectory = make_trajectory(network, batch);
  auto gradient = zero_like(network.parameters), total_gradient = gradient;
  objective_gradient(rule, network, batch, no_penalties, trajectory, gradient);
  const auto value =
      objective_gradient(rule, network, batch, options.penalties, trajectory, total_gradient);

  std::vector<NamedArray> arrays{named_array("states_before", trajectory.states_before),
                                 named_array("states", trajectory.states),
                                 named_array("outputs", trajectory.outputs),
                                 named_array("loss", static_cast<double>(value.loss)),
                                 named_array("objective", static_cast<double>(value.total()))};
  for (auto& array : named_arrays("grad_", gradient)) arrays.push_back(std::move(array));
  for (auto& array : named_arrays("total_grad_", total_gradient))
    arrays.push_back(std::move(array));
  return arrays;
}

void run(GradientOptions options, bool ridge_given) {
  if (ridge_given) options.rule.ridge = options.ridge;
  if (!options.routing.empty()) options.rule.routing = routings.at(options.routing);
  const Case input = read_case_safely(options.case_file, options.group);
  const auto arrays = options.precision == "float" ? compute<float>(options, input)
                                                   : compute<double>(options, input);
  write_arrays(options.out, arrays);
  warn_where_errors_grow(options.rule, input.network.parameters.C, "this readout");
  const Layout& layout = input.batch.layout();
  fmt::print("{}: {} of {} units, {} trials x {} steps -> {}\n", options.case_file,
             options.rule.name, input.network.units(), layout.trials, layout.steps, options.out);
}

}  // namespace

void add_gradient(CLI::App& program, int&) {
  auto options = std::make_shared<GradientOptions>();
  auto* command = program.add_subcommand("gradient", "The gradient of a case from another program");
  command
      ->add_option("case", options->case_file,
                   "CASE.h5: W U b C d inputs targets mask; attributes leak, activation")
      ->required();
  command->add_option("--group", options->group, "Group of CASE.h5 that holds the case");
  command->add_option("--rule", options->rule.name, "Learning rule")
      ->check(CLI::IsMember(rule_names()));
  command->add_option("--gain", options->rule.gain, gain_meaning);
  add_forcing_options(*command, options->forcing);
  auto* ridge = command->add_option("--ridge", options->ridge,
                                    "rho >= 0 of C+; by default 0, as released 1e-7");
  command
      ->add_option("--routing", options->routing,
                   "Gradient through the forcing: held (default), damped or through")
      ->check(CLI::IsMember({"held", "damped", "through"}));
  add_feedback_options(*command, options->feedback);
  command->add_flag("--as-released", options->rule.as_released,
                    "Follow the released PyTorch code where it deviates from the paper");
  command->add_option("--precision", options->precision, "float or double")
      ->check(CLI::IsMember({"float", "double"}));
  command->add_option("--activity-penalty", options->penalties.activity,
                      "Weight of the mean squared state in the objective");
  command->add_option("--readout-penalty", options->penalties.readout,
                      "Weight of the readout's penalty in the objective");
  command->add_option("--out", options->out, "OUT.h5: states, outputs, loss, gradients")
      ->required();
  command->callback([options, command, ridge] {
    options->rule.forcing = chosen_forcing(*command, options->forcing);
    adopt_feedback(*command, options->feedback, options->rule);
    run(*options, ridge->count() > 0);
  });
}

}  // namespace error_forcing::cli
