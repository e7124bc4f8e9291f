#pragma once
// The task of a run: by name, with its difficulty and what the plan says of its other parameters.

#include <error_forcing/task.hpp>

#include "section.hpp"

namespace error_forcing {

/// A parameter of some tasks beside their difficulty.
struct TaskKey {
  std::string key;
  std::vector<std::string> tasks;
};
const std::vector<TaskKey>& task_keys();

/// A task with its own default where the plan says nothing. Throws InvalidInput for an unknown
/// name.
Task read_task(const std::string& name, const Section& section, std::optional<Index> difficulty);

/// The parameter that makes the task hard.
Index difficulty_of(const Task& task);

}  // namespace error_forcing
