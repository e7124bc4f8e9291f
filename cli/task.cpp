// ef task: the tasks, and what a trial of one looks like.

#include <fmt/format.h>

#include <error_forcing/atomic_file.hpp>
#include <filesystem>
#include <memory>

#include "command_line.hpp"
#include "shown_trial.hpp"
#include "study_files.hpp"
#include "subcommands.hpp"
#include "task_options.hpp"

namespace error_forcing::cli {

namespace {

struct ShowOptions {
  TaskOptions task;
  std::uint64_t seed = 1;
  std::filesystem::path out;
};

// The first that `ef train` trains on at this seed.
ShownTrial first_trial(const Task& task, std::uint64_t seed) {
  validate(task);
  ShownTrial trial{
      fmt::format("{}: a trial of {} steps, seed {}", name_of(task), trial_steps(task), seed),
      zero_trials<double>(task, 1)};
  auto engine = random_engine(seed, 1);
  draw_trials(task, engine, trial.batch);
  return trial;
}

void show_trial(const Task& task, const ShowOptions& options) {
  const ShownTrial trial = first_trial(task, options.seed);
  if (options.out.empty()) return fmt::print("{}", trial_text(trial));
  const StudyFiles files{{"trial.svg", draw_trial(trial)}, {"trial.csv", trial_table(trial)}};
  make_folder(options.out);
  fmt::print("{}", trial_text(trial));
  write_study(options.out, files);
}

}  // namespace

void add_task(CLI::App& program, int&) {
  auto* task = program.add_subcommand("task", "The tasks: what a trial looks like");
  task->require_subcommand(1);
  auto options = std::make_shared<ShowOptions>();
  auto* command = task->add_subcommand("show", "Print a trial, and plot it with --out");
  command->add_option("name", options->task.name, "Task")
      ->required()
      ->check(CLI::IsMember(task_names()));
  add_task_options(*command, options->task);
  command->add_option("--seed", options->seed, "Of the trial, the first of ef train --seed")
      ->check(is_seed);
  command->add_option("--out", options->out, "Folder for trial.svg and trial.csv");
  command->callback([options, command] {
    show_trial(chosen_task(*command, "ef task show", options->task), *options);
  });
}

}  // namespace error_forcing::cli
