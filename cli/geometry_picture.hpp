#pragma once
// The picture of the method: three panels of state space, one for each rule.

#include "planar_runs.hpp"

namespace error_forcing::cli {

/// The picture as the text of an SVG file.
std::string draw_geometry(const PlanarRuns& scene);

}  // namespace error_forcing::cli
