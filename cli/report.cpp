// ef report DIR: tables and pictures of a sweep, whole or still running.

#include "report.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <error_forcing/atomic_file.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/sign_test.hpp>
#include <memory>

#include "gnuplot.hpp"
#include "subcommands.hpp"

namespace error_forcing::cli {

namespace {

struct ReportOptions {
  std::filesystem::path folder, out;
};

Report report_on(SweepResults results) {
  Report report{.results = std::move(results)};
  const auto cells = series_by_cell(report.results.runs);
  const auto headlines = series_of_held_out_gains(cells);
  for (const auto& one : cells) report.cells.push_back(summarise(one));
  for (const auto& one : headlines) report.headlines.push_back(summarise(one));
  report.comparisons = compare_rules(cells);
  for (auto& one : compare_rules(headlines))
    if (one.held_out()) report.comparisons.push_back(std::move(one));
  return report;
}

std::vector<double> rates_of(const Report& report) {
  std::vector<double> rates;
  for (const auto& one : report.cells)
    if (std::find(rates.begin(), rates.end(), one.cell.rate) == rates.end())
      rates.push_back(one.cell.rate);
  return rates;
}

// File names and contents; a learning rate is in the name only if there are several.
std::vector<std::pair<std::string, std::string>> files_of(const Report& report) {
  std::vector<std::pair<std::string, std::string>> files{{"runs.csv", runs_table(report)},
                                                         {"cells.csv", cells_table(report)},
                                                         {"pairs.csv", pairs_table(report)}};
  const auto rates = rates_of(report);
  for (const double rate : rates) {
    auto pictures = draw_gain_pictures(report, rate);
    pictures.insert(pictures.begin(), {draw_learning(report, rate), draw_gap(report, rate)});
    for (auto& [name, content] : pictures) {
      require(content.find("</svg>") != std::string::npos,
              "{}: {}.svg was cut short; is the disk full?", P_tmpdir, name);
      files.emplace_back(name + (rates.size() > 1 ? fmt::format("-rate{}", rate) : "") + ".svg",
                         std::move(content));
    }
  }
  return files;
}

// The first few, and how many more there are.
std::string first_few(const std::vector<std::string>& names) {
  const std::size_t shown = std::min<std::size_t>(3, names.size());
  std::string text = fmt::format("{}", fmt::join(names.begin(), names.begin() + shown, ", "));
  if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

// Rules of which no gain could be chosen, where.
std::vector<std::string> without_headline(const Report& report) {
  std::vector<std::string> found;
  for (const auto& cell : report.cells) {
    const auto same = [&](const auto& one) {
      return same_place(one.cell, cell.cell) && one.cell.rule == cell.cell.rule;
    };
    const auto name =
        fmt::format("{} on {} {}", cell.cell.rule, cell.cell.task, cell.cell.difficulty);
    if (std::none_of(report.headlines.begin(), report.headlines.end(), same) &&
        std::find(found.begin(), found.end(), name) == found.end())
      found.push_back(name);
  }
  return found;
}

void show_state(const Report& report) {
  const auto& [planned, runs, missing, refused] = report.results;
  Index diverged = 0, most = 0;
  bool chosen = false;
  for (const auto& one : report.headlines) chosen = chosen || one.held_out;
  for (const auto& one : report.cells) {
    diverged += one.diverged;
    most = std::max(most, one.runs);
  }
  fmt::print(
      "\nRuns that learned, with the exact 95 % interval; epochs by which half had; median test "
      "loss with the\ninterval that it has in cells.csv.{}\n",
      chosen ? "  * The gain of each seed chosen by the other seeds." : "");
  fmt::print("{} of {} runs, {} diverged; {} seeds can show no p below {:.2g}\n", runs.size(),
             planned.size(), diverged, most, smallest_sign_test_p(most));
  if (const auto left_out = without_headline(report); !left_out.empty())
    fmt::print("not above: {}; its gain needs a second seed to be chosen by, see cells.csv\n",
               first_few(left_out));
  if (!missing.empty())
    fmt::print("missing: {}; ef sweep does what is missing\n", first_few(missing));
}

void name_refused(const std::vector<std::string>& refused) {
  constexpr std::size_t most = 10;
  for (std::size_t k = 0; k < std::min(most, refused.size()); ++k)
    fmt::print(stderr, "ef: {}\n", refused[k]);
  if (refused.size() > most) fmt::print(stderr, "ef: and {} more files\n", refused.size() - most);
}

SweepResults load(const std::filesystem::path& folder) {
  auto results = load_sweep_results(folder, ERROR_FORCING_VERSION);
  require(!results.runs.empty(), "{}: none of its {} runs is there to report{}; run ef sweep",
          folder.string(), results.planned.size(),
          results.refused.empty() ? "" : " (" + results.refused[0] + ")");
  return results;
}

void run(const ReportOptions& options, int& status) {
  require_gnuplot();
  const Report report = report_on(load(options.folder));
  const auto out = options.out.empty() ? options.folder / "report" : options.out;
  const auto files = files_of(report);
  make_folder(out);
  for (const auto& [name, content] : files) write_text(out / name, content);
  fmt::print("{}", short_table(report));
  show_state(report);
  for (const auto& [name, content] : files) fmt::print("{}\n", (out / name).string());
  name_refused(report.results.refused);
  if (!report.results.refused.empty()) status = 1;
}

}  // namespace

void add_report(CLI::App& program, int& status) {
  auto options = std::make_shared<ReportOptions>();
  auto* command = program.add_subcommand(
      "report", "Tables and pictures of a sweep: who learned, how soon, how rules differ");
  command->add_option("dir", options->folder, "Folder of the sweep, which may still run")
      ->required();
  command->add_option("--out", options->out, "Folder for the report; by default DIR/report")
      ->default_str("");
  command->callback([options, &status] { run(*options, status); });
}

}  // namespace error_forcing::cli
