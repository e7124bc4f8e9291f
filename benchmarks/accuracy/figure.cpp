#include "figure.hpp"

#include <fmt/format.h>

#include <map>

#include "../../cli/gnuplot.hpp"

namespace error_forcing::benchmarks {

namespace {

// Colours that the colour-blind tell apart (Okabe and Ito), repeated after seven rules with other
// shapes, of which there are eleven.
constexpr const char* layout = R"(
set encoding utf8
set minussign
set terminal svg size 920,440 enhanced font 'sans-serif,15' background 'white'
array colours[7] = ['#000000', '#56B4E9', '#0072B2', '#009E73', '#E69F00', '#D55E00', '#CC79A7']
array shapes[11] = [7, 4, 8, 10, 6, 12, 14, 1, 2, 3, 5]
set multiplot
set logscale x
set xrange [0.7:*]
set offsets 0, graph 0.1, 0, 0
set yrange [*:1.05]
set xlabel 'cost, times that of bptt'
set border 3 linecolor '#444444'
set tics nomirror
set grid linecolor '#dddddd'
set bmargin at screen 0.16
set tmargin at screen 0.88
set label 1 "larger point,\nlarger gain" at screen 0.82,0.4 font ',12' textcolor '#444444'
)";

constexpr const char* panels[] = {R"(
set lmargin at screen 0.1
set rmargin at screen 0.41
set title 'all weights'
set label 2 'cosine to the exact gradient' at screen 0.02,0.52 center rotate
unset key
)",
                                  R"(
set lmargin at screen 0.48
set rmargin at screen 0.78
set title 'recurrent weights W'
unset label 2
set key at screen 0.98,0.86 right top reverse Left noenhanced samplen 1
unset label 1
)"};

// Every gain of a rule; the size of its point grows with the gain.
std::string points(const std::string& rule, std::size_t number, int column) {
  return fmt::format(
      "${0} using 1:{1}:(0.6 + $4) with points linecolor rgb colours[{2}] pointtype shapes[{3}] "
      "pointsize variable linewidth 1.6 title '{0}'",
      rule, column, number % 7 + 1, number % 11 + 1);
}

std::string panel(const std::vector<std::string>& rules, std::size_t number) {
  std::string script = panels[number];
  for (std::size_t k = 0; k < rules.size(); ++k)
    script += (k == 0 ? "plot " : ", ") + points(rules[k], k, static_cast<int>(number) + 2);
  return script + "\n";
}

}  // namespace

std::string draw_accuracy(const std::vector<Accuracy>& table) {
  std::vector<std::string> rules;
  std::map<std::string, std::vector<std::vector<double>>> rows;
  for (const Accuracy& a : table) {
    if (!rows.contains(a.rule)) rules.push_back(a.rule);
    rows[a.rule].push_back({a.cost, a.cosine, a.cosine_W, a.gain.value_or(0.5)});
  }
  std::string data;
  for (const auto& rule : rules) data += cli::data_block(rule, rows[rule]);
  return cli::run_gnuplot(data + layout + panel(rules, 0) + panel(rules, 1));
}

}  // namespace error_forcing::benchmarks
