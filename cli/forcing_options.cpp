#include "forcing_options.hpp"

#include <fmt/format.h>

#include <error_forcing/errors.hpp>
#include <error_forcing/forcing_stability.hpp>
#include <map>

#include "command_line.hpp"

namespace error_forcing::cli {

namespace {

const std::map<std::string, ForcingDirection> directions{
    {"pseudoinverse", ForcingDirection::pseudoinverse},
    {"transpose", ForcingDirection::transpose},
    {"random", ForcingDirection::random},
    {"misaligned", ForcingDirection::misaligned}};

// Refused where it means nothing, shown where it means something.
template <typename Value>
void keep_if(bool meant, CLI::Option& option, const Value& value, const std::string& remedy) {
  require(meant || option.count() == 0, "{}: {}", option.get_name(), remedy);
  if (meant) option.default_str(fmt::format("{}", value));
}

}  // namespace

void add_forcing_options(CLI::App& command, ForcingOptions& options) {
  command
      .add_option("--forcing-feedback", options.feedback,
                  "ef, ef-rflo, ef-snap1: the error moves the state along C+ (pseudoinverse), C' "
                  "(transpose), a fixed random matrix, or C+ turned out of alignment")
      ->check(CLI::IsMember(directions));
  command
      .add_option("--forcing-angle", options.angle,
                  "misaligned: degrees between it and C+, 0 to 180; by default 45")
      ->default_str("");
  command
      .add_option("--forcing-seed", options.seed,
                  "random, misaligned: seed of what is random; by default 1")
      ->check(is_seed)
      ->default_str("");
}

ForcingFeedback chosen_forcing(CLI::App& command, const ForcingOptions& options) {
  const auto direction = directions.at(options.feedback);
  const bool misaligned = direction == ForcingDirection::misaligned;
  keep_if(misaligned, *command.get_option("--forcing-angle"), options.angle,
          "is of misaligned feedback; add --forcing-feedback misaligned");
  keep_if(misaligned || direction == ForcingDirection::random,
          *command.get_option("--forcing-seed"), options.seed,
          "is of random feedback; add --forcing-feedback random or misaligned");
  return {direction, options.angle, options.seed};
}

void warn_where_errors_grow(const RuleOptions& rule, const Matrix<double>& C,
                            const std::string& which) {
  if (rule.forcing.direction == ForcingDirection::pseudoinverse) return;
  const double ridge = rule.ridge.value_or(0);
  const auto found = forcing_stability(C, forcing_matrix(rule.forcing, C, ridge), rule.gain);
  if (found.radius <= 1 + 1e-9) return;
  const std::string remedy =
      found.gain_bound > 0 ? fmt::format("at gains below {:.4g} they shrink", found.gain_bound)
                           : "with this feedback they do at every gain";
  fmt::print(stderr,
             "ef: warning: --gain {} makes errors of {} grow: forced again and again, by a factor "
             "of {:.4g} a step; {}\n",
             rule.gain, which, found.radius, remedy);
}

}  // namespace error_forcing::cli
