#include "equivalence_pictures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "gnuplot.hpp"

namespace error_forcing::cli {

namespace {

using Measure = double Alignment::*;

// Colours that the colour-blind tell apart (Okabe and Ito), and dashes for those that share a hue.
struct Style {
  std::string what, line;
};
const std::vector<Style> styles{
    {"bptt", "lc rgb '#000000' dt 1 pt 7"},
    {"tf", "lc rgb '#999999' dt 1 pt 5"},
    {"ef .2", "lc rgb '#E69F00' dt 1 pt 9"},
    {"ef 1", "lc rgb '#D55E00' dt 1 pt 11"},
    {"ef through", "lc rgb '#CC79A7' dt 2 pt 10"},
    {"greedy", "lc rgb '#009E73' dt 1 pt 13"},
    {"local", "lc rgb '#009E73' dt 2 pt 12"},
    {"filter", "lc rgb '#56B4E9' dt 1 pt 4"},
    {"map", "lc rgb '#0072B2' dt 1 pt 6"},
    {"again", "lc rgb '#000000' dt 3 pt 2"},
    {"plug-in immediate", "lc rgb '#D55E00' dt 1 pt 7"},
    {"plug-in temporal", "lc rgb '#0072B2' dt 1 pt 7"},
    {"covariance immediate", "lc rgb '#D55E00' dt 2 pt 6"},
    {"covariance temporal", "lc rgb '#0072B2' dt 2 pt 6"},
};

const std::string& line_of(const std::string& what) {
  return std::find_if(styles.begin(), styles.end(), [&](const auto& s) { return s.what == what; })
      ->line;
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
    plots.push_back(fmt::format("${0} using 1:2:3 with yerrorlines {1} lw 1.5 ps 0.5 title '{2}'",
                                block, line_of(what[k]), what[k]));
  }
  return fmt::format("{}{} logscale x\nset xlabel '{}'\nplot {}\n", blocks,
                     sweep.logarithmic ? "set" : "unset", sweep.label, fmt::join(plots, ", "));
}

std::string figure(std::size_t columns, std::size_t rows, const std::string& keys) {
  return fmt::format(R"(
set encoding utf8
set minussign
set terminal svg size {0},{1} enhanced font 'sans-serif,13' background 'white'
set multiplot layout {2},{3} margins {4},{5},{6},{7} spacing {8},{9}
set border 3 linecolor '#444444'
set tics nomirror scale 0.5
set bars small
set format x '%g'
set key at screen 0.5,screen 0.985 top center horizontal maxrows {10} samplen 2.5
)",
                     60 + 250 * columns, 110 + 250 * rows, rows, columns,
                     60.0 / (60 + 250.0 * static_cast<double>(columns)), 0.985,
                     55.0 / (110 + 250.0 * static_cast<double>(rows)),
                     1 - 60.0 / (110 + 250.0 * static_cast<double>(rows)),
                     50.0 / (60 + 250.0 * static_cast<double>(columns)),
                     70.0 / (110 + 250.0 * static_cast<double>(rows)), keys);
}

// The key is drawn once, by the first panel.
std::string row_of_panels(const std::vector<Sweep>& sweeps, const std::vector<GradientRow>& rows,
                          Measure measure, const std::string& name, bool key) {
  std::string script;
  for (std::size_t k = 0; k < sweeps.size(); ++k) {
    if (!key || k > 0) script += "unset key\n";
    script += panel(sweeps[k], rows, measure, fmt::format("{}_{}", name, k)) + "unset ylabel\n";
  }
  return script;
}

}  // namespace

std::string draw_rules(const std::vector<Sweep>& sweeps, const std::vector<GradientRow>& rows) {
  std::string script = figure(sweeps.size(), 2, "2");
  script += "set yrange [-0.35:1.05]\nset ylabel 'cosine with the exact gradient'\n";
  script += row_of_panels(sweeps, rows, &Alignment::cosine, "cosine", true);
  script += "set logscale y\nset yrange [0.01:1000]\nset format y '10^{%T}'\n";
  script += "set ylabel 'norm / norm of the exact gradient'\n";
  script += row_of_panels(sweeps, rows, &Alignment::norm_ratio, "norm", false);
  return run_gnuplot(script);
}

std::string draw_parts(const std::vector<Sweep>& sweeps, const std::vector<GradientRow>& rows) {
  std::string script = figure(sweeps.size(), 1, "1");
  script += "set yrange [-1:2]\nset ylabel 'share of the exact gradient'\n";
  script += row_of_panels(sweeps, rows, &Alignment::share, "share", true);
  return run_gnuplot(script);
}

std::string draw_inference(const std::vector<InferenceRow>& rows) {
  std::map<std::string, std::map<double, std::vector<std::vector<double>>>> found;
  std::map<std::string, Index> last;
  for (const auto& row : rows) {
    auto& points = found[row.network][row.noise_ratio];
    if (row.iteration == 0 && !points.empty()) points.emplace_back();  // a new trial, a new line
    if (row.gap > 0) points.push_back({row.stationarity, row.gap});
  }
  const std::vector<std::string> colours{"#0072B2", "#009E73", "#E69F00", "#D55E00", "#CC79A7"};
  std::string script = figure(found.size(), 1, "1");
  script += "set logscale xy\nset format '10^{%T}'\nset xrange [1e-16:100]\n";
  script += "set yrange [1e-16:1e4]\nset xlabel '|ε − L^T λ| / |ε|'\n";
  script += "set ylabel 'gap of (S4) to (S2)'\n";
  std::size_t number = 0;
  for (const auto& [network, by_ratio] : found) {
    std::vector<std::string> plots;
    std::size_t colour = 0;
    for (const auto& [ratio, points] : by_ratio) {
      const auto block = fmt::format("gap_{}_{}", number, colour);
      script += data_block(block, points);
      plots.push_back(
          fmt::format("${} with linespoints lc rgb '{}' pt 7 ps 0.4 title '{{/Symbol "
                      "s}}_h/{{/Symbol s}}_y = {}'",
                      block, colours[colour++ % colours.size()], ratio));
    }
    script += fmt::format("set title '{}'\nplot {}\nunset key\nunset ylabel\n", network,
                          fmt::join(plots, ", "));
    ++number;
  }
  return run_gnuplot(script);
}

}  // namespace error_forcing::cli
