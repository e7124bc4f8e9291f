#pragma once
// The options of `ef train`, and the run that they mean.

#include <CLI/CLI.hpp>
#include <error_forcing/training.hpp>

#include "feedback_options.hpp"
#include "task_options.hpp"

namespace error_forcing::cli {

struct TrainOptions {
  Training training;
  NoiseTuning tuning;
  TaskOptions task;
  FeedbackOptions feedback;
  std::string rule = "ef", optimiser = "adam", precision = "float", out, resume;
  std::vector<std::string> trained{"W", "b", "C", "d"};
  std::vector<double> thresholds = {};
  double ridge = 0, momentum = 0, clip_norm = 0;
  Index checkpoint_every = 10;  ///< epochs, >= 1; each costs a millisecond
  bool overwrite = false;
};

void add_train_options(CLI::App& command, TrainOptions& options);

/// Once parsed: fills in `options.training`, refuses what does not go together, and gives the
/// options that were left out the defaults of the task, for the command that is kept.
void adopt_train_options(CLI::App& command, TrainOptions& options);

}  // namespace error_forcing::cli
