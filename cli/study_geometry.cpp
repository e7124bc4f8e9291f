// ef study geometry: what teacher forcing and error forcing do in state space.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <error_forcing/atomic_file.hpp>
#include <memory>

#include "geometry_picture.hpp"
#include "studies.hpp"
#include "study_files.hpp"

namespace error_forcing::cli {

namespace {

struct GeometryOptions {
  std::filesystem::path out;
  double gain = 0.6;
  Index steps = 22;
};

// Calls append(rule, number of the step, step) for every step of every run.
template <typename Append>
void for_each_step(const PlanarRuns& scene, Append append) {
  for (const PlanarRun& run : scene.runs)
    for (std::size_t k = 0; k < run.steps.size(); ++k) append(run.rule, k + 1, run.steps[k]);
}

std::string trajectories_table(const PlanarRuns& scene) {
  std::string table = "rule,step,previous_1,previous_2,before_1,before_2,after_1,after_2\n";
  for_each_step(scene, [&](const std::string& rule, std::size_t step, const PlanarStep& s) {
    table += fmt::format("{},{},{},{},{},{},{},{}\n", rule, step, s.previous(0), s.previous(1),
                         s.before(0), s.before(1), s.after(0), s.after(1));
  });
  return table;
}

std::string split_table(const PlanarRuns& scene) {
  std::string table =
      "rule,step,normal,tangent,error_before,error_after,"
      "predicted_normal,predicted_tangent,predicted_error_after\n";
  for_each_step(scene, [&](const std::string& rule, std::size_t step, const PlanarStep& s) {
    table += fmt::format("{},{},{},{},{},{},{},{},{}\n", rule, step, s.measured.normal,
                         s.measured.tangent, s.error_before, s.measured.error_after,
                         s.predicted.normal, s.predicted.tangent, s.predicted.error_after);
  });
  return table;
}

template <typename Value>
double mean_of(const PlanarRun& run, Value value) {
  double sum = 0;
  for (const PlanarStep& step : run.steps) sum += value(step);
  return sum / static_cast<double>(run.steps.size());
}

double worst_prediction(const PlanarRuns& scene) {
  double worst = 0;
  for_each_step(scene, [&](const std::string&, std::size_t, const PlanarStep& s) {
    worst = std::max({worst, std::abs(s.measured.normal - s.predicted.normal),
                      std::abs(s.measured.tangent - s.predicted.tangent),
                      std::abs(s.measured.error_after - s.predicted.error_after)});
  });
  return worst;
}

void print_summary(const PlanarRuns& scene) {
  fmt::print("{:<16} {:>9} {:>9} {:>13} {:>12} {:>11}\n", "mean per step", "normal", "tangent",
             "error before", "error after", "reach along");
  for (const PlanarRun& run : scene.runs)
    fmt::print("{:<16} {:>9.3f} {:>9.3f} {:>13.3f} {:>12.3f} {:>11.3f}\n", run.rule,
               mean_of(run, [](const auto& s) { return s.measured.normal; }),
               mean_of(run, [](const auto& s) { return s.measured.tangent; }),
               mean_of(run, [](const auto& s) { return s.error_before; }),
               mean_of(run, [](const auto& s) { return s.measured.error_after; }),
               reach_along(scene.manifold, run));
  fmt::print("(G4) predicts every step to {:.1e}\n", worst_prediction(scene));
}

void run(const GeometryOptions& options) {
  const PlanarRuns scene = run_planar_network(options.gain, options.steps);
  const StudyFiles files{{"geometry.svg", draw_geometry(scene)},
                         {"trajectories.csv", trajectories_table(scene)},
                         {"displacement_split.csv", split_table(scene)}};
  make_folder(options.out);
  print_summary(scene);
  write_study(options.out, files);
}

}  // namespace

void add_study_geometry(CLI::App& study) {
  auto options = std::make_shared<GeometryOptions>();
  auto* command = study.add_subcommand(
      "geometry", "Two neurons, one output: what forcing does to the state, step by step");
  command->add_option("--out", options->out, "Folder for geometry.svg and its two tables")
      ->required();
  command->add_option("--gain", options->gain, "c in [0, 1] of teacher and error forcing");
  command->add_option("--steps", options->steps, "Steps, 1 to 10000");
  command->callback([options] { run(*options); });
}

}  // namespace error_forcing::cli
