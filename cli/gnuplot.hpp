#pragma once
// Pictures drawn by gnuplot, for every study.

#include <string>
#include <vector>

namespace error_forcing::cli {

/// Runs a script under gnuplot's own defaults and returns what it draws on standard output, e.g.
/// with `set terminal svg`. Throws InvalidInput with the remedy if gnuplot is not installed, and
/// std::runtime_error with its first complaint if it fails.
std::string run_gnuplot(const std::string& script);

/// Throws as run_gnuplot() does if gnuplot is not installed: before long work, not after it.
void require_gnuplot();

/// The first lines of a script that draws an SVG of so many pixels on white.
std::string svg_head(double width, double height, int font_size);

/// A table of numbers as the data block $NAME of a script; a row of no numbers breaks a line.
std::string data_block(const std::string& name, const std::vector<std::vector<double>>& rows);

}  // namespace error_forcing::cli
