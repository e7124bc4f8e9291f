// ef train: trains the paper's network on a task by a learning rule and keeps the run in a folder.
// Exit status: 0 done, 1 the run diverged, 2 bad input, 130 interrupted.

#include <error_forcing/errors.hpp>
#include <memory>

#include "command_line.hpp"
#include "forcing_options.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "run_folder.hpp"
#include "subcommands.hpp"
#include "task_options.hpp"

namespace error_forcing::cli {

namespace {

// The name of error forcing with NoiseTuning.
const std::string tuned_rule = "ef-tuned";

struct TrainOptions {
  Training training;
  NoiseTuning tuning;
  TaskOptions task;
  ForcingOptions forcing;
  std::string rule = "ef", precision = "float", feedback = "symmetric", out;
  std::uint64_t feedback_seed = 1;
  double ridge = 0;
  bool overwrite = false;
};

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
  auto* threshold = command.get_option("--threshold");
  if (threshold->count() > 0) return;
  training.criterion.threshold = paper.criterion.threshold;
  threshold->default_str(fmt::format("{}", paper.criterion.threshold));
}

void adopt_feedback(CLI::App& command, TrainOptions& options) {
  auto* seed = command.get_option("--feedback-seed");
  const bool random = options.feedback == "random";
  require(random || seed->count() == 0,
          "--feedback-seed: is of random feedback; add --feedback random");
  if (!random) return;
  options.training.rule.feedback_seed = options.feedback_seed;
  seed->default_str(fmt::format("{}", options.feedback_seed));  // for the command that is kept
}

void adopt_rule(CLI::App& command, TrainOptions& options) {
  keep_options_of(command, "--rule", options.rule, rule_options);
  auto& training = options.training;
  const bool tuned = options.rule == tuned_rule;
  training.rule.name = tuned ? "ef" : options.rule;
  if (tuned) training.tuning = options.tuning;
  adopt_feedback(command, options);
  training.rule.forcing = chosen_forcing(command, options.forcing);
  if (command.count("--ridge") > 0) training.rule.ridge = options.ridge;
}

template <typename Scalar>
RunSummary train_in_folder(const TrainOptions& options, const std::string& command) {
  auto learner = make_learner<Scalar>(options.training);
  const auto warn = [&](const Network<Scalar>& network, const char* which) {
    const Matrix<double> C = network.parameters.C.template cast<double>();
    warn_where_errors_grow(options.training.rule, C, which);
  };
  warn(learner.network, "the initial readout");
  open_run_folder(options.out, command, options.overwrite);
  save_network(options.out, cast<double>(learner.network), learner.noise);
  save_history(options.out, {}, learner.noise.has_value());

  catch_interrupts();
  Progress progress(options.training.epochs);
  std::vector<EpochRecord> history;
  const auto keep = [&](const EpochRecord& record, const Network<Scalar>& network) {
    history.push_back(record);
    save_network(options.out, cast<double>(network), noise_of(record));
    save_history(options.out, history, record.noise.has_value());
    progress.show(record);
    return !interrupted();
  };
  const auto result = train<Scalar>(options.training, std::move(learner), keep);
  progress.finish();
  warn(result.learner.network, "the final readout");

  const RunSummary summary{result.outcome, result.learner.epoch,
                           epoch_learned(history, options.training.criterion), result.failure};
  save_outcome(options.out, summary);
  return summary;
}

RunSummary run(const TrainOptions& options, const std::string& command) {
  try {
    return options.precision == "float" ? train_in_folder<float>(options, command)
                                        : train_in_folder<double>(options, command);
  } catch (const std::bad_alloc&) {
    throw InvalidInput(
        fmt::format("not enough memory for {} units and trials of {} steps; lower --units or {}",
                    options.training.network.units, trial_steps(options.training.task),
                    option_of_length(options.training.task)));
  }
}

// Says how the run ended and returns the exit status.
int report(const TrainOptions& options, const RunSummary& summary) {
  const auto& criterion = options.training.criterion;
  if (summary.learned)
    fmt::print("learned in epoch {}: {} epochs in a row with a validation loss below {}\n",
               *summary.learned, criterion.epochs, criterion.threshold);
  else
    fmt::print("not learned: no {} epochs in a row with a validation loss below {}\n",
               criterion.epochs, criterion.threshold);
  fmt::print("{}: the network and the history of {} epochs\n", options.out, summary.epochs);
  std::fflush(stdout);
  if (summary.outcome == Outcome::stopped) {
    fmt::print(stderr, "ef: interrupted after epoch {} of {}; what is in {} is whole\n",
               summary.epochs, options.training.epochs, options.out);
    return interrupted_status;
  }
  if (const auto& failure = summary.failure) {
    fmt::print(stderr, "ef: failed in epoch {}, after {} updates: {}\n", failure->epoch,
               failure->updates, failure->what);
    return 1;
  }
  return 0;
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
  command
      .add_option("--feedback", options.feedback,
                  "rflo, snap1, rtrl and with ef: the error reaches the units by C' (symmetric) or "
                  "by a fixed random matrix")
      ->check(CLI::IsMember({"symmetric", "random"}));
  command.add_option("--feedback-seed", options.feedback_seed, "Seed of the random feedback")
      ->check(is_seed)
      ->default_str("");
  auto& [start, step] = options.tuning;
  command.add_option("--sigma-h", start.sigma_h,
                     "ef-tuned: deviation of the state's noise at first");
  command.add_option("--sigma-y", start.sigma_y, "ef-tuned: that of the outputs' noise at first");
  command.add_option("--noise-step", step, "ef-tuned: weight in (0, 1] of an update of the noise");
}

void add_run_options(CLI::App& command, TrainOptions& options) {
  auto& training = options.training;
  command.add_option("--epochs", training.epochs,
                     "Epochs of training and validation trials: 460 and 52, but sine 4500 and 500, "
                     "evidence 194 and "
                     "22");
  command.add_option("--rate", training.adam.rate, "Learning rate of Adam");
  command.add_option("--seed", training.seed, "Seed of the network and of the trials")
      ->check(is_seed);
  command.add_option("--precision", options.precision, "float or double")
      ->check(CLI::IsMember({"float", "double"}));
  command
      .add_option("--threshold", training.criterion.threshold,
                  "Learned: validation loss below this for 10 epochs in a row; by default 0.1, but "
                  "0.01 of sine, limit-cycle and lorenz")
      ->default_str("");
  command.add_flag("--until-learned", training.until_learned, "Stop where that is so");
  command.add_option("--out", options.out, "Folder for network, history and command")->required();
  command.add_flag("--overwrite", options.overwrite, "Replace the run in the folder");
}

}  // namespace

void add_train(CLI::App& program, int& status) {
  auto options = std::make_shared<TrainOptions>();
  auto* command = program.add_subcommand("train", "Train the paper's network on a task");
  add_problem_options(*command, *options);
  add_rule_options(*command, *options);
  add_run_options(*command, *options);
  command->callback([options, command, &status] {
    adopt_task(*command, *options);
    adopt_rule(*command, *options);
    status = report(*options, run(*options, command_line(*command)));
  });
}

}  // namespace error_forcing::cli
