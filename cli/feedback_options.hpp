#pragma once
// The options that say how the error reaches the units, for every subcommand with a learning rule.

#include <CLI/CLI.hpp>
#include <error_forcing/learning_rule.hpp>

namespace error_forcing::cli {

struct FeedbackOptions {
  std::string kind = "symmetric";
  std::uint64_t seed = 1;
};

/// Adds --feedback and --feedback-seed.
void add_feedback_options(CLI::App& command, FeedbackOptions& options);

/// Sets the rule's feedback to what was given. Refuses a seed of feedback that is not random.
void adopt_feedback(CLI::App& command, const FeedbackOptions& options, RuleOptions& rule);

}  // namespace error_forcing::cli
