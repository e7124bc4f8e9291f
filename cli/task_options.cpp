#include "task_options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "command_line.hpp"

namespace error_forcing::cli {

namespace {

const std::vector<SharedOption> options_of_tasks{
    {"--delay", {"xor", "evidence", "context", "match"}},
    {"--pulse", {"xor"}},
    {"--difficulty", {"sine", "flip-flop", "limit-cycle", "lorenz"}},
    {"--steps", {"sine", "flip-flop", "limit-cycle", "lorenz"}},
    {"--bits", {"flip-flop"}},
    {"--noise", {"context"}},
    {"--stimuli", {"match"}}};

// Sets the fields of a task to what was given, and shows the defaults of the others.
struct Adopt {
  CLI::App& command;
  const TaskOptions& given;

  template <typename Value>
  void take(const std::string& name, const Value& value, Value& field) const {
    auto* option = command.get_option(name);
    if (option->count() > 0) field = value;
    if (option->count() == 0) option->default_str(fmt::format("{}", field));
  }

  void operator()(DelayedXor& task) const {
    take("--delay", given.delay, task.delay);
    take("--pulse", given.pulse, task.pulse);
  }
  void operator()(SineGeneration& task) const {
    take("--difficulty", given.difficulty, task.difficulty);
    take("--steps", given.steps, task.steps);
  }
  void operator()(EvidenceIntegration& task) const { take("--delay", given.delay, task.delay); }
  void operator()(FlipFlop& task) const {
    take("--difficulty", given.difficulty, task.interval);
    take("--steps", given.steps, task.steps);
    take("--bits", given.bits, task.bits);
  }
  void operator()(ContextIntegration& task) const {
    take("--delay", given.delay, task.delay);
    take("--noise", given.noise, task.noise);
  }
  void operator()(DelayedMatch& task) const {
    take("--delay", given.delay, task.delay);
    take("--stimuli", given.stimuli, task.stimuli);
  }
  void operator()(LimitCycle& task) const {
    take("--difficulty", given.difficulty, task.period);
    take("--steps", given.steps, task.steps);
  }
  void operator()(LorenzPrediction& task) const {
    take("--difficulty", given.difficulty, task.horizon);
    take("--steps", given.steps, task.steps);
  }
};

}  // namespace

void add_task_options(CLI::App& command, TaskOptions& options) {
  const auto add = [&](const std::string& name, auto& value, const std::string& meaning) {
    command.add_option(name, value, meaning)->default_str("");
  };
  add("--delay", options.delay,
      "xor, evidence, context, match: silent steps to remember over, of xor at least half a pulse; "
      "by default 100, 100, 10, 50");
  add("--pulse", options.pulse, "xor: steps of a pulse and of the window, even, by default 10");
  add("--difficulty", options.difficulty,
      "sine: steps added to every period, -88 or more, by default 0; flip-flop: mean steps "
      "between pulses, 50; limit-cycle: period, 50; lorenz: steps to predict over, 10");
  add("--steps", options.steps,
      "sine, flip-flop, limit-cycle, lorenz: steps of a trial, by default 500, 200, 200, 200");
  add("--bits", options.bits, "flip-flop: bits, 1 to 16, by default 3");
  add("--noise", options.noise, "context: deviation of the streams' noise, by default 0.5");
  add("--stimuli", options.stimuli, "match: stimuli, 2 to 64, by default 4");
}

Task chosen_task(CLI::App& command, const std::string& choice, const TaskOptions& options) {
  keep_options_of(command, choice, options.name, options_of_tasks);
  Task task = task_named(options.name);
  std::visit(Adopt{command, options}, task);
  return task;
}

std::string option_of_length(const Task& task) {
  for (const auto& [option, owners] : options_of_tasks)
    if (option == "--steps" &&
        std::find(owners.begin(), owners.end(), name_of(task)) != owners.end())
      return option;
  return "--delay";
}

}  // namespace error_forcing::cli
