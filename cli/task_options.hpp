#pragma once
// The options that say which trials a task draws, for every subcommand that draws some.

#include <CLI/CLI.hpp>
#include <error_forcing/task.hpp>

namespace error_forcing::cli {

/// What was given, whichever the task; a task reads its own.
struct TaskOptions {
  std::string name = "xor";
  Index delay = 0, difficulty = 0, pulse = 0, steps = 0, bits = 0, stimuli = 0;
  double noise = 0;
};

/// Adds --delay, --difficulty and so on, but not the option that names the task.
void add_task_options(CLI::App& command, TaskOptions& options);

/// The task `options.name` with what was given and its own defaults for what was not, which
/// command_line() then spells out. Refuses the options of other tasks; `choice` is how the command
/// names the task, e.g. "--task".
Task chosen_task(CLI::App& command, const std::string& choice, const TaskOptions& options);

/// The option that makes the trials of a task longer.
std::string option_of_length(const Task& task);

}  // namespace error_forcing::cli
