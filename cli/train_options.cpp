#include "train_options.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <error_forcing/errors.hpp>

#include "command_line.hpp"

namespace error_forcing::cli {

namespace {

// The name of error forcing with NoiseTuning.
const std::string tuned_rule = "ef-tuned";

const std::vector<SharedOption> rule_options{{"--sigma-h", {tuned_rule}},
                                             {"--sigma-y", {tuned_rule}},
                                             {"--noise-step", {tuned_rule}},
                                             {"--gain", rule_names()},
                                             {"--as-released", rule_names()},
                                             {"--ridge", rule_names()},
                                             {"--feedback", forward_rule_names()},
                                             {"--feedback-seed", forward_rule_names()},
                                             {"--forcing-feedback", error_forcing_rule_names()},
                                             {"--forcing-angle", error_forcing_rule_names()},
                                             {"--forcing-seed", error_forcing_rule_names()}};

const std::vector<SharedOption> optimiser_options{{"--momentum", {"sgd"}}};

void adopt_thresholds(CLI::App& command, const Training& paper, TrainOptions& options) {
  auto& training = options.training;
  auto* given = command.get_option("--threshold");
  if (given->count() > 0) {
    training.criterion.threshold = options.thresholds.at(0);
    training.further_thresholds = {options.thresholds.begin() + 1, options.thresholds.end()};
    return;
  }
  training.criterion = paper.criterion;
  training.further_thresholds = paper.further_thresholds;
  std::vector<double> all;
  for (const auto& criterion : criteria_of(training)) all.push_back(criterion.threshold);
  given->default_str(fmt::format("{}", fmt::join(all, ",")));
}

// The paper's run of the task, but for what the command says.
void adopt_task(CLI::App& command, TrainOptions& options) {
  const Task task = chosen_task(command, "--task", options.task);
  const Training paper = paper_training(task);
  auto& training = options.training;
  training.task = task;
  training.network.inputs = paper.network.inputs;
  training.network.outputs = paper.network.outputs;
  training.training_trials = paper.training_trials;
  training.validation_trials = paper.validation_trials;
  adopt_thresholds(command, paper, options);
}

void adopt_rule(CLI::App& command, TrainOptions& options) {
  keep_options_of(command, "--rule", options.rule, rule_options);
  auto& training = options.training;
  const bool tuned = options.rule == tuned_rule;
  training.rule.name = tuned ? "ef" : options.rule;
  if (tuned) training.tuning = options.tuning;
  adopt_feedback(command, options.feedback, training.rule);
  training.rule.forcing = chosen_forcing(command, options.forcing);
  if (command.count("--ridge") > 0) training.rule.ridge = options.ridge;
}

void adopt_optimiser(CLI::App& command, TrainOptions& options) {
  keep_options_of(command, "--optimiser", options.optimiser, optimiser_options);
  auto& training = options.training;
  if (options.optimiser == "sgd") training.sgd_momentum = options.momentum;
  if (command.count("--clip-norm") > 0) training.clip_norm = options.clip_norm;
  training.adam.trained = trained_blocks(options.trained);
}

void add_problem_options(CLI::App& command, TrainOptions& options) {
  command.add_option("--task", options.task.name, "Task")->check(CLI::IsMember(task_names()));
  add_task_options(command, options.task);
  command.add_option("--units", options.training.network.units, "Units of the network");
}

void add_rule_options(CLI::App& command, TrainOptions& options) {
  auto& rule = options.training.rule;
  auto names = rule_names();
  names.push_back(tuned_rule);
  command.add_option("--rule", options.rule, "Learning rule")->check(CLI::IsMember(names));
  command.add_option("--gain", rule.gain, gain_meaning);
  add_forcing_options(command, options.forcing);
  command.add_option("--ridge", options.ridge, "rho >= 0 of C+; by default 0, as released 1e-7")
      ->default_str("");
  command.add_flag("--as-released", rule.as_released,
                   "Follow the released PyTorch code where it deviates from the paper");
  add_feedback_options(command, options.feedback);
  auto& [start, step] = options.tuning;
  command.add_option("--sigma-h", start.sigma_h,
                     "ef-tuned: deviation of the state's noise at first");
  command.add_option("--sigma-y", start.sigma_y, "ef-tuned: that of the outputs' noise at first");
  command.add_option("--noise-step", step, "ef-tuned: weight in (0, 1] of an update of the noise");
}

void add_optimiser_options(CLI::App& command, TrainOptions& options) {
  auto& training = options.training;
  command.add_option("--optimiser", options.optimiser, "adam or sgd")
      ->check(CLI::IsMember({"adam", "sgd"}));
  command.add_option("--momentum", options.momentum, "sgd: momentum in [0, 1)");
  command.add_option("--rate", training.adam.rate, "Learning rate");
  command.add_option("--rate-decay", training.rate_decay,
                     "Factor in (0, 1] of the learning rate after every epoch");
  command
      .add_option("--clip-norm", options.clip_norm,
                  "Largest norm > 0 of the gradient of the trained blocks, by default any")
      ->default_str("");
  command.add_option("--train", options.trained, "Trained blocks, of W, U, b, C and d")
      ->delimiter(',')
      ->default_str("W,b,C,d")
      ->check(CLI::IsMember({"W", "U", "b", "C", "d"}));
  command.add_option("--activity-penalty", training.penalties.activity,
                     "Weight of the mean squared state in the objective");
  command.add_option("--readout-penalty", training.penalties.readout,
                     "Weight of the readout's penalty in the objective");
}

void add_run_options(CLI::App& command, TrainOptions& options) {
  auto& training = options.training;
  command.add_option("--epochs", training.epochs,
                     "Epochs of training and validation trials: 460 and 52, but sine 4500 and 500, "
                     "evidence 194 and 22");
  command.add_option("--seed", training.seed, "Seed of the network and of the trials")
      ->check(is_seed);
  command.add_option("--precision", options.precision, "float or double")
      ->check(CLI::IsMember({"float", "double"}));
  command
      .add_option(
          "--threshold", options.thresholds,
          "Learned: validation loss below this for 10 epochs in a row; several are reported "
          "each; by default 0.1, xor 0.1,0.01, and sine, limit-cycle and lorenz 0.01")
      ->delimiter(',')
      ->default_str("");
  command.add_flag("--until-learned", training.until_learned, "Stop where that is so, of each");
}

void add_folder_options(CLI::App& command, TrainOptions& options) {
  command.add_option("--out", options.out, "Folder for network, history, checkpoint and command");
  command.add_flag("--overwrite", options.overwrite, "Replace the run in the folder");
  command.add_option("--checkpoint-every", options.checkpoint_every,
                     "Epochs >= 1 between checkpoints, at most lost when killed");
  command.add_option(
      "--resume", options.resume,
      "Go on with the run in this folder, by its own options; --epochs may be raised");
}

}  // namespace

void add_train_options(CLI::App& command, TrainOptions& options) {
  add_problem_options(command, options);
  add_rule_options(command, options);
  add_optimiser_options(command, options);
  add_run_options(command, options);
  add_folder_options(command, options);
}

void adopt_train_options(CLI::App& command, TrainOptions& options) {
  require(!options.out.empty() || command.count("--out") > 0, "--out is required");
  require(options.checkpoint_every >= 1, "--checkpoint-every: want at least 1 epoch, got {}",
          options.checkpoint_every);
  adopt_task(command, options);
  adopt_rule(command, options);
  adopt_optimiser(command, options);
}

}  // namespace error_forcing::cli
