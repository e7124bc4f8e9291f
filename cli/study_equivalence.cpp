// ef study equivalence: how far each learning rule is from the gradient of the log evidence.

#include <fmt/format.h>

#include <error_forcing/atomic_file.hpp>
#include <error_forcing/errors.hpp>
#include <memory>

#include "equivalence_pictures.hpp"
#include "gnuplot.hpp"
#include "studies.hpp"
#include "study_files.hpp"

namespace error_forcing::cli {

namespace {

struct EquivalenceOptions {
  std::filesystem::path out;
  std::string task = "xor";
  Index draws = 10, particles = 4000, units = 50, epochs = 300;
  std::uint64_t seed = 1;
};

void say(const std::string& what) {
  fmt::print("{}\n", what);
  std::fflush(stdout);
}

Comparison compare_all(const EquivalenceOptions& options, const std::vector<Sweep>& sweeps,
                       Index draws, Index particles) {
  const ParticlePosterior reference{.particles = particles, .repeats = 4, .seed = options.seed};
  Comparison found;
  for (const auto& sweep : sweeps) {
    say(fmt::format("{}: {} values, {} draws", sweep.name, sweep.values.size(), draws));
    compare(sweep, draws, options.seed, reference, found);
  }
  return found;
}

std::vector<InferenceRow> follow_all(const EquivalenceOptions& options,
                                     const TaskNetworks& networks) {
  std::vector<InferenceRow> rows;
  for (const double ratio : {0.1, 0.3, 1.0}) {
    const auto problem_of = [&](const Network<double>& network) {
      return task_problem(networks.task, network, ratio, options.seed, 0);
    };
    follow_inference("as drawn", problem_of(networks.random), ratio, rows);
    follow_inference("trained", problem_of(networks.trained), ratio, rows);
  }
  return rows;
}

void append(const Comparison& from, Comparison& to) {
  to.rules.insert(to.rules.end(), from.rules.begin(), from.rules.end());
  to.parts.insert(to.parts.end(), from.parts.begin(), from.parts.end());
}

// The mean over draws of the cosine over W, U, b at sigma_h = sigma_y.
void print_summary(const Comparison& found) {
  fmt::print("{:<12} {:>8}\n", "rule", "cosine");
  for (const auto& row : found.rules) {
    if (row.sweep != "noise ratio" || row.value != 1 || row.draw != 0 || row.group != "dynamics")
      continue;
    double sum = 0, count = 0;
    for (const auto& other : found.rules)
      if (other.sweep == row.sweep && other.value == 1 && other.what == row.what &&
          other.group == row.group) {
        sum += other.alignment.cosine;
        ++count;
      }
    fmt::print("{:<12} {:>8.3f}\n", row.what, sum / count);
  }
}

void run(const EquivalenceOptions& options) {
  require(options.draws >= 1 && options.particles >= 1 && options.units >= 1 && options.epochs >= 1,
          "study: want at least one draw, particle, unit and epoch, got {}, {}, {} and {}",
          options.draws, options.particles, options.units, options.epochs);
  require_gnuplot();
  make_folder(options.out);
  const auto linear = linear_sweeps();
  auto found = compare_all(options, linear, options.draws, options.particles);
  print_summary(found);

  say(fmt::format("training on {}, at most {} epochs", options.task, options.epochs));
  const auto networks = train_on(options.task, options.units, options.epochs, options.seed);
  const std::vector<Sweep> nonlinear{nonlinear_sweep(),
                                     task_sweep("task as drawn", networks.task, networks.random),
                                     task_sweep("task trained", networks.task, networks.trained)};
  append(compare_all(options, {nonlinear[0]}, options.draws, options.particles), found);
  const Index few = std::max<Index>(1, options.particles / 10);  // the network is larger
  append(compare_all(options, {nonlinear[1], nonlinear[2]}, std::min<Index>(2, options.draws), few),
         found);
  say("MAP inference, step by step");
  const auto inference = follow_all(options, networks);

  write_study(options.out, {{"rules.csv", to_csv(found.rules, "rule")},
                            {"parts.csv", to_csv(found.parts, "part")},
                            {"inference.csv", to_csv(inference)},
                            {"linear.svg", draw_rules(linear, found.rules)},
                            {"parts.svg", draw_parts(linear, found.parts)},
                            {"nonlinear.svg", draw_rules(nonlinear, found.rules)},
                            {"inference.svg", draw_inference(inference)}});
}

}  // namespace

void add_study_equivalence(CLI::App& study) {
  auto options = std::make_shared<EquivalenceOptions>();
  auto* command = study.add_subcommand(
      "equivalence", "How far each learning rule is from the gradient of the log evidence");
  command->add_option("--out", options->out, "Folder for three tables and four figures")
      ->required();
  command->add_option("--task", options->task, "What the trained network has learned")
      ->check(CLI::IsMember(task_names()));
  command->add_option("--draws", options->draws, "Random problems at each point, >= 1");
  command->add_option("--particles", options->particles,
                      "Of each of four filters, for tanh; a tenth on the task");
  command->add_option("--units", options->units, "Of the network that learns the task");
  command->add_option("--epochs", options->epochs, "Of training, at most");
  command->add_option("--seed", options->seed, "Of everything drawn");
  command->callback([options] { run(*options); });
}

}  // namespace error_forcing::cli
