#include "panels.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gnuplot.hpp"

namespace error_forcing::cli {

namespace {

// A name at the top of a figure, with its line and point, `x` pixels from the left.
std::string key_entry(const CurveStyle& style, std::size_t number, double x, double width,
                      double height) {
  const double from = x / width, to = (x + 24) / width, y = 1 - 18 / height;
  return fmt::format(
      "set arrow {0} from screen {1},{2} to screen {3},{2} nohead lc rgb '{4}' dt {5} lw 1.5\n"
      "set label {0} '{6}' at screen {7},{2} point lc rgb '{4}' pt {8} ps 0.6 offset 2.2,0\n",
      number + 1, from, y, to, style.colour, style.dashes, style.what, (from + to) / 2,
      style.point);
}

double room_for(const CurveStyle& style) { return 48 + 8 * static_cast<double>(style.what.size()); }

std::string key_line(const std::vector<CurveStyle>& key, double width, double height) {
  double needed = 0, x = 20;
  for (const auto& style : key) needed += room_for(style);
  const double closer = std::min(1.0, (width - x) / needed);
  std::string script;
  for (std::size_t k = 0; k < key.size(); ++k) {
    script += key_entry(key[k], k, x, width, height);
    x += closer * room_for(key[k]);
  }
  return script;
}

}  // namespace

std::string open_panels(std::size_t columns, std::size_t rows, const std::vector<CurveStyle>& key) {
  const double width = 90 + 250.0 * static_cast<double>(columns);
  const double height = 125 + 260.0 * static_cast<double>(rows);
  return svg_head(width, height, 13) +
         fmt::format(R"(
set multiplot layout {},{} margins {},{},{},{} spacing {},{}
set border 3 linecolor '#444444'
set tics nomirror scale 0.5
set bars small
set autoscale xfix
set format x '%g'
set xlabel offset 0,0.4
set title offset 0,-0.6
unset key
)",
                     rows, columns, 85 / width, 0.985, 65 / height, 1 - 66 / height, 55 / width,
                     85 / height) +
         key_line(key, width, height);
}

std::string curve_plot(const std::string& block, const std::string& columns,
                       const std::string& with, const CurveStyle& style) {
  return fmt::format("${} using {} with {} lc rgb '{}' dt {} pt {} lw 1.5 ps 0.5", block, columns,
                     with, style.colour, style.dashes, style.point);
}

}  // namespace error_forcing::cli
