#pragma once
// How the pictures of `ef report` are laid out: a sheet of panels, a column a task, and one look
// for each rule.

#include <string>
#include <vector>

#include "report.hpp"

namespace error_forcing::cli {

/// Sizes in pixels.
struct Sheet {
  int columns = 1, rows = 1, panel_width = 290, panel_height = 190, gap = 68, legend = 110;

  int width() const { return 84 + columns * (panel_width + 66) + legend; }
  int height() const { return 50 + rows * (panel_height + gap) + 34; }
};

/// Terminal, fonts, and the small print at the foot, in as many lines as it needs below the height
/// of the sheet, drawn as a plot of its own.
std::string open_sheet(const Sheet& sheet, const std::string& small_print);
/// The place of the next plot; the title stands over the panel, in small print beside it what it is
/// about.
std::string place_panel(const Sheet& sheet, int column, int row, const std::string& title,
                        const std::string& about);

/// `rgb '#08519c'` and the like, from 0, opaque, to 255; rules that force are dark and filled,
/// those that do not light.
std::string colour_of(const std::string& rule, int transparency = 0);
int point_of(const std::string& rule);
/// The rules that ran at a rate, in their order.
std::vector<std::string> rules_of(const Report& report, double rate);
/// One entry a rule, with a mark if its gains are chosen seed by seed and `marked` says so.
std::string legend_of_rules(const Sheet& sheet, const Report& report, double rate, bool marked);

std::vector<std::string> tasks_of(const Report& report, double rate);
/// What the difficulty of a task is, for an axis.
std::string difficulty_label(const std::string& task);

/// A value of a series with its interval.
struct ShownValue {
  double value = 0, low = 0, high = 0;
};
ShownValue fraction_of(const SeriesSummary& one, std::size_t threshold);
ShownValue test_loss_of(const SeriesSummary& one);

/// An axis for losses: from below the smallest to above the largest that is finite and positive.
Range loss_axis(const std::vector<double>& losses);
/// `set logscale` and `set ARANGE` for the axis "x" or "y".
std::string set_loss_axis(const std::string& axis, const Range& range);

}  // namespace error_forcing::cli
