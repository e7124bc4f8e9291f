#pragma once
// The picture of `ef study gains`: what each gain learns, and where tuning takes the gain.

#include "gains_runs.hpp"

namespace error_forcing::cli {

/// The runs of one rule, in a row of run_gains(): all seeds of it.
std::vector<std::vector<GainRun>> by_rule(const std::vector<GainRun>& runs);

/// The picture as the text of an SVG file.
std::string draw_gains(const std::vector<GainRun>& runs);

}  // namespace error_forcing::cli
