#include "report_style.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <error_forcing/sweep_plan.hpp>
#include <map>
#include <sstream>

namespace error_forcing::cli {

namespace {

struct Look {
  const char* colour;  // red, green, blue
  int point;
};

Look look_of(const std::string& rule) {
  static const std::map<std::string, Look> looks{
      {"bptt", {"888888", 6}},  {"tf", {"e7a73a", 5}},       {"gtf", {"d9480f", 5}},
      {"ef", {"0b4f9e", 7}},    {"ef-tuned", {"b5179e", 7}}, {"rflo", {"74b95a", 4}},
      {"snap1", {"b79ad6", 8}}, {"ef-rflo", {"14692b", 13}}, {"ef-snap1", {"5b2a91", 9}},
      {"rtrl", {"444444", 2}}};
  const auto found = looks.find(rule);
  return found == looks.end() ? Look{"000000", 1} : found->second;
}

// Lines of at most so many characters, broken between words.
std::vector<std::string> lines_of(const std::string& text, std::size_t most) {
  std::vector<std::string> lines{""};
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > most) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
  }
  return lines;
}

}  // namespace

std::string open_sheet(const Sheet& sheet, const std::string& small_print) {
  constexpr int pixels_a_character = 6, pixels_a_line = 15;
  const auto lines =
      lines_of(small_print, static_cast<std::size_t>(sheet.width() - 40) / pixels_a_character);
  const int height = sheet.height() + pixels_a_line * (static_cast<int>(lines.size()) - 1);
  return fmt::format(
      "set encoding utf8\nset minussign\n"
      "set terminal svg size {0},{1} enhanced font 'sans-serif,13' background 'white'\n"
      "set multiplot\nX(pixel) = pixel / {0}.0\nY(pixel) = 1 - pixel / {1}.0\n"
      "set bars 0\nunset key\n"
      "set label 3 \"{2}\" at screen X(20),Y({3}) left font ',11' textcolor '#555555'\n"
      "unset border\nunset tics\nplot [0:1] [0:1] 9 notitle\nunset label 3\n"
      "set xtics nomirror scale 0.5 font ',12'\nset ytics nomirror scale 0.5 font ',12'\nset "
      "border 3 linecolor '#444444'\n"
      "set grid ytics linecolor '#e4e4e4' linetype 1 linewidth 0.6\n",
      sheet.width(), height, fmt::join(lines, "\\n"), sheet.height() - 16);
}

std::string place_panel(const Sheet& sheet, int column, int row, const std::string& title,
                        const std::string& about) {
  const int left = 76 + column * (sheet.panel_width + 66);
  const int top = 50 + row * (sheet.panel_height + sheet.gap);
  return fmt::format(
      "set lmargin at screen X({})\nset rmargin at screen X({})\n"
      "set tmargin at screen Y({})\nset bmargin at screen Y({})\n"
      "set label 1 \"{}\" at graph 0,1.07 left font 'sans-serif:Bold,14'\n"
      "set label 2 \"{}\" at graph 1,1.07 right font ',12' textcolor '#555555'\n",
      left, left + sheet.panel_width, top, top + sheet.panel_height, title, about);
}

std::string colour_of(const std::string& rule, int transparency) {
  return fmt::format("rgb '#{:02x}{}'", transparency, look_of(rule).colour);
}

int point_of(const std::string& rule) { return look_of(rule).point; }

namespace {

// Words of the cells at a rate, each once.
template <typename Word>
std::vector<std::string> distinct(const Report& report, double rate, Word word) {
  std::vector<std::string> words;
  for (const auto& one : report.cells)
    if (one.cell.rate == rate && std::find(words.begin(), words.end(), word(one)) == words.end())
      words.push_back(word(one));
  return words;
}

}  // namespace

std::vector<std::string> rules_of(const Report& report, double rate) {
  return distinct(report, rate, [](const auto& one) { return one.cell.rule; });
}

std::vector<std::string> tasks_of(const Report& report, double rate) {
  return distinct(report, rate, [](const auto& one) { return one.cell.task; });
}

std::string legend_of_rules(const Sheet& sheet, const Report& report, double rate, bool marked) {
  std::string script = fmt::format(
      "unset label\nunset border\nunset tics\nunset grid\nunset xlabel\nunset ylabel\n"
      "unset logscale\nset lmargin at screen X(0)\nset rmargin at screen X({0})\n"
      "set key at screen X({1}),Y(44) left top Left reverse vertical samplen 2 spacing 1.25\n"
      "plot [0:1] [0:1]",
      sheet.width(), sheet.width() - sheet.legend - 8);
  for (const auto& rule : rules_of(report, rate)) {
    const bool chosen =
        std::any_of(report.headlines.begin(), report.headlines.end(), [&](const auto& one) {
          return one.held_out && one.cell.rate == rate && one.cell.rule == rule;
        });
    script += fmt::format(
        "{} 9 with linespoints pointtype {} pointsize 0.7 linewidth 1.8 linecolor {} title '{}{}'",
        script.ends_with(']') ? "" : ",", point_of(rule), colour_of(rule), rule,
        marked && chosen ? " *" : "");
  }
  return script + "\n";
}

std::string difficulty_label(const std::string& task) {
  return difficulty_name(task) == "delay" ? "delay (steps)" : "difficulty";
}

ShownValue fraction_of(const SeriesSummary& one, std::size_t threshold) {
  const auto& found = one.thresholds.at(threshold);
  return {static_cast<double>(found.learned) / static_cast<double>(one.runs), found.fraction.low,
          found.fraction.high};
}

ShownValue test_loss_of(const SeriesSummary& one) {
  const auto& [median, interval, coverage] = one.test_loss;
  return {median.low, interval.low, interval.high};
}

Range loss_axis(const std::vector<double>& losses) {
  Range range{1e300, 0};
  for (const double loss : losses)
    if (std::isfinite(loss) && loss > 0)
      range = {std::min(range.low, loss), std::max(range.high, loss)};
  if (range.high == 0) return {0.1, 10};
  return {range.low / 1.6, range.high * 1.6};
}

std::string set_loss_axis(const std::string& axis, const Range& range) {
  // Over less than a decade powers of ten alone would leave an axis without a number.
  const bool wide = range.high / range.low > 12;
  return fmt::format(
      "set logscale {0}\nset {0}range [{1:.8g}:{2:.8g}]\nset format {0} '{3}'\n"
      "set {0}tics {4}\n",
      axis, range.low, range.high, wide ? "10^{%T}" : "%g", wide ? "autofreq" : "add autofreq");
}

}  // namespace error_forcing::cli
