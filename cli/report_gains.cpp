// Two pictures more: what forcing hides in training, and what depends on the gain.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "gnuplot.hpp"
#include "report_style.hpp"

namespace error_forcing::cli {

namespace {

using Table = std::vector<std::vector<double>>;

Table gap_rows(const Report& report, const std::string& task, double rate, const std::string& rule,
               std::vector<double>& losses) {
  Table rows;
  for (const auto& one : report.cells) {
    if (one.cell.task != task || one.cell.rate != rate || one.cell.rule != rule || !one.final)
      continue;
    rows.push_back({one.final->forced, one.final->free});
    losses.insert(losses.end(), {one.final->forced, one.final->free});
  }
  return rows;
}

std::string gap_panel(const Report& report, const std::string& task, double rate, int column) {
  const auto rules = rules_of(report, rate);
  std::vector<double> losses;
  std::string blocks, plots = "x with lines linecolor rgb '#bbbbbb' linewidth 1";
  for (std::size_t k = 0; k < rules.size(); ++k) {
    const auto& rule = rules[k];
    auto rows = gap_rows(report, task, rate, rule, losses);
    if (rows.empty()) rows = {{NAN, NAN}};
    const std::string block = fmt::format("gap_{}_{}", column, k);
    blocks += data_block(block, rows);
    plots += fmt::format(", ${} with points pointtype {} pointsize 0.6 linecolor {}", block,
                         point_of(rule), colour_of(rule));
  }
  const Range range = loss_axis(losses);
  return blocks + set_loss_axis("x", range) + set_loss_axis("y", range) +
         fmt::format("plot {}\n", plots);
}

}  // namespace

Picture draw_gap(const Report& report, double rate) {
  const auto tasks = tasks_of(report, rate);
  const Sheet sheet{.columns = static_cast<int>(tasks.size()), .panel_height = 290};
  std::string script = open_sheet(sheet,
                                  "A point: medians over the seeds of one difficulty and gain, "
                                  "each run's mean over its last ten "
                                  "epochs. Above the line: what forcing hides.");
  script += "set grid xtics\nset xlabel 'training loss, forced' offset 0,0.6\n";
  for (std::size_t k = 0; k < tasks.size(); ++k) {
    script += place_panel(sheet, static_cast<int>(k), 0, tasks[k], "");
    script +=
        fmt::format("set ylabel '{}' offset 1,0\n", k == 0 ? "validation loss, running free" : "");
    script += gap_panel(report, tasks[k], rate, static_cast<int>(k));
  }
  return {"gap", run_gnuplot(script + legend_of_rules(sheet, report, rate, false))};
}

namespace {

// The rule that a gain of 0 makes of one that forces.
std::string free_rule(const std::string& rule) {
  return rule.starts_with("ef-") && rule != "ef-tuned" ? rule.substr(3) : "bptt";
}

// One panel of the gains: a rule on a task.
struct GainPanel {
  const Report& report;
  std::string task, rule;
  double rate;
  bool losses;

  // Whether the series is a point of the panel, and with which gain.
  std::optional<double> gain_of(const SeriesSummary& one) const {
    if (one.cell.task != task || one.cell.rate != rate) return {};
    if (one.cell.rule == rule) return one.cell.gain;
    return one.cell.rule == free_rule(rule) ? std::optional(0.0) : std::nullopt;
  }
  ShownValue value_of(const SeriesSummary& one) const {
    return losses ? test_loss_of(one) : fraction_of(one, 0);
  }
};

// Gains are spaced evenly: they are chosen, not measured.
double place_of_gain(double gain, const std::vector<double>& gains) {
  return static_cast<double>(std::find(gains.begin(), gains.end(), gain) - gains.begin());
}

std::vector<double> gains_of(const GainPanel& panel) {
  std::set<double> gains;
  for (const auto& one : panel.report.cells)
    if (const auto gain = panel.gain_of(one)) gains.insert(*gain);
  return {gains.begin(), gains.end()};
}

std::vector<Index> difficulties_of(const GainPanel& panel) {
  std::set<Index> difficulties;
  for (const auto& one : panel.report.cells)
    if (panel.gain_of(one)) difficulties.insert(one.cell.difficulty);
  return {difficulties.begin(), difficulties.end()};
}

Range vertical_axis(const GainPanel& panel) {
  std::vector<double> values;
  for (const auto& one : panel.report.cells)
    if (panel.gain_of(one))
      for (const double value :
           {panel.value_of(one).value, panel.value_of(one).low, panel.value_of(one).high})
        values.push_back(value);
  return panel.losses ? loss_axis(values) : Range{-0.03, 1.03};
}

Table gain_rows(const GainPanel& panel, Index difficulty, double shift, double top) {
  Table rows;
  const auto gains = gains_of(panel);
  for (const auto& one : panel.report.cells) {
    const auto gain = panel.gain_of(one);
    if (!gain || one.cell.difficulty != difficulty) continue;
    const auto [value, low, high] = panel.value_of(one);
    rows.push_back({place_of_gain(*gain, gains) + shift, std::min(value, top), std::min(low, top),
                    std::min(high, top)});
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::string ticks_of(const std::vector<double>& gains) {
  std::string ticks;
  for (std::size_t k = 0; k < gains.size(); ++k)
    ticks += fmt::format("{}'{}' {}", k == 0 ? "" : ", ", gains[k], k);
  return fmt::format("set xtics ({})\nset xrange [-0.4:{}]\n", ticks,
                     static_cast<double>(gains.size()) - 0.6);
}

// From easy and light to hard and dark.
std::string shade(std::size_t k, std::size_t of) {
  const double share = of < 2 ? 1 : static_cast<double>(k) / static_cast<double>(of - 1);
  const auto mix = [&](int light, int dark) {
    return static_cast<int>(light + share * (dark - light));
  };
  return fmt::format("rgb '#{:02x}{:02x}{:02x}'", mix(0xf4, 0x4a), mix(0xa2, 0x0e),
                     mix(0x59, 0x4e));
}

// The difficulties over the panel, each in its colour.
std::string labels_of(const std::vector<Index>& difficulties) {
  const auto count = static_cast<double>(difficulties.size());
  const double step = std::min(0.13, 0.66 / count);
  std::string labels;
  for (std::size_t k = 0; k < difficulties.size(); ++k)
    labels += fmt::format(
        "set label {} '{}' at graph {},1.07 right font 'sans-serif:Bold,12' textcolor {}\n", k + 11,
        difficulties[k], 1 - step * (count - 1 - static_cast<double>(k)),
        shade(k, difficulties.size()));
  return labels;
}

std::string gain_panel(const GainPanel& panel, const std::string& name) {
  const auto difficulties = difficulties_of(panel);
  const Range up = vertical_axis(panel);
  const double apart = std::min(0.09, 0.6 / static_cast<double>(difficulties.size()));
  std::string blocks, bars, points;
  for (std::size_t k = 0; k < difficulties.size(); ++k) {
    const double shift =
        apart * (static_cast<double>(k) - static_cast<double>(difficulties.size() - 1) / 2);
    const std::string block = fmt::format("{}_{}", name, k);
    const std::string colour = shade(k, difficulties.size());
    blocks += data_block(block, gain_rows(panel, difficulties[k], shift, up.high));
    bars += fmt::format("{}${} using 1:3:(0):($4-$3) with vectors nohead linewidth 1 linecolor {}",
                        k == 0 ? "" : ", ", block, colour);
    points += fmt::format(
        ", ${} using 1:2 with linespoints pointtype 7 pointsize 0.5 linewidth 1.8 linecolor {}",
        block, colour);
  }
  return blocks + labels_of(difficulties) + ticks_of(gains_of(panel)) +
         (panel.losses ? set_loss_axis("y", up)
                       : "unset logscale y\nset yrange [-0.03:1.03]\nset format y '%.1f'\n"
                         "set ytics 0.2\n") +
         fmt::format("plot {}{}\nunset for [k=11:40] label k\n", bars, points);
}

std::vector<std::string> rules_with_gains(const Report& report, double rate) {
  std::vector<std::string> rules;
  for (const auto& one : report.cells)
    if (one.cell.rate == rate && one.cell.gain &&
        std::find(rules.begin(), rules.end(), one.cell.rule) == rules.end())
      rules.push_back(one.cell.rule);
  return rules;
}

Picture draw_gain_sheet(const Report& report, double rate, bool losses) {
  const auto tasks = tasks_of(report, rate);
  const auto rules = rules_with_gains(report, rate);
  const Sheet sheet{.columns = static_cast<int>(tasks.size()),
                    .rows = static_cast<int>(rules.size()),
                    .legend = 20};
  std::string script = open_sheet(
      sheet,
      "A line: one difficulty, named above it in its colour. A gain of 0 is the rule that does not "
      "force. Bars as in learning.svg.");
  for (std::size_t row = 0; row < rules.size(); ++row)
    for (std::size_t column = 0; column < tasks.size(); ++column) {
      const GainPanel panel{report, tasks[column], rules[row], rate, losses};
      if (difficulties_of(panel).empty()) continue;
      script += place_panel(sheet, static_cast<int>(column), static_cast<int>(row),
                            fmt::format("{}, {}", tasks[column], rules[row]), "");
      script += fmt::format("set ylabel '{}' offset 1,0\nset xlabel 'gain c' offset 0,0.6\n",
                            column > 0 ? ""
                            : losses   ? "test loss"
                                       : "fraction learned");
      script += gain_panel(panel, fmt::format("gains_{}_{}", column, row));
    }
  return {losses ? "gains_loss" : "gains", run_gnuplot(script)};
}

}  // namespace

std::vector<Picture> draw_gain_pictures(const Report& report, double rate) {
  if (rules_with_gains(report, rate).empty()) return {};
  return {draw_gain_sheet(report, rate, false), draw_gain_sheet(report, rate, true)};
}

}  // namespace error_forcing::cli
