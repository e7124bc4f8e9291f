#include "plan_task.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace error_forcing {

namespace {

void adopt(DelayedXor& task, const Section& section, std::optional<Index> difficulty) {
  task.delay = difficulty.value_or(task.delay);
  section.take("pulse", task.pulse);
}
void adopt(SineGeneration& task, const Section& section, std::optional<Index> difficulty) {
  task.difficulty = difficulty.value_or(task.difficulty);
  section.take("steps", task.steps);
}
void adopt(EvidenceIntegration& task, const Section&, std::optional<Index> difficulty) {
  task.delay = difficulty.value_or(task.delay);
}
void adopt(FlipFlop& task, const Section& section, std::optional<Index> difficulty) {
  task.interval = difficulty.value_or(task.interval);
  section.take("bits", task.bits);
  section.take("steps", task.steps);
}
void adopt(ContextIntegration& task, const Section& section, std::optional<Index> difficulty) {
  task.delay = difficulty.value_or(task.delay);
  section.take("noise", task.noise);
}
void adopt(DelayedMatch& task, const Section& section, std::optional<Index> difficulty) {
  task.delay = difficulty.value_or(task.delay);
  section.take("stimuli", task.stimuli);
}
void adopt(LimitCycle& task, const Section& section, std::optional<Index> difficulty) {
  task.period = difficulty.value_or(task.period);
  section.take("steps", task.steps);
}
void adopt(LorenzPrediction& task, const Section& section, std::optional<Index> difficulty) {
  task.horizon = difficulty.value_or(task.horizon);
  section.take("steps", task.steps);
}

struct Difficulty {
  Index operator()(const DelayedXor& task) const { return task.delay; }
  Index operator()(const SineGeneration& task) const { return task.difficulty; }
  Index operator()(const EvidenceIntegration& task) const { return task.delay; }
  Index operator()(const FlipFlop& task) const { return task.interval; }
  Index operator()(const ContextIntegration& task) const { return task.delay; }
  Index operator()(const DelayedMatch& task) const { return task.delay; }
  Index operator()(const LimitCycle& task) const { return task.period; }
  Index operator()(const LorenzPrediction& task) const { return task.horizon; }
};

}  // namespace

const std::vector<TaskKey>& task_keys() {
  static const std::vector<TaskKey> keys{{"pulse", {"xor"}},
                                         {"steps", {"sine", "flip-flop", "limit-cycle", "lorenz"}},
                                         {"bits", {"flip-flop"}},
                                         {"noise", {"context"}},
                                         {"stimuli", {"match"}}};
  return keys;
}

Task read_task(const std::string& name, const Section& section, std::optional<Index> difficulty) {
  const auto& names = task_names();
  if (std::find(names.begin(), names.end(), name) == names.end())
    section.refuse("task", fmt::format("unknown name '{}'{}; use one of {}", name,
                                       suggestion(name, names), fmt::join(names, ", ")));
  Task task = task_named(name);
  std::visit([&](auto& one) { adopt(one, section, difficulty); }, task);
  return task;
}

Index difficulty_of(const Task& task) { return std::visit(Difficulty(), task); }

}  // namespace error_forcing
