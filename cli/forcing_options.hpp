#pragma once
// The options that say along which direction error forcing moves the state, for every subcommand
// that takes a rule. They are apart from --feedback, by which an error reaches the weights.

#include <CLI/CLI.hpp>
#include <error_forcing/learning_rule.hpp>

namespace error_forcing::cli {

/// What was given.
struct ForcingOptions {
  std::string feedback = "pseudoinverse";
  double angle = 45;
  std::uint64_t seed = 1;
};

/// What --gain means, wherever there is a choice of forcing feedback.
inline const std::string gain_meaning =
    "c of the rules that force, in [0, 1]; above it with --forcing-feedback";

/// Adds --forcing-feedback, --forcing-angle and --forcing-seed.
void add_forcing_options(CLI::App& command, ForcingOptions& options);

/// Refuses an angle or a seed that the chosen feedback does not have; shows the defaults of those
/// that it has.
ForcingFeedback chosen_forcing(CLI::App& command, const ForcingOptions& options);

/// One line on standard error, with the numbers, if the rule's forcing makes errors of this readout
/// grow (F2). That may be what is studied: nothing is refused. `which` names the readout.
void warn_where_errors_grow(const RuleOptions& rule, const Matrix<double>& C,
                            const std::string& which);

}  // namespace error_forcing::cli
