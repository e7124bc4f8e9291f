#include "gains_picture.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gnuplot.hpp"

namespace error_forcing::cli {

namespace {

using Rows = std::vector<std::vector<double>>;

// Fixed gains from grey to dark blue, self-tuned ones from light to dark orange.
constexpr const char* gains_layout = R"(
set multiplot
X(pixel) = pixel / 1080.0
Y(pixel) = pixel / 460.0
array colours[9] = ['#999999', '#9ecae1', '#6baed6', '#3182bd', '#08519c', '#08306b', \
                    '#fdae6b', '#e6550d', '#8c2d04']
set tics nomirror scale 0.5
set border 3 linecolor '#444444'
set grid ytics linecolor '#dddddd' linetype 1 linewidth 0.6
set xrange [1:epochs]
tic = epochs > 200 ? 100 : epochs > 60 ? 25 : epochs > 20 ? 10 : 1
set xtics tic
set xlabel 'epoch' offset 0,0.4
set bmargin at screen Y(64)
set tmargin at screen Y(416)

set lmargin at screen X(74)
set rmargin at screen X(440)
set label 1 'Validation loss' at graph 0.5,1.06 center font 'sans-serif:Bold,17'
set logscale y
set format y '10^{%T}'
set key at screen X(846),Y(392) left top Left reverse vertical samplen 2 spacing 1.15
plot for [k=1:rules] sprintf('$loss_%d', k) with lines linewidth (k > 6 ? 2.4 : 1.6) \
  linecolor rgb colours[k] title titles[k]

unset logscale y
set format y '%.1f'
set lmargin at screen X(510)
set rmargin at screen X(826)
set yrange [0:1]
set label 1 'Gain of self-tuning'
unset key
plot for [k=7:rules] sprintf('$gain_%d', k) with lines linewidth 2.4 linecolor rgb colours[k]
)";

// The mean over the seeds that got so far, epoch by epoch.
template <typename Value>
Rows mean_curve(const std::vector<GainRun>& seeds, Value value) {
  Rows rows;
  for (const GainRun& run : seeds)
    for (std::size_t k = 0; k < run.history.size(); ++k) {
      if (k == rows.size()) rows.push_back({static_cast<double>(k + 1), 0, 0});
      rows[k][1] += value(run, run.history[k]);
      ++rows[k][2];
    }
  for (auto& row : rows) row = {row[0], row[1] / row[2]};
  return rows;
}

std::string title_of(const GainRun& run) {
  return run.tuned ? fmt::format("tuned from {}", run.gain) : fmt::format("c = {}", run.gain);
}

}  // namespace

std::vector<std::vector<GainRun>> by_rule(const std::vector<GainRun>& runs) {
  std::vector<std::vector<GainRun>> rules;
  for (const GainRun& run : runs) {
    if (run.seed == 1) rules.emplace_back();
    rules.back().push_back(run);
  }
  return rules;
}

std::string draw_gains(const std::vector<GainRun>& runs) {
  const auto rules = by_rule(runs);
  std::size_t epochs = 2;
  std::string titles, blocks;
  for (std::size_t k = 0; k < rules.size(); ++k) {
    for (const GainRun& run : rules[k]) epochs = std::max(epochs, run.history.size());
    titles += fmt::format("{}'{}'", k == 0 ? "" : ", ", title_of(rules[k][0]));
    blocks += data_block(
        fmt::format("loss_{}", k + 1),
        mean_curve(rules[k], [](const auto&, const auto& epoch) { return epoch.validation_loss; }));
    blocks += data_block(fmt::format("gain_{}", k + 1),
                         mean_curve(rules[k], [](const auto& run, const auto& epoch) {
                           return run.gain_after(epoch);
                         }));
  }
  return run_gnuplot(svg_head(1080, 460, 15) +
                     fmt::format("epochs = {}\nrules = {}\narray titles[{}] = [{}]\n", epochs,
                                 rules.size(), rules.size(), titles) +
                     blocks + gains_layout);
}

}  // namespace error_forcing::cli
