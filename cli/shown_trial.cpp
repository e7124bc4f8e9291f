#include "shown_trial.hpp"

#include <fmt/ranges.h>

#include "gnuplot.hpp"

namespace error_forcing::cli {

namespace {

using Rows = std::vector<std::vector<double>>;

// More rows than first_rows + last_rows + 1 are cut.
constexpr std::size_t first_rows = 20, last_rows = 5;

// Inputs, targets and mask of one step.
std::vector<double> row_of(const Batch<double>& batch, Index step) {
  std::vector<double> row;
  for (const auto* history : {&batch.inputs, &batch.targets, &batch.mask})
    for (Index k = 0; k < history->rows(); ++k) row.push_back((*history)(0, step, k));
  return row;
}

std::vector<std::string> column_names(const Batch<double>& batch, const char* space) {
  std::vector<std::string> names;
  const auto add = [&](const char* name, Index count) {
    for (Index k = 1; k <= count; ++k) names.push_back(fmt::format("{}{}{}", name, space, k));
  };
  add("input", batch.inputs.rows());
  add("target", batch.targets.rows());
  add("mask", batch.mask.rows());
  return names;
}

// Steps first .. last, in which nothing changes.
struct Stretch {
  Index first, last;
  std::vector<double> row;
};

std::vector<Stretch> stretches_of(const Batch<double>& batch) {
  std::vector<Stretch> stretches;
  for (Index step = 1; step <= batch.layout().steps; ++step) {
    const auto row = row_of(batch, step);
    if (stretches.empty() || stretches.back().row != row) stretches.push_back({step, step, row});
    stretches.back().last = step;
  }
  return stretches;
}

std::string line_of(const Stretch& stretch) {
  const auto [first, last, row] = stretch;
  std::string line = fmt::format(
      "{:>11}", first == last ? fmt::format("{}", first) : fmt::format("{} .. {}", first, last));
  for (const double value : row) line += fmt::format("{:>10.4g}", value);
  return line + "\n";
}

// One line for each row of a history, broken where the mask is 0.
std::string blocks_of(const std::string& name, const History<double>& values,
                      const History<double>* mask) {
  std::string blocks;
  for (Index k = 0; k < values.rows(); ++k) {
    Rows rows;
    for (Index step = 1; step <= values.layout().steps; ++step) {
      const bool seen = mask == nullptr || (*mask)(0, step, k) == 1;
      rows.push_back(seen ? std::vector<double>{static_cast<double>(step), values(0, step, k)}
                          : std::vector<double>{});
    }
    blocks += data_block(fmt::format("{}_{}", name, k + 1), rows);
  }
  return blocks;
}

// Colours that the colour-blind tell apart (Okabe and Ito).
constexpr const char* trial_layout = R"(
set multiplot layout 2,1 title title_text font 'sans-serif:Bold,17' margins 0.09,0.85,0.13,0.9 \
  spacing 0.1
array colours[8] = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#000000', \
                    '#999999']
colour(k) = colours[(k - 1) % 8 + 1]
set tics nomirror scale 0.5
set border 3 linecolor '#444444'
set grid ytics linecolor '#dddddd' linetype 1 linewidth 0.6
set yrange [*<-1.1:1.1<*]
set xrange [0.5:steps + 0.5]
set key at graph 1.02,1 left top Left reverse vertical samplen 1.5 spacing 1.15 noenhanced
set format x ''
plot for [k=1:inputs] sprintf('$input_%d', k) with steps linewidth 1.8 \
  linecolor rgb colour(k) title sprintf('input %d', k)
set format x '%g'
set xlabel 'step' offset 0,0.4
plot for [k=1:outputs] sprintf('$target_%d', k) with lines linewidth 2.4 \
  linecolor rgb colour(k) title sprintf('target %d', k)
unset multiplot
)";

}  // namespace

std::string trial_text(const ShownTrial& trial) {
  const auto stretches = stretches_of(trial.batch);
  std::string text = trial.title + "\n" + fmt::format("{:>11}", "steps");
  for (const auto& name : column_names(trial.batch, " ")) text += fmt::format("{:>10}", name);
  text += "\n";
  const std::size_t rows = stretches.size();
  const bool cut = rows > first_rows + last_rows + 1;
  for (std::size_t k = 0; k < rows; ++k) {
    if (!cut || k < first_rows || k >= rows - last_rows) text += line_of(stretches[k]);
    if (cut && k == first_rows)
      text += fmt::format("{:>11}  {} rows more; --out writes every step\n", "..",
                          rows - first_rows - last_rows);
  }
  return text;
}

std::string trial_table(const ShownTrial& trial) {
  std::string table = fmt::format("step,{}\n", fmt::join(column_names(trial.batch, "_"), ","));
  for (Index step = 1; step <= trial.batch.layout().steps; ++step)
    table += fmt::format("{},{}\n", step, fmt::join(row_of(trial.batch, step), ","));
  return table;
}

std::string draw_trial(const ShownTrial& trial) {
  const auto& [title, batch] = trial;
  return run_gnuplot(svg_head(900, 460, 15) +
                     fmt::format("title_text = '{}'\nsteps = {}\ninputs = {}\noutputs = {}\n",
                                 title, batch.layout().steps, batch.inputs.rows(),
                                 batch.targets.rows()) +
                     blocks_of("input", batch.inputs, nullptr) +
                     blocks_of("target", batch.targets, &batch.mask) + trial_layout);
}

}  // namespace error_forcing::cli
