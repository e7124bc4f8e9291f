#pragma once
// What `ef report` makes of a sweep, in tables and pictures.

#include <error_forcing/rule_comparison.hpp>
#include <error_forcing/sweep_results.hpp>
#include <error_forcing/sweep_summary.hpp>
#include <string>
#include <vector>

namespace error_forcing::cli {

/// Everything that the report says. A headline is a rule at one place of the grid: its cell, or its
/// gains chosen by held-out seeds.
struct Report {
  SweepResults results;
  std::vector<SeriesSummary> cells = {}, headlines = {};
  std::vector<RuleComparison> comparisons =
      {};  ///< of cells, then those of headlines that chose a gain
};

std::string runs_table(const Report& report);
std::string cells_table(const Report& report);
std::string pairs_table(const Report& report);
/// The headlines, for a reader.
std::string short_table(const Report& report);

/// A picture by its name, without ending, and the text of its SVG file.
using Picture = std::pair<std::string, std::string>;

/// Fraction learned and test loss against difficulty, a panel a task.
Picture draw_learning(const Report& report, double rate);
/// Forced training loss against free-running validation loss, a panel a task.
Picture draw_gap(const Report& report, double rate);
/// Fraction learned, and test loss, against the gain: a panel a task and a rule that has gains.
std::vector<Picture> draw_gain_pictures(const Report& report, double rate);

}  // namespace error_forcing::cli
