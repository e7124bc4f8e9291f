// ef train: trains the paper's network on a task by a learning rule and keeps the run in a folder.
// Exit status: 0 done, 1 the run diverged, 2 bad input, 130 interrupted.

#include <error_forcing/checkpoint.hpp>
#include <error_forcing/errors.hpp>
#include <memory>

#include "command_line.hpp"
#include "forcing_options.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "resume.hpp"
#include "run_folder.hpp"
#include "subcommands.hpp"

namespace error_forcing::cli {

namespace fs = std::filesystem;

namespace {

CheckpointLabel label_of(const TrainRun& run) { return {"ef " ERROR_FORCING_VERSION, run.numbers}; }

template <typename Scalar>
RunSummary summary_of(const Training& training, const TrainingResult<Scalar>& result) {
  RunSummary summary{result.outcome, result.learner.epoch, {}, result.failure};
  for (const Criterion& criterion : criteria_of(training))
    summary.learned.push_back({criterion, epoch_learned(result.history, criterion)});
  return summary;
}

// Everything of a run but how it ended.
template <typename Scalar>
void save_all(const TrainRun& run, const Learner<Scalar>& learner,
              const std::vector<EpochRecord>& history, bool with_checkpoint) {
  const fs::path folder = run.options.out;
  save_network(folder, cast<double>(learner.network), learner.noise);
  save_history(folder, history, learner.noise.has_value());
  if (with_checkpoint) write_checkpoint(folder / checkpoint_name, learner, history, label_of(run));
}

template <typename Scalar>
void warn_of_growing_errors(const RuleOptions& rule, const Learner<Scalar>& learner,
                            const char* which) {
  const Matrix<double> C = learner.network.parameters.C.template cast<double>();
  warn_where_errors_grow(rule, C, which);
}

template <typename Scalar>
RunSummary train_from(const TrainRun& run, Checkpoint<Scalar> start) {
  const Training& training = run.options.training;
  warn_of_growing_errors(training.rule, start.learner, "the initial readout");
  save_all(run, start.learner, start.history, true);
  catch_interrupts();
  Progress progress(training.epochs);
  Index kept = start.learner.epoch;
  const auto keep = [&](const Learner<Scalar>& learner, const std::vector<EpochRecord>& history) {
    if (learner.epoch - kept >= run.options.checkpoint_every) kept = learner.epoch;
    save_all(run, learner, history, kept == learner.epoch);
    progress.show(history.back());
    return !interrupted();
  };
  const auto result = train<Scalar>(training, std::move(start.learner), start.history, keep);
  progress.finish();
  if (kept != result.learner.epoch)
    write_checkpoint(fs::path(run.options.out) / checkpoint_name, result.learner, result.history,
                     label_of(run));
  warn_of_growing_errors(training.rule, result.learner, "the final readout");
  const auto summary = summary_of(training, result);
  save_outcome(run.options.out, summary);
  return summary;
}

// Whether there is nothing left to do: all epochs done, all learned, or diverged for good.
template <typename Scalar>
bool is_over(const Training& training, const Checkpoint<Scalar>& at, const PastOutcome& past) {
  if (past.outcome == Outcome::diverged) return true;
  if (past.outcome == Outcome::learned && training.until_learned) return true;
  return past.outcome && at.learner.epoch >= training.epochs;
}

template <typename Scalar>
RunSummary resume_in_folder(const TrainRun& run) {
  const fs::path folder = run.options.out;
  const auto& training = run.options.training;
  auto fresh = make_learner<Scalar>(training);
  const FolderLock lock(folder);
  require(fs::exists(folder / checkpoint_name),
          "{}: holds no {}; run the command in its command.txt again, with --overwrite",
          run.options.out, checkpoint_name);
  auto at = read_checkpoint(folder / checkpoint_name, std::move(fresh), label_of(run));
  const auto past = read_outcome(folder);
  if (is_over(training, at, past)) {
    fmt::print("{}: {} after {} epochs; there is nothing to resume{}\n", run.options.out,
               name_of(*past.outcome), at.learner.epoch,
               past.outcome == Outcome::finished ? ", but --epochs may be raised" : "");
    return summary_of<Scalar>(
        training, {std::move(at.learner), std::move(at.history), *past.outcome, past.failure});
  }
  reopen_run_folder(folder, run.command);
  return train_from(run, std::move(at));
}

template <typename Scalar>
RunSummary train_in_folder(const TrainRun& run) {
  if (run.resumed) return resume_in_folder<Scalar>(run);
  auto learner = make_learner<Scalar>(run.options.training);
  open_run_folder(run.options.out, run.options.overwrite);
  const FolderLock lock(run.options.out);
  begin_run_folder(run.options.out, run.command);
  return train_from<Scalar>(run, {std::move(learner), {}});
}

RunSummary run_in_folder(const TrainRun& run) {
  const auto& training = run.options.training;
  try {
    return run.options.precision == "float" ? train_in_folder<float>(run)
                                            : train_in_folder<double>(run);
  } catch (const std::bad_alloc&) {
    throw InvalidInput(fmt::format(
        "not enough memory for {} units and trials of {} steps; lower --units or {}",
        training.network.units, trial_steps(training.task), option_of_length(training.task)));
  }
}

void print_learned(const CriterionMet& met) {
  const auto& [criterion, epoch] = met;
  if (epoch)
    fmt::print("learned in epoch {}: {} epochs in a row with a validation loss below {}\n", *epoch,
               criterion.epochs, criterion.threshold);
  else
    fmt::print("not learned: no {} epochs in a row with a validation loss below {}\n",
               criterion.epochs, criterion.threshold);
}

// Says how the run ended and returns the exit status.
int report(const TrainOptions& options, const RunSummary& summary) {
  for (const auto& met : summary.learned) print_learned(met);
  fmt::print("{}: the network and the history of {} epochs\n", options.out, summary.epochs);
  std::fflush(stdout);
  if (summary.outcome == Outcome::stopped) {
    fmt::print(stderr, "ef: interrupted after epoch {} of {}; ef train --resume {} goes on\n",
               summary.epochs, options.training.epochs, shell_quoted(options.out));
    return interrupted_status;
  }
  if (const auto& failure = summary.failure) {
    fmt::print(stderr, "ef: failed in epoch {}, after {} updates: {}\n", failure->epoch,
               failure->updates, failure->what);
    return 1;
  }
  return 0;
}

}  // namespace

void add_train(CLI::App& program, int& status) {
  auto options = std::make_shared<TrainOptions>();
  auto* command = program.add_subcommand("train", "Train the paper's network on a task");
  add_train_options(*command, *options);
  command->callback([options, command, &status] {
    const TrainRun run = run_of(*command, *options);
    status = report(run.options, run_in_folder(run));
  });
}

}  // namespace error_forcing::cli
