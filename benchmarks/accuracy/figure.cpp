#include "figure.hpp"

#include <fmt/format.h>

#include <map>

#include "../../cli/gnuplot.hpp"

namespace error_forcing::benchmarks {

namespace {

// Colours that the colour-blind tell apart (Okabe and Ito), repeated with other points.
constexpr const char* layout = R"(
set encoding utf8
set minussign
set terminal svg size 760,480 enhanced font 'sans-serif,15' background 'white'
array colours[7] = ['#000000', '#56B4E9', '#0072B2', '#009E73', '#E69F00', '#D55E00', '#CC79A7']
array points[7] = [7, 5, 9, 11, 13, 6, 4]
set logscale x
set yrange [*:1.02]
set xlabel 'time of a step of one batch, µs'
set ylabel 'cosine to the exact gradient'
set key outside right top reverse Left noenhanced
set border 3 linecolor '#444444'
set tics nomirror
set grid linecolor '#dddddd'
set offsets graph 0.08, graph 0.12, 0, graph 0.04
)";

// Names gnuplot's data block and shows the gain beside each point.
std::string curve(const std::string& rule, std::size_t number) {
  const auto style =
      fmt::format("linecolor rgb colours[{0}] pointtype points[{0}]", number % 7 + 1);
  return fmt::format(
      "${0} using 1:2 with linespoints {1} title '{0}', "
      "${0} using 1:2:($3 >= 0 ? sprintf('%g', $3) : '') with labels left offset 0.6,0.5 "
      "font ',11' textcolor '#444444' notitle",
      rule, style);
}

}  // namespace

std::string draw_accuracy(const std::vector<Accuracy>& table) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::vector<double>>> rows;
  for (const Accuracy& a : table) {
    if (!rows.contains(a.rule)) order.push_back(a.rule);
    rows[a.rule].push_back({a.us_per_step, a.cosine, a.gain.value_or(-1)});
  }
  std::string data, plot;
  for (std::size_t k = 0; k < order.size(); ++k) {
    data += cli::data_block(order[k], rows[order[k]]);
    plot += (k == 0 ? "plot " : ", ") + curve(order[k], k);
  }
  return cli::run_gnuplot(data + layout + plot + "\n");
}

}  // namespace error_forcing::benchmarks
