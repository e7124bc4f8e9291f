// ef em: expectation maximisation on any network and batch from another program.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <error_forcing/em_loop.hpp>
#include <error_forcing/errors.hpp>
#include <map>
#include <memory>

#include "case_reader.hpp"
#include "inference_options.hpp"
#include "subcommands.hpp"

namespace error_forcing::cli {

namespace {

struct EmProgramOptions {
  InferenceOptions inference;
  std::string m_step = "closed-form", Q_structure, R_structure;
  std::vector<std::string> trained{"W", "U", "b", "C", "d"};
  Index iterations = 10, steps = 1;
  double rate = 1e-2, tolerance = 0, damping = -1;
};

const std::map<std::string, CovarianceStructure> structures{
    {"full", CovarianceStructure::full},
    {"diagonal", CovarianceStructure::diagonal},
    {"isotropic", CovarianceStructure::isotropic}};

TrainedModel trained_of(const std::vector<std::string>& names) {
  TrainedModel trained{false, false, false, false, false, false, false};
  const std::map<std::string, bool*> flags{{"W", &trained.W}, {"U", &trained.U}, {"b", &trained.b},
                                           {"C", &trained.C}, {"d", &trained.d}, {"Q", &trained.Q},
                                           {"R", &trained.R}};
  for (const auto& name : names) *flags.at(name) = true;
  return trained;
}

// By default as the covariance came: full from the case, isotropic from a standard deviation, and
// diagonal where the case's R is and masks need it.
CovarianceStructure structure_of(const std::string& name, bool from_case,
                                 const Matrix<double>& start, bool masks_differ) {
  if (!name.empty()) return structures.at(name);
  if (!from_case) return CovarianceStructure::isotropic;
  return masks_differ && start.isDiagonal(0.0) ? CovarianceStructure::diagonal
                                               : CovarianceStructure::full;
}

bool masks_differ(const Batch<double>& batch) {
  for (Index trial = 0; trial < batch.layout().trials; ++trial)
    for (Index step = 1; step <= batch.layout().steps; ++step)
      for (Index k = 1; k < batch.mask.rows(); ++k)
        if (batch.mask(trial, step, k) != batch.mask(trial, step, 0)) return true;
  return false;
}

EmMStep m_step_of(const EmProgramOptions& options, const Case& input,
                  const GenerativeModel<double>& model) {
  const auto trained = trained_of(options.trained);
  if (options.m_step == "closed-form") {
    ClosedForm<double> m_step{
        trained, structure_of(options.Q_structure, input.Q.has_value(), model.noise.Q, false),
        structure_of(options.R_structure, input.R.has_value(), model.noise.R,
                     masks_differ(input.batch))};
    if (options.damping >= 0) m_step.damping = options.damping;
    return m_step;
  }
  require(!trained.Q && !trained.R,
          "--m-step {}: moves W, U, b, C and d; use closed-form to train Q and R", options.m_step);
  GradientMStep m_step;
  m_step.centring = options.m_step == "local" ? Centring::local : Centring::reparameterised;
  m_step.adam.rate = options.rate;
  m_step.adam.trained = {trained.W, trained.U, trained.b, trained.C, trained.d};
  m_step.steps = options.steps;
  return m_step;
}

NamedArray trace_column(const std::string& name, const std::vector<EmRecord>& trace,
                        double EmRecord::*member) {
  NamedArray array{name, {static_cast<Index>(trace.size())}, {}};
  for (const auto& record : trace) array.values.push_back(record.*member);
  return array;
}

void write_result(const EmProgramOptions& options, const EmResult& result) {
  const auto& [network, noise] = result.model;
  auto arrays = named_arrays("", network.parameters);
  arrays.push_back(named_array("Q", noise.Q));
  arrays.push_back(named_array("R", noise.R));
  if (network.initial_state.size() > 0) arrays.push_back(named_array("h0", network.initial_state));
  arrays.push_back(trace_column("log_evidence", result.trace, &EmRecord::log_evidence));
  if (result.trace[0].log_evidence_error > 0)
    arrays.push_back(
        trace_column("log_evidence_error", result.trace, &EmRecord::log_evidence_error));
  arrays.push_back(trace_column("step", result.trace, &EmRecord::step));
  arrays.push_back(trace_column("sigma_h", result.trace, &EmRecord::sigma_h));
  arrays.push_back(trace_column("sigma_y", result.trace, &EmRecord::sigma_y));
  arrays.push_back(trace_column("gain", result.trace, &EmRecord::gain));
  write_arrays(options.inference.out, arrays,
               {{"leak", network.leak}, {"activation", 0, to_string(network.activation)}});
}

bool print_record(const EmRecord& record) {
  if (record.iteration == 0)
    fmt::print("{:>9}  {:>18}  {:>9}  {:>9}  {:>9}  {:>9}  {:>7}\n", "iteration", "log evidence",
               "+-", "step", "sigma_h", "sigma_y", "gain");
  fmt::print("{:>9}  {:>18.10g}  {:>9.3g}  {:>9.3g}  {:>9.4g}  {:>9.4g}  {:>7.4f}  {}\n",
             record.iteration, record.log_evidence, record.log_evidence_error, record.step,
             record.sigma_h, record.sigma_y, record.gain, record.warning);
  std::fflush(stdout);
  return true;
}

void run(const EmProgramOptions& options) {
  const Case input = read_case_safely(options.inference.case_file, options.inference.group);
  const auto model = model_of(options.inference, input);
  EmOptions em{method_of(options.inference), m_step_of(options, input, model), options.iterations,
               options.tolerance, options.inference.particles};
  const auto result = expectation_maximisation(
      em, model, input.batch, [](const auto& record, const auto&) { return print_record(record); });
  if (result.trace.back().iteration == options.iterations || result.converged)
    print_record(result.trace.back());
  write_result(options, result);
}

}  // namespace

void add_em(CLI::App& program, int&) {
  auto options = std::make_shared<EmProgramOptions>();
  auto* command = program.add_subcommand("em", "The EM loop on a case: E-step, M-step, again");
  add_inference_options(*command, options->inference);
  command->add_option("--m-step", options->m_step, "How the weights are updated")
      ->check(CLI::IsMember({"reparameterised", "local", "closed-form"}));
  command->add_option("--iterations", options->iterations, "k >= 0");
  command->add_option("--train", options->trained, "What is trained, e.g. W,b,Q")
      ->delimiter(',')
      ->check(CLI::IsMember({"W", "U", "b", "C", "d", "Q", "R"}));
  command->add_option("--Q-structure", options->Q_structure, "full, diagonal or isotropic")
      ->check(CLI::IsMember({"full", "diagonal", "isotropic"}));
  command->add_option("--R-structure", options->R_structure, "full, diagonal or isotropic")
      ->check(CLI::IsMember({"full", "diagonal", "isotropic"}));
  command->add_option("--damping", options->damping,
                      "closed-form: kappa; by default 0, or 1e-8 of the features if singular");
  command->add_option("--rate", options->rate, "local, reparameterised: step of Adam");
  command->add_option("--m-steps", options->steps, "local, reparameterised: steps of Adam");
  command->add_option("--stop-below", options->tolerance,
                      "Stop when the weights move by less than this share; 0 never stops");
  command->footer(
      "The covariances keep the structure they come with: full from CASE.h5, isotropic from "
      "--sigma-h and --sigma-y.");
  command->callback([options] { run(*options); });
}

}  // namespace error_forcing::cli
