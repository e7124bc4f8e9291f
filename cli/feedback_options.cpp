#include "feedback_options.hpp"

#include <error_forcing/errors.hpp>

#include "command_line.hpp"

namespace error_forcing::cli {

void add_feedback_options(CLI::App& command, FeedbackOptions& options) {
  command
      .add_option("--feedback", options.kind,
                  "rflo, snap1, rtrl and with ef: the error reaches the units by C' (symmetric) or "
                  "by a fixed random matrix")
      ->check(CLI::IsMember({"symmetric", "random"}));
  command.add_option("--feedback-seed", options.seed, "Seed of the random feedback")
      ->check(is_seed)
      ->default_str("");
}

void adopt_feedback(CLI::App& command, const FeedbackOptions& options, RuleOptions& rule) {
  auto* seed = command.get_option("--feedback-seed");
  const bool random = options.kind == "random";
  require(random || seed->count() == 0,
          "--feedback-seed: is of random feedback; add --feedback random");
  if (!random) return;
  rule.feedback_seed = options.seed;
  seed->default_str(fmt::format("{}", options.seed));  // for the command that is kept
}

}  // namespace error_forcing::cli
