#pragma once
// The figure of `./ef bench accuracy`: cosine to the exact gradient against cost.

#include "measurement.hpp"

namespace error_forcing::benchmarks {

/// An SVG, two panels: over all weights, and over W. Throws as run_gnuplot().
std::string draw_accuracy(const std::vector<Accuracy>& table);

}  // namespace error_forcing::benchmarks
