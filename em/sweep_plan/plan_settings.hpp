#pragma once
// What a plan says of a run beside the axes of its grid: sizes, budgets, precision, thresholds,
// descent.

#include <error_forcing/sweep_plan.hpp>

#include "section.hpp"

namespace error_forcing {

/// The keys that read_settings() reads.
const std::vector<std::string>& setting_keys();

/// A run of the task with these settings; what the plan does not say is the paper's. Refuses values
/// out of range, but leaves to validate() what it knows.
SweepRun read_settings(const Section& section, const Task& task);

}  // namespace error_forcing
