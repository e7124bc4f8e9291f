// The picture of the paper: fraction learned and test loss against difficulty.

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "gnuplot.hpp"
#include "report_style.hpp"

namespace error_forcing::cli {

namespace {

using PlotRows = std::vector<std::vector<double>>;

// One panel: a task, and a threshold or, behind the last one, the test loss.
struct LearningPanel {
  const Report& report;
  std::string task;
  double rate;
  std::optional<std::size_t> threshold;
  double criterion;  // of the losses; out of sight among fractions

  bool holds(const SeriesSummary& one) const {
    return one.cell.task == task && one.cell.rate == rate;
  }
  ShownValue value_of(const SeriesSummary& one) const {
    return threshold ? fraction_of(one, *threshold) : test_loss_of(one);
  }
};

Range difficulties_of(const LearningPanel& panel) {
  Range range{1e300, -1e300};
  for (const auto& one : panel.report.cells)
    if (panel.holds(one)) {
      const auto difficulty = static_cast<double>(one.cell.difficulty);
      range = {std::min(range.low, difficulty), std::max(range.high, difficulty)};
    }
  return range.low < range.high ? range : Range{range.low - 1, range.high + 1};
}

Range vertical_axis(const LearningPanel& panel) {
  if (panel.threshold) return {-0.03, 1.03};
  std::vector<double> losses;
  for (const auto& one : panel.report.cells)
    if (panel.holds(one)) losses.push_back(test_loss_of(one).value);
  for (const auto& one : panel.report.headlines)
    if (panel.holds(one))
      for (const double loss :
           {test_loss_of(one).value, test_loss_of(one).low, test_loss_of(one).high})
        losses.push_back(loss);
  return loss_axis(losses);
}

// What is infinite stands at the upper edge.
PlotRows rows_of(const LearningPanel& panel, const std::vector<SeriesSummary>& series,
                 const std::string& rule, double shift, double top) {
  PlotRows rows{{NAN, NAN, NAN, NAN}};  // gnuplot refuses a block without numbers
  for (const auto& one : series)
    if (panel.holds(one) && one.cell.rule == rule) {
      const auto [value, low, high] = panel.value_of(one);
      rows.push_back({static_cast<double>(one.cell.difficulty) + shift, std::min(value, top),
                      std::min(low, top), std::min(high, top)});
    }
  return rows;
}

std::vector<SeriesSummary> single_gains(const Report& report) {
  std::vector<SeriesSummary> found;
  std::copy_if(report.cells.begin(), report.cells.end(), std::back_inserter(found),
               [](const auto& one) { return one.cell.gain.has_value(); });
  return found;
}

// A label for each difficulty there is, unless they are many.
std::string set_tics(const LearningPanel& panel) {
  std::set<Index> difficulties;
  for (const auto& one : panel.report.cells)
    if (panel.holds(one)) difficulties.insert(one.cell.difficulty);
  if (difficulties.size() > 8) return "set xtics autofreq\n";
  return fmt::format("set xtics ({})\n", fmt::join(difficulties, ", "));
}

// Bars below, so that they do not hide the points of others.
std::string bars_of(const std::string& block, const std::string& rule) {
  return fmt::format(
      ", ${} using 1:3:(0):($4-$3) with vectors nohead linewidth 1.2 "
      "linecolor {}",
      block, colour_of(rule, 0x60));
}

std::string points_of(const std::string& block, const std::string& rule) {
  return fmt::format(
      ", $dots_{0} using 1:2 with points pointtype 7 pointsize 0.25 linecolor {2}, "
      "${0} using 1:2 with linespoints pointtype {3} pointsize 0.7 linewidth 1.8 linecolor {1}",
      block, colour_of(rule), colour_of(rule, 0x50), point_of(rule));
}

std::string draw_panel(const LearningPanel& panel, const std::string& name) {
  const auto rules = rules_of(panel.report, panel.rate);
  const Range across = difficulties_of(panel), up = vertical_axis(panel);
  const double span = across.high - across.low;
  std::string blocks, bars, points;
  for (std::size_t k = 0; k < rules.size(); ++k) {
    // Side by side, or equal fractions would hide each other.
    const double shift =
        span * 0.014 * (static_cast<double>(k) - static_cast<double>(rules.size() - 1) / 2);
    const std::string block = fmt::format("{}_{}", name, k);
    const auto& rule = rules[k];
    blocks += data_block(block, rows_of(panel, panel.report.headlines, rule, shift, up.high));
    blocks += data_block("dots_" + block,
                         rows_of(panel, single_gains(panel.report), rule, shift, up.high));
    bars += bars_of(block, rule);
    points += points_of(block, rule);
  }
  return blocks +
         fmt::format("set xrange [{:.8g}:{:.8g}]\n", across.low - 0.08 * span,
                     across.high + 0.08 * span) +
         set_tics(panel) +
         (panel.threshold ? std::string("unset logscale y\nset yrange [-0.03:1.03]\nset format y "
                                        "'%.1f'\nset ytics 0.2\n")
                          : set_loss_axis("y", up)) +
         fmt::format("plot {} with lines linewidth 1 dashtype 3 linecolor rgb '#999999'{}{}\n",
                     panel.criterion, bars, points);
}

std::string foot_of(const Report& report) {
  double least = 1;
  bool chosen = false;
  for (const auto& series : {report.cells, report.headlines})
    for (const auto& one : series) {
      least = std::min(least, one.test_loss.coverage);
      chosen = chosen || one.held_out;
    }
  return fmt::format(
      "Bars: exact 95 % intervals of the fraction; intervals of the median test loss that cover it "
      "with {:.0f} % or more, at the upper edge infinite (diverged).{}",
      100 * least,
      chosen ? "  * Gain of each seed chosen by the other seeds; dots: every gain." : "");
}

// A task's panels from top to bottom: its own threshold, the test loss, thresholds beyond its own.
std::string draw_column(const Report& report, const Sheet& sheet, int column,
                        const std::string& task, double rate) {
  const auto& thresholds =
      std::find_if(report.cells.begin(), report.cells.end(), [&](const auto& one) {
        return one.cell.task == task && one.cell.rate == rate;
      })->thresholds;
  std::string script = fmt::format("set xlabel '{}' offset 0,0.6\n", difficulty_label(task));
  for (int row = 0; row <= static_cast<int>(thresholds.size()); ++row) {
    const auto threshold = static_cast<std::size_t>(row == 0 ? 0 : row - 1);
    const bool loss = row == 1;
    script += place_panel(sheet, column, row, row == 0 ? task : "",
                          loss ? "" : fmt::format("loss < {}", thresholds[threshold].threshold));
    const char* label = loss ? "test loss" : "fraction learned";
    script += fmt::format("set ylabel '{}' offset 1,0\n", column > 0 ? "" : label);
    const LearningPanel panel{report, task, rate, loss ? std::optional<std::size_t>() : threshold,
                              loss ? thresholds[0].threshold : -1};
    script += draw_panel(panel, fmt::format("panel_{}_{}", column, row));
  }
  return script;
}

}  // namespace

Picture draw_learning(const Report& report, double rate) {
  const auto tasks = tasks_of(report, rate);
  std::size_t most = 0;
  for (const auto& one : report.cells) most = std::max(most, one.thresholds.size());
  const Sheet sheet{.columns = static_cast<int>(tasks.size()), .rows = static_cast<int>(most) + 1};
  std::string script = open_sheet(sheet, foot_of(report));
  for (int column = 0; column < sheet.columns; ++column)
    script += draw_column(report, sheet, column, tasks[static_cast<std::size_t>(column)], rate);
  return {"learning", run_gnuplot(script + legend_of_rules(sheet, report, rate, true))};
}

}  // namespace error_forcing::cli
