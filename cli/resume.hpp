#pragma once
// `ef train --resume DIR`: the options of the run in DIR, from the command that it keeps.

#include "train_options.hpp"

namespace error_forcing::cli {

/// A run of `ef train`, new or begun before.
struct TrainRun {
  TrainOptions options;
  std::string command;  ///< for a shell to run again
  std::string numbers;  ///< the options that decide the run's numbers
  bool resumed = false;
};

/// The run of a command that is parsed. With --resume that of its folder, with a budget of epochs
/// that may be raised. Throws InvalidInput where the two contradict, naming the option.
TrainRun run_of(CLI::App& command, TrainOptions options);

}  // namespace error_forcing::cli
