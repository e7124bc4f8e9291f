#pragma once
// Figures of many small panels below one key, for the studies that compare rules.

#include <string>
#include <vector>

namespace error_forcing::cli {

/// How a curve is drawn. Colours that the colour-blind tell apart (Okabe and Ito), and dashes for
/// those that share a hue.
struct CurveStyle {
  std::string what, colour;
  int dashes, point;
};

/// A script that opens a figure of panels in rows and columns, below one key for all. Plot the
/// first panel and then call `close_key`, or the key is drawn again with every panel.
std::string open_panels(std::size_t columns, std::size_t rows, const std::vector<CurveStyle>& key);
inline const std::string close_key = "unset label\nunset arrow\n";

/// What `plot` takes to draw a data block, e.g. `with` "yerrorlines" and columns "1:2:3".
std::string curve_plot(const std::string& block, const std::string& columns,
                       const std::string& with, const CurveStyle& style);

}  // namespace error_forcing::cli
