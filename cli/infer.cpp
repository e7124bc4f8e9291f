// ef infer: the E-steps on any network and batch from another program.

#include <fmt/format.h>

#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/posterior_sampling.hpp>
#include <memory>

#include "case_reader.hpp"
#include "inference_options.hpp"
#include "subcommands.hpp"

namespace error_forcing::cli {

namespace {

const Matrix<double>& states_of(const TrialInference& trial) { return trial.states; }
const Matrix<double>& displacements_of_trial(const TrialInference& trial) {
  return trial.displacements;
}
const Matrix<double>& variance_of(const TrialInference& trial) { return *trial.variance; }

// The sum over trials of a number that every trial has.
template <typename Get>
double total(const Inference& inference, Get get) {
  double sum = 0;
  for (const auto& trial : inference) sum += *get(trial);
  return sum;
}

void append(std::vector<NamedArray>& arrays, const std::string& prefix,
            const Parameters<double>& parameters) {
  for (auto& array : named_arrays(prefix, parameters)) arrays.push_back(std::move(array));
}

void add_evidence(const Inference& inference, std::vector<NamedArray>& arrays) {
  if (!inference[0].log_evidence) return;
  arrays.push_back(named_array(
      "log_evidence", total(inference, [](const auto& trial) { return trial.log_evidence; })));
  if (!inference[0].log_evidence_error) return;
  const double variance = total(inference, [](const auto& trial) {
    return std::optional(std::pow(*trial.log_evidence_error, 2));
  });
  arrays.push_back(named_array("log_evidence_error", std::sqrt(variance)));
}

void add_gradients(const GenerativeModel<double>& model, const Batch<double>& batch,
                   const Inference& inference, std::vector<NamedArray>& arrays) {
  const auto& first = inference[0];
  if (first.energy) {
    arrays.push_back(
        named_array("energy", total(inference, [](const auto& trial) { return trial.energy; })));
    append(arrays, "gradient_", expected_non_centred_gradient(model, batch, inference));
  } else if (first.score || first.paths) {
    append(arrays, "score_", expected_non_centred_gradient(model, batch, inference));
  }
}

// Per trial, where the E-step has something to say.
void add_quality(const Inference& inference, std::vector<NamedArray>& arrays) {
  const auto column = [&](const std::string& name, auto get) {
    NamedArray array{name, {static_cast<Index>(inference.size())}, {}};
    for (const auto& trial : inference) array.values.push_back(get(trial.quality));
    if (!std::isnan(array.values[0])) arrays.push_back(std::move(array));
  };
  column("stationarity", [](const auto& quality) { return quality.stationarity; });
  column("effective_sample", [](const auto& quality) { return quality.effective_sample; });
  if (!inference[0].energy) return;
  column("iterations", [](const auto& quality) { return double(quality.iterations); });
  column("converged", [](const auto& quality) { return double(quality.converged); });
}

// Posterior samples of every trial, K x B x T x N.
NamedArray samples_of(const Inference& inference, Index count) {
  const auto& first = inference[0].states;
  const Index trials = static_cast<Index>(inference.size());
  NamedArray array{"samples", {count, trials, first.cols() - 1, first.rows()}, {}};
  for (Index sample = 0; sample < count; ++sample)
    for (const auto& trial : inference)
      for (std::size_t t = 1; t < trial.paths->states.size(); ++t)
        for (const double h : trial.paths->states[t].col(sample)) array.values.push_back(h);
  return array;
}

int run(const InferenceOptions& options) {
  const Case input = read_case_safely(options.case_file, options.group);
  const bool needs_noise =
      options.e_step != "free" && options.e_step != "tf" && options.e_step != "ef";
  auto noise = options;
  if (!needs_noise && !input.Q && noise.sigma_h < 0) noise.sigma_h = 1;
  if (!needs_noise && !input.R && noise.sigma_y < 0) noise.sigma_y = 1;
  const auto model = model_of(noise, input);
  const auto inference = infer(method_of(options), model, input.batch);

  std::vector<NamedArray> arrays{by_trial("displacement", inference, displacements_of_trial),
                                 by_trial("states", inference, states_of)};
  if (inference[0].variance) {
    arrays.push_back(by_trial("posterior_mean", inference, states_of));
    arrays.push_back(by_trial("posterior_variance", inference, variance_of));
  }
  add_evidence(inference, arrays);
  add_gradients(model, input.batch, inference, arrays);
  add_quality(inference, arrays);
  if (options.samples > 0) arrays.push_back(samples_of(inference, options.samples));
  write_arrays(options.out, arrays);

  const Layout& layout = input.batch.layout();
  fmt::print("{}: {} on {} units, {} trials x {} steps -> {}\n", options.case_file, options.e_step,
             model.network.units(), layout.trials, layout.steps, options.out);
  Index unfinished = 0;
  for (const auto& trial : inference) unfinished += !trial.quality.converged;
  if (unfinished == 0) return 0;
  fmt::print(stderr,
             "ef: {} of {} trials did not reach --tolerance {}; see `stationarity` in {}, or raise "
             "--map-iterations\n",
             unfinished, layout.trials, options.tolerance, options.out);
  return 1;
}

}  // namespace

void add_infer(CLI::App& program, int& status) {
  auto options = std::make_shared<InferenceOptions>();
  auto* command =
      program.add_subcommand("infer", "The E-step on a case: displacements, posterior, evidence");
  add_inference_options(*command, *options);
  command->footer("Exit status 1 if MAP did not converge; OUT.h5 is written all the same.");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace error_forcing::cli
