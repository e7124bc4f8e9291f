// ef study gains: error forcing at fixed gains, and at the gain that its own noise implies.

#include <fmt/ranges.h>

#include <error_forcing/atomic_file.hpp>
#include <memory>

#include "command_line.hpp"
#include "gains_picture.hpp"
#include "gnuplot.hpp"
#include "progress.hpp"
#include "studies.hpp"
#include "study_files.hpp"

namespace error_forcing::cli {

namespace {

struct GainsOptions {
  std::filesystem::path out;
  std::string task = "xor";
  DelayedXor exclusive_or{.delay = 100};
  SineGeneration sine{.difficulty = -55};
  Index seeds = 0, epochs = 0, units = 50;
  double noise_step = 0.1;
};

const std::vector<SharedOption> gains_task_options{
    {"--delay", {"xor"}}, {"--difficulty", {"sine"}}, {"--steps", {"sine"}}};

GainsPlan plan_of(const GainsOptions& options) {
  const bool sine = options.task == "sine";
  const Task task = sine ? Task(options.sine) : Task(options.exclusive_or);
  GainsPlan plan{paper_training(task), options.seeds, options.noise_step};
  plan.training.epochs = options.epochs;
  plan.training.network.units = options.units;
  return plan;
}

void show(const GainRun& run, Index number, Index of) {
  double seconds = 0;
  for (const auto& epoch : run.history) seconds += epoch.seconds;
  fmt::print("{:>3}/{}  {:<8} {:<4} seed {}  ", number, of, run.rule(), run.gain, run.seed);
  if (run.diverged) fmt::print("diverged in epoch {}", run.history.size() + 1);
  if (!run.diverged) {
    const auto& last = run.history.back();
    fmt::print("{:<13} validation {:.4f}  gain {:.3f}",
               run.learned ? fmt::format("learned in {}", *run.learned) : "not learned",
               last.validation_loss, run.gain_after(last));
  }
  fmt::print("  {}\n", duration(seconds));
  std::fflush(stdout);
}

std::string gains_table(const std::string& task, const std::vector<GainRun>& runs) {
  std::string table = "task,rule,start,seed,epoch,loss,validation_loss,gain,sigma_h,sigma_y\n";
  for (const GainRun& run : runs)
    for (const EpochRecord& epoch : run.history) {
      table += fmt::format("{},{},{},{},{},{},{},{}", task, run.rule(), run.gain, run.seed,
                           epoch.epoch, epoch.loss, epoch.validation_loss, run.gain_after(epoch));
      const auto& noise = epoch.noise;
      table += noise ? fmt::format(",{},{}\n", noise->sigma_h, noise->sigma_y) : ",,\n";
    }
  return table;
}

// The mean over the last ten epochs of a run.
template <typename Value>
double final_mean(const GainRun& run, Value value) {
  const std::size_t size = run.history.size(), first = size > 10 ? size - 10 : 0;
  double sum = 0;
  for (std::size_t k = first; k < size; ++k) sum += value(run.history[k]);
  return sum / static_cast<double>(size - first);
}

std::string epochs_learned(const std::vector<GainRun>& seeds) {
  std::vector<std::string> words;
  for (const GainRun& run : seeds)
    words.push_back(run.learned ? fmt::format("{}", *run.learned) : "-");
  return fmt::format("{}", fmt::join(words, " "));
}

std::string summary_table(const std::string& task, const std::vector<GainRun>& runs) {
  std::string table = "task,rule,start,epochs_learned,final_validation_loss,final_gain\n";
  for (const auto& seeds : by_rule(runs)) {
    double loss = 0, gain = 0;
    for (const GainRun& run : seeds) {
      loss += final_mean(run, [](const EpochRecord& epoch) { return epoch.validation_loss; });
      gain += final_mean(run, [&](const EpochRecord& epoch) { return run.gain_after(epoch); });
    }
    const auto count = static_cast<double>(seeds.size());
    table += fmt::format("{},{},{},{},{:.6f},{:.6f}\n", task, seeds[0].rule(), seeds[0].gain,
                         epochs_learned(seeds), loss / count, gain / count);
  }
  return table;
}

void run(const GainsOptions& options) {
  const GainsPlan plan = plan_of(options);
  validate(plan);
  require_gnuplot();
  make_folder(options.out);
  Index done = 0;
  const auto runs = run_gains(plan, [&](const GainRun& run, Index of) { show(run, ++done, of); });
  const std::string summary = summary_table(options.task, runs);
  fmt::print("{}", summary);
  write_study(options.out, {{"gains.svg", draw_gains(runs)},
                            {"gains.csv", gains_table(options.task, runs)},
                            {"summary.csv", summary}});
}

// What the page about the study was made with, but for what the command says.
void adopt_defaults(CLI::App& command, GainsOptions& options) {
  keep_options_of(command, "--task", options.task, gains_task_options);
  const bool sine = options.task == "sine";
  if (command.count("--seeds") == 0) options.seeds = sine ? 2 : 3;
  if (command.count("--epochs") == 0) options.epochs = sine ? 40 : 150;
}

}  // namespace

void add_study_gains(CLI::App& study) {
  auto options = std::make_shared<GainsOptions>();
  auto* command = study.add_subcommand(
      "gains", "Error forcing at fixed gains and self-tuned: what is learned, and at which gain");
  command->add_option("--task", options->task, "Task")->check(CLI::IsMember({"xor", "sine"}));
  command->add_option("--out", options->out, "Folder for gains.svg and its two tables")->required();
  command->add_option("--seeds", options->seeds, "Seeds 1, 2, ..; by default 3 (xor), 2 (sine)")
      ->default_str("");
  command->add_option("--epochs", options->epochs, "Of a run; by default 150 (xor), 40 (sine)")
      ->default_str("");
  command->add_option("--delay", options->exclusive_or.delay, "xor: steps before the window");
  command->add_option("--difficulty", options->sine.difficulty, "sine: added to every period");
  command->add_option("--steps", options->sine.steps, "sine: steps of a trial");
  command->add_option("--units", options->units, "Units of the network");
  command->add_option("--noise-step", options->noise_step,
                      "Weight in (0, 1] of an update of the noise");
  command->callback([options, command] {
    adopt_defaults(*command, *options);
    run(*options);
  });
}

}  // namespace error_forcing::cli
