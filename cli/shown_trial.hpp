#pragma once
// One trial of a task, to be read and to be seen.

#include <error_forcing/task.hpp>

namespace error_forcing::cli {

/// One trial, and what it is called.
struct ShownTrial {
  std::string title;    ///< of one line
  Batch<double> batch;  ///< the trial alone
};

/// A row for every run of steps in which nothing changes; of many rows the first and the last.
std::string trial_text(const ShownTrial& trial);

/// CSV of every step: step, then input_1.., target_1.., mask_1...
std::string trial_table(const ShownTrial& trial);

/// Inputs above, targets where they are observed below, as the text of an SVG file.
std::string draw_trial(const ShownTrial& trial);

}  // namespace error_forcing::cli
