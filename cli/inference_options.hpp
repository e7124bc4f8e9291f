#pragma once
// What `ef infer` and `ef em` share: the model of a case with its noise, and the choice of E-step.

#include <CLI/CLI.hpp>
#include <error_forcing/archive.hpp>
#include <error_forcing/case_file.hpp>
#include <error_forcing/inference.hpp>

namespace error_forcing::cli {

struct InferenceOptions {
  std::string case_file, group = "/", e_step = "ef", form, out;
  double gain = 1, ridge = 0, sigma_h = -1, sigma_y = -1, tolerance = 1e-10;
  Index starts = 0, iterations = 500, samples = 0;
  ParticlePosterior particles = {};
};

/// CASE.h5 and the options of the E-step.
void add_inference_options(CLI::App& command, InferenceOptions& options);

/// The model of the case; Q and R are the case's, or isotropic from --sigma-h and --sigma-y.
GenerativeModel<double> model_of(const InferenceOptions& options, const Case& input);

InferenceMethod method_of(const InferenceOptions& options);

/// Steps 1..T of every trial as a dataset B x T x rows; `columns_of(trial)` has T+1 columns.
template <typename ColumnsOf>
NamedArray by_trial(std::string name, const Inference& inference, ColumnsOf columns_of) {
  const Matrix<double>& first = columns_of(inference[0]);
  const Index rows = first.rows(), steps = first.cols() - 1;
  NamedArray array{std::move(name), {static_cast<Index>(inference.size()), steps, rows}, {}};
  for (const auto& trial : inference) {
    const Matrix<double>& columns = columns_of(trial);
    for (Index t = 1; t <= steps; ++t)
      for (Index row = 0; row < rows; ++row) array.values.push_back(columns(row, t));
  }
  return array;
}

}  // namespace error_forcing::cli
