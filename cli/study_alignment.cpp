// ef study alignment: how the gradients of all rules point, one against another, along training.

#include <fmt/format.h>

#include <error_forcing/atomic_file.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/rtrl.hpp>
#include <memory>

#include "alignment_pictures.hpp"
#include "command_line.hpp"
#include "gnuplot.hpp"
#include "studies.hpp"
#include "study_files.hpp"
#include "task_options.hpp"

namespace error_forcing::cli {

namespace {

struct AlignmentOptions {
  std::filesystem::path out;
  TaskOptions task;
  std::string rule = "bptt";
  Index seeds = 3, epochs = 50, units = 50, trials = 8;
  double gain = 0.5;
};

AlignmentPlan plan_of(const AlignmentOptions& options, const Task& task) {
  AlignmentPlan plan{paper_training(task), options.seeds, options.trials, options.gain};
  plan.training.epochs = options.epochs;
  plan.training.network.units = options.units;
  plan.training.rule = {.name = options.rule, .gain = options.gain};
  return plan;
}

void validate(const AlignmentPlan& plan) {
  require(plan.seeds >= 1 && plan.seeds <= 1000, "seeds: want 1 to 1000, got {}", plan.seeds);
  require(plan.trials >= 1 && plan.trials <= 100000, "trials: want 1 to 100000, got {}",
          plan.trials);
  const auto& network = plan.training.network;
  require(network.units > network.outputs,
          "units: want more than the {} outputs, got {}; misaligned forcing turns into the rest",
          network.outputs, network.units);
  require_small_enough_for_rtrl(network.units, network.inputs);
  error_forcing::validate(plan.training);
}

void show(const Snapshot& snapshot) {
  fmt::print("seed {} epoch {:>4}{}\n", snapshot.seed, snapshot.epoch,
             snapshot.epoch == 0 ? "  as drawn"
                                 : fmt::format("  validation {:.4f}", snapshot.validation_loss));
  std::fflush(stdout);
}

// Against bptt, over W, U, b: means over seeds at the first and the last snapshot.
void print_summary(const std::vector<AlignmentRow>& rows) {
  const auto epochs = epochs_in(rows);
  fmt::print("{:<12} {:>25} {:>25}\n", "W, U, b", fmt::format("after epoch {}", epochs.front()),
             fmt::format("after epoch {}", epochs.back()));
  fmt::print("{:<12} {:>8} {:>8} {:>7} {:>9} {:>8} {:>7}\n", "rule", "cosine", "norm", "signs",
             "cosine", "norm", "signs");
  for (const auto& rule : rules_in(rows)) {
    fmt::print("{:<12}", rule);
    for (const Index epoch : {epochs.front(), epochs.back()}) {
      const auto mean = [&](double Alignment::*measure) {
        return mean_over_seeds(rows, epoch, rule, "bptt", "dynamics", measure);
      };
      fmt::print(" {:>8.3f} {:>8.3g} {:>7.3f} ", mean(&Alignment::cosine),
                 mean(&Alignment::norm_ratio), mean(&Alignment::sign_agreement));
    }
    fmt::print("\n");
  }
}

void run(const AlignmentOptions& options, const Task& task) {
  const auto plan = plan_of(options, task);
  validate(plan);
  require_gnuplot();
  make_folder(options.out);
  std::vector<Snapshot> snapshots;
  std::vector<AlignmentRow> rows;
  for (Index seed = 1; seed <= plan.seeds; ++seed)
    for (const auto& snapshot : snapshots_of(plan, static_cast<std::uint64_t>(seed))) {
      show(snapshot);
      compare_rules(plan, snapshot, rows);
      snapshots.push_back(snapshot);
    }
  print_summary(rows);
  write_study(options.out, {{"alignment.csv", to_csv(rows)},
                            {"training.csv", to_csv(snapshots)},
                            {"training.svg", draw_along_training(rows)},
                            {"pairs.svg", draw_pairs(rows)}});
}

}  // namespace

void add_study_alignment(CLI::App& study) {
  auto options = std::make_shared<AlignmentOptions>();
  auto* command = study.add_subcommand(
      "alignment", "How the gradients of all rules point, pair by pair, along a training run");
  command->add_option("--task", options->task.name, "Task")->check(CLI::IsMember(task_names()));
  add_task_options(*command, options->task);
  command->add_option("--out", options->out, "Folder for two tables and two figures")->required();
  command->add_option("--rule", options->rule, "Rule of the run that is followed")
      ->check(CLI::IsMember(rule_names()));
  command->add_option("--gain", options->gain, "c in [0, 1] of the rules that force");
  command->add_option("--seeds", options->seeds, "Runs: seeds 1, 2, ..");
  command->add_option("--epochs", options->epochs, "Of a run");
  command->add_option("--units", options->units, "Units of the network, at most 200");
  command->add_option("--trials", options->trials, "Of the batch on which rules are compared");
  command->callback(
      [options, command] { run(*options, chosen_task(*command, "--task", options->task)); });
}

}  // namespace error_forcing::cli
