#pragma once
// The figure of `./ef bench accuracy`: cosine to the exact gradient against the cost of a step.

#include "measurement.hpp"

namespace error_forcing::benchmarks {

/// An SVG, one line a rule, through its gains. Throws as run_gnuplot().
std::string draw_accuracy(const std::vector<Accuracy>& table);

}  // namespace error_forcing::benchmarks
