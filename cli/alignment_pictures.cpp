#include "alignment_pictures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "gnuplot.hpp"
#include "panels.hpp"

namespace error_forcing::cli {

namespace {

// Rules that force are orange, those that truncate blue; rtrl is bptt and is not drawn.
const std::vector<CurveStyle> rule_styles{
    {"tf", "#999999", 1, 5},       {"gtf", "#999999", 2, 4},        {"ef", "#E69F00", 1, 9},
    {"ef 1", "#D55E00", 1, 11},    {"ef 60°", "#D55E00", 2, 10},    {"ef random", "#CC79A7", 2, 8},
    {"snap1", "#0072B2", 1, 7},    {"ef-snap1", "#0072B2", 2, 6},   {"rflo", "#009E73", 1, 13},
    {"ef-rflo", "#009E73", 2, 12}, {"rflo random", "#56B4E9", 1, 2}};

template <typename Value>
void add_once(const Value& value, std::vector<Value>& to) {
  if (std::find(to.begin(), to.end(), value) == to.end()) to.push_back(value);
}

struct Measured {
  double Alignment::*value;
  std::string label, range;
};
const std::vector<Measured> measures{
    {&Alignment::cosine, "cosine with bptt", "unset logscale y\nset yrange [-1.05:1.05]\n"},
    {&Alignment::sign_agreement, "signs that agree", "unset logscale y\nset yrange [-0.02:1.02]\n"},
    {&Alignment::norm_ratio, "norm / norm of bptt", "set logscale y\nset yrange [0.01:100]\n"}};

// Snapshots stand side by side, whatever the epochs between them.
std::string epoch_tics(const std::vector<Index>& epochs) {
  std::vector<std::string> tics;
  for (std::size_t k = 0; k < epochs.size(); ++k)
    tics.push_back(fmt::format("'{}' {}", epochs[k], k));
  return fmt::format("set xtics ({})\n", fmt::join(tics, ", "));
}

std::string block_panel(const std::vector<AlignmentRow>& rows, const std::string& block,
                        const Measured& measured, const std::string& name) {
  std::string script;
  std::vector<std::string> plots;
  const auto epochs = epochs_in(rows);
  for (const auto& style : rule_styles) {
    std::vector<std::vector<double>> points;
    for (std::size_t k = 0; k < epochs.size(); ++k) {
      const double mean =
          mean_over_seeds(rows, epochs[k], style.what, "bptt", block, measured.value);
      if (std::isfinite(mean)) points.push_back({static_cast<double>(k), mean});
    }
    if (points.empty()) continue;  // e.g. zero gradients in that block
    const auto data = fmt::format("{}_{}", name, plots.size());
    script += data_block(data, points);
    plots.push_back(curve_plot(data, "1:2", "linespoints", style));
  }
  return script + (plots.empty() ? "set multiplot next\n"
                                 : fmt::format("plot {}\n", fmt::join(plots, ", ")));
}

}  // namespace

double mean_over_seeds(const std::vector<AlignmentRow>& rows, Index epoch, const std::string& rule,
                       const std::string& reference, const std::string& weights,
                       double Alignment::*measure) {
  double sum = 0, count = 0;
  for (const auto& row : rows)
    if (row.epoch == epoch && row.rule == rule && row.reference == reference &&
        row.weights == weights && std::isfinite(row.alignment.*measure)) {
      sum += row.alignment.*measure;
      ++count;
    }
  return sum / count;
}

std::vector<Index> epochs_in(const std::vector<AlignmentRow>& rows) {
  std::vector<Index> epochs;
  for (const auto& row : rows) add_once(row.epoch, epochs);
  return epochs;
}

std::vector<std::string> rules_in(const std::vector<AlignmentRow>& rows) {
  std::vector<std::string> rules;
  for (const auto& row : rows) add_once(row.rule, rules);
  return rules;
}

std::string draw_along_training(const std::vector<AlignmentRow>& rows) {
  std::string script = open_panels(block_names.size(), measures.size(), rule_styles);
  script += epoch_tics(epochs_in(rows));
  for (std::size_t m = 0; m < measures.size(); ++m) {
    script += measures[m].range + fmt::format("set ylabel '{}'\n", measures[m].label);
    script += m + 1 == measures.size() ? "set xlabel 'epoch'\n" : "unset xlabel\n";
    for (std::size_t b = 0; b < block_names.size(); ++b) {
      const std::string block(block_names[b]);
      script += m == 0 ? fmt::format("set title '{}'\n", block) : "unset title\n";
      script += block_panel(rows, block, measures[m], fmt::format("panel_{}_{}", m, b));
      script += "unset ylabel\n";
      if (m == 0 && b == 0) script += close_key;
    }
  }
  return run_gnuplot(script);
}

namespace {

std::string pair_panel(const std::vector<AlignmentRow>& rows, Index epoch,
                       const std::string& name) {
  const auto rules = rules_in(rows);
  std::vector<std::vector<double>> matrix;
  for (const auto& rule : rules) {
    matrix.emplace_back();
    for (const auto& reference : rules)
      matrix.back().push_back(
          mean_over_seeds(rows, epoch, rule, reference, "W", &Alignment::cosine));
  }
  return data_block(name, matrix) +
         fmt::format(
             "set title 'after epoch {0}'\nplot ${1} matrix with image pixels, ${1} matrix using "
             "1:2:(sprintf('%.2f', $3)) with labels font ',9'\nunset ytics\n",
             epoch, name);
}

}  // namespace

std::string draw_pairs(const std::vector<AlignmentRow>& rows) {
  const auto rules = rules_in(rows);
  std::vector<std::string> tics;
  for (std::size_t k = 0; k < rules.size(); ++k)
    tics.push_back(fmt::format("'{}' {}", rules[k], k));
  const auto epochs = epochs_in(rows);
  std::string script = svg_head(1180, 620, 13) +
                       fmt::format(R"(
set multiplot layout 1,2 margins 0.08,0.92,0.16,0.92 spacing 0.03,0
set palette defined (-1 '#2166ac', 0 '#f7f7f7', 1 '#b2182b')
set cbrange [-1:1]
set size ratio 1
set tics scale 0
set xtics ({0}) rotate by 90 right
set ytics ({0})
set yrange [{1}:-0.5]
set xrange [-0.5:{1}]
unset key
unset colorbox
)",
                                   fmt::join(tics, ", "), static_cast<double>(rules.size()) - 0.5);
  script += pair_panel(rows, epochs.front(), "first") + "set colorbox\n";
  return run_gnuplot(script + pair_panel(rows, epochs.back(), "last"));
}

}  // namespace error_forcing::cli
