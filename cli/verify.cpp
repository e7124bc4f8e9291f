// ef verify: certifies the theory in numbers, one row per claim.

#include <fmt/color.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <chrono>
#include <error_forcing/atomic_file.hpp>
#include <error_forcing/claims.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "subcommands.hpp"

namespace error_forcing::cli {

namespace {

struct VerifyOptions {
  std::string precision = "double", json;
  std::vector<std::string> only;
  std::uint64_t seed = 1;
};

std::string bound(const ClaimResult& result) {
  const double tolerance = result.worst().tolerance;
  return result.expected_order ? fmt::format("{:g} +- {:g}", *result.expected_order, tolerance)
                               : fmt::format("<= {:.1e}", tolerance);
}

std::string measured(const ClaimResult& result) {
  const double value = result.worst().measured;
  return result.expected_order ? fmt::format("order {:.4f}", value) : fmt::format("{:.1e}", value);
}

void print_header(const VerifyOptions& options) {
  fmt::print("Networks and batches, drawn from seed {}:\n", options.seed);
  for (const auto& point : certification_points(options.seed))
    fmt::print("  {:<14} {} units, {} inputs, {} outputs, {} trials x {} steps, leak {:g}, {}\n",
               point.name, point.units, point.inputs, point.outputs, point.trials, point.steps,
               point.leak, point.activation);
  fmt::print("\n{:<11} {:>13} {:>13}  {:<5} {}\n{:-<110}\n", "claim", "measured", "want", "",
             "statement", "");
}

void print_row(const ClaimResult& result) {
  const bool color = ::isatty(STDOUT_FILENO);
  const auto style = result.holds() ? fmt::fg(fmt::terminal_color::green)
                                    : fmt::fg(fmt::terminal_color::red) | fmt::emphasis::bold;
  const std::string verdict = fmt::format("{:<5}", result.holds() ? "holds" : "FAILS");
  fmt::print("{:<11} {:>13} {:>13}  {} {}\n", result.label, measured(result), bound(result),
             color ? fmt::format(style, "{}", verdict) : verdict, result.statement);
  fmt::print("{:<46} by {}; worst of {}: {}\n", "", result.routes, result.residuals.size(),
             result.worst().point);
  if (!result.trouble.empty()) fmt::print("{:<46} {}\n", "", result.trouble);
  std::fflush(stdout);
}

nlohmann::json as_json(const ClaimResult& result) {
  nlohmann::json row{{"label", result.label},
                     {"statement", result.statement},
                     {"routes", result.routes},
                     {"holds", result.holds()},
                     {"measured", result.worst().measured},
                     {"tolerance", result.worst().tolerance},
                     {"worst_at", result.worst().point},
                     {"residuals", nlohmann::json::array()}};
  for (const auto& [point, value, tolerance] : result.residuals)
    row["residuals"].push_back({{"point", point}, {"measured", value}, {"tolerance", tolerance}});
  if (result.expected_order) row["expected_order"] = *result.expected_order;
  if (!result.trouble.empty()) row["trouble"] = result.trouble;
  return row;
}

nlohmann::json shapes(std::uint64_t seed) {
  auto rows = nlohmann::json::array();
  for (const auto& point : certification_points(seed))
    rows.push_back({{"name", point.name},
                    {"units", point.units},
                    {"inputs", point.inputs},
                    {"outputs", point.outputs},
                    {"trials", point.trials},
                    {"steps", point.steps},
                    {"leak", point.leak},
                    {"activation", point.activation}});
  return rows;
}

void write_json(const VerifyOptions& options, const std::vector<ClaimResult>& results) {
  nlohmann::json report{{"program", "ef " ERROR_FORCING_VERSION},
                        {"precision", options.precision},
                        {"seed", options.seed},
                        {"compiler", ERROR_FORCING_COMPILER},
                        {"flags", ERROR_FORCING_FLAGS},
                        {"points", shapes(options.seed)},
                        {"claims", nlohmann::json::array()}};
  for (const auto& result : results) report["claims"].push_back(as_json(result));
  write_text(options.json, report.dump(2) + "\n");
}

std::vector<std::string> all_labels() {
  std::vector<std::string> labels;
  for (const auto& claim : claims()) labels.push_back(claim.label);
  return labels;
}

int run(const VerifyOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const auto precision =
      options.precision == "quad" ? Precision::real_quad : Precision::real_double;
  require_available(precision);
  const auto labels = options.only.empty() ? all_labels() : options.only;
  if (!options.json.empty()) AtomicFile probe(options.json);  // refuse early, not after the work
  std::vector<ClaimResult> results;
  print_header(options);
  for (const auto& label : labels) {
    results.push_back(certify(label, precision, options.seed));
    print_row(results.back());
  }
  if (!options.json.empty()) write_json(options, results);
  const auto failed = std::count_if(results.begin(), results.end(),
                                    [](const ClaimResult& result) { return !result.holds(); });
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  fmt::print("{:-<110}\n{} claims hold, {} fail; {} precision, seed {}, {:.1f} s\n", "",
             results.size() - failed, failed, options.precision, options.seed, seconds.count());
  return failed == 0 ? 0 : 1;
}

}  // namespace

void add_verify(CLI::App& program, int& status) {
  auto options = std::make_shared<VerifyOptions>();
  auto* command =
      program.add_subcommand("verify", "Certify the theory in numbers, a row per claim");
  command->footer(
      fmt::format("Exit status 1 if a claim fails. Labels: {}", fmt::join(all_labels(), " ")));
  command->add_option("--precision", options->precision, "double, or quad (113 bits)")
      ->check(CLI::IsMember({"double", "quad"}));
  command->add_option("--only", options->only, "Labels of the claims to check")
      ->check(CLI::IsMember(all_labels()));
  command->add_option("--seed", options->seed, "Draws every network, batch and matrix");
  command->add_option("--json", options->json, "Write the report to this file as well");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace error_forcing::cli
