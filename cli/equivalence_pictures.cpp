#include "equivalence_pictures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "gnuplot.hpp"
#include "panels.hpp"

namespace error_forcing::cli {

namespace {

using Measure = double Alignment::*;

const std::vector<CurveStyle> styles{
    {"bptt", "#000000", 1, 7},
    {"tf", "#999999", 1, 5},
    {"ef .2", "#E69F00", 1, 9},
    {"ef 1", "#D55E00", 1, 11},
    {"ef through", "#CC79A7", 2, 10},
    {"greedy", "#009E73", 1, 13},
    {"local", "#009E73", 2, 12},
    {"filter", "#56B4E9", 1, 4},
    {"map", "#0072B2", 1, 6},
    {"again", "#000000", 3, 2},
    {"plug-in immediate", "#D55E00", 1, 7},
    {"plug-in temporal", "#0072B2", 1, 7},
    {"covariance immediate", "#D55E00", 2, 6},
    {"covariance temporal", "#0072B2", 2, 6},
};

CurveStyle style_of(const std::string& what) {
  return *std::find_if(styles.begin(), styles.end(), [&](const auto& s) { return s.what == what; });
}

// The value of the sweep, the mean over draws, its standard error.
std::vector<std::vector<double>> curve(const std::vector<GradientRow>& rows,
                                       const std::string& sweep, const std::string& what,
                                       Measure measure) {
  std::map<double, std::vector<double>> found;
  for (const auto& row : rows)
    if (row.sweep == sweep && row.what == what && row.group == "dynamics" &&
        std::isfinite(row.alignment.*measure))
      found[row.value].push_back(row.alignment.*measure);
  std::vector<std::vector<double>> points;
  for (const auto& [value, numbers] : found) {
    const auto n = static_cast<double>(numbers.size());
    double mean = 0, squares = 0;
    for (const double number : numbers) mean += number / n;
    for (const double number : numbers) squares += (number - mean) * (number - mean);
    points.push_back({value, mean, n > 1 ? std::sqrt(squares / (n * (n - 1))) : 0});
  }
  return points;
}

std::vector<std::string> curves_of(const std::vector<GradientRow>& rows, const std::string& sweep) {
  std::vector<std::string> names;
  for (const auto& row : rows)
    if (row.sweep == sweep && std::find(names.begin(), names.end(), row.what) == names.end())
      names.push_back(row.what);
  return names;
}

// One panel: its data blocks, and the command that plots them.
std::string panel(const Sweep& sweep, const std::vector<GradientRow>& rows, Measure measure,
                  const std::string& name) {
  std::string blocks;
  std::vector<std::string> plots;
  const auto what = curves_of(rows, sweep.name);
  for (std::size_t k = 0; k < what.size(); ++k) {
    const auto block = fmt::format("{}_{}", name, k);
    blocks += data_block(block, curve(rows, sweep.name, what[k], measure));
    const auto style = style_of(what[k]);
    plots.push_back(curve_plot(block, "1:2:3", "yerrorlines", style));
  }
  return fmt::format("{}{} logscale x\nset xlabel '{}'\nplot {}\n", blocks,
                     sweep.logarithmic ? "set" : "unset", sweep.label, fmt::join(plots, ", "));
}

std::vector<CurveStyle> key_of(const std::vector<Sweep>& sweeps,
                               const std::vector<GradientRow>& rows) {
  std::vector<CurveStyle> key;
  for (const auto& what : curves_of(rows, sweeps.front().name)) key.push_back(style_of(what));
  return key;
}

std::string row_of_panels(const std::vector<Sweep>& sweeps, const std::vector<GradientRow>& rows,
                          Measure measure, const std::string& name, bool titled) {
  std::string script;
  for (std::size_t k = 0; k < sweeps.size(); ++k) {
    const auto& sweep = sweeps[k];
    script += titled ? fmt::format("set title '{}'\n", sweep.name) : "unset title\n";
    script += panel(sweep, rows, measure, fmt::format("{}_{}", name, k)) + "unset ylabel\n";
    if (k == 0) script += close_key;
  }
  return script;
}

}  // namespace

std::string draw_rules(const std::vector<Sweep>& sweeps, const std::vector<GradientRow>& rows) {
  std::string script = open_panels(sweeps.size(), 2, key_of(sweeps, rows));
  script += "set yrange [-0.35:1.05]\nset ylabel 'cosine with the exact gradient'\n";
  script += row_of_panels(sweeps, rows, &Alignment::cosine, "cosine", true);
  script += "set logscale y\nset yrange [0.01:1000]\nset format y '10^{%T}'\n";
  script += "set ylabel 'norm / norm of the exact gradient'\n";
  script += row_of_panels(sweeps, rows, &Alignment::norm_ratio, "norm", false);
  return run_gnuplot(script);
}

std::string draw_parts(const std::vector<Sweep>& sweeps, const std::vector<GradientRow>& rows) {
  std::string script = open_panels(sweeps.size(), 1, key_of(sweeps, rows));
  script += "set yrange [-1:2]\nset ylabel 'share of the exact gradient'\n";
  script += row_of_panels(sweeps, rows, &Alignment::share, "share", true);
  return run_gnuplot(script);
}

std::string draw_inference(const std::vector<InferenceRow>& rows) {
  std::map<std::string, std::map<double, std::vector<std::vector<double>>>> found;
  for (const auto& row : rows) {
    auto& points = found[row.network][row.noise_ratio];
    if (row.iteration == 0 && !points.empty()) points.emplace_back();  // a new trial, a new line
    if (row.gap > 0) points.push_back({row.stationarity, row.gap});
  }
  const std::vector<std::string> colours{"#0072B2", "#009E73", "#E69F00"};
  std::vector<CurveStyle> key;
  for (const auto& [ratio, points] : found.begin()->second)
    key.push_back({fmt::format("σ_h / σ_y = {}", ratio), colours[key.size() % 3], 1, 7});
  std::string script = open_panels(found.size(), 1, key);
  script += "set logscale xy\nset format '10^{%T}'\nset xrange [1e-17:100]\n";
  script += "set yrange [1e-16:100]\nset tics 1e4\nset xlabel '|ε − L^T λ| / |ε|'\n";
  script += "set ylabel 'gap of (S4) to (S2)'\n";
  std::size_t number = 0;
  for (const auto& [network, by_ratio] : found) {
    std::vector<std::string> plots;
    for (const auto& [ratio, points] : by_ratio) {
      const auto block = fmt::format("gap_{}_{}", number, plots.size());
      script += data_block(block, points);
      plots.push_back(fmt::format("${} with linespoints lc rgb '{}' pt 7 ps 0.4", block,
                                  colours[plots.size() % 3]));
    }
    script += fmt::format("set title '{}'\nplot {}\nunset label\nunset arrow\nunset ylabel\n",
                          network, fmt::join(plots, ", "));
    ++number;
  }
  return run_gnuplot(script);
}

}  // namespace error_forcing::cli
