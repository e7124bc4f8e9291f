#include "inference_options.hpp"

#include <error_forcing/errors.hpp>
#include <map>

namespace error_forcing::cli {

namespace {

const std::map<std::string, SmootherForm> smoother_forms{{"", SmootherForm::adjoint},
                                                         {"adjoint", SmootherForm::adjoint},
                                                         {"rts", SmootherForm::rts},
                                                         {"dual", SmootherForm::dual}};
const std::map<std::string, MapForm> map_forms{
    {"", MapForm::dual}, {"dual", MapForm::dual}, {"smoother", MapForm::smoother}};

template <typename Form>
Form form_of(const std::map<std::string, Form>& forms, const InferenceOptions& options) {
  const auto found = forms.find(options.form);
  require(
      found != forms.end(),
      "--form {}: unknown for --e-step {}; exact knows adjoint, rts and dual, map knows dual and "
      "smoother",
      options.form, options.e_step);
  return found->second;
}

Matrix<double> covariance_of(const std::optional<Matrix<double>>& given, double sigma, Index size,
                             const char* name, const char* option) {
  require(!(given && sigma >= 0), "{}: the case holds it and {} gives it as well; use one", name,
          option);
  require(given || sigma >= 0, "{}: the case does not hold it; give its standard deviation by {}",
          name, option);
  return given ? *given : Matrix<double>(sigma * sigma * Matrix<double>::Identity(size, size));
}

}  // namespace

void add_inference_options(CLI::App& command, InferenceOptions& options) {
  command
      .add_option("case", options.case_file,
                  "CASE.h5: W U b C d inputs targets mask, optional Q R h0; attributes leak, "
                  "activation")
      ->required();
  command.add_option("--group", options.group, "Group of CASE.h5 that holds the case");
  command.add_option("--e-step", options.e_step, "How the latent activity is inferred")
      ->check(CLI::IsMember(
          {"free", "tf", "ef", "greedy", "filter", "map", "exact", "particles", "quadrature"}))
      ->required();
  command.add_option("--sigma-h", options.sigma_h, "Q = sigma_h^2 I, where the case has no Q")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--sigma-y", options.sigma_y, "R = sigma_y^2 I, where the case has no R")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--gain", options.gain, "c in [0, 1] of tf and ef");
  command.add_option("--ridge", options.ridge, "rho >= 0 of C+ in tf and ef");
  command.add_option("--form", options.form,
                     "exact: adjoint (default), rts or dual; map: dual (default) or smoother");
  command.add_option("--samples", options.samples,
                     "exact: trajectories drawn from the posterior, K >= 0");
  command.add_option("--starts", options.starts,
                     "map: random starts besides greedy and zero noise");
  command.add_option("--map-iterations", options.iterations, "map: at most, of each start");
  command.add_option("--tolerance", options.tolerance, "map: of the stationarity residual");
  command.add_option("--particles", options.particles.particles, "particles: K of each filter");
  command.add_option("--repeats", options.particles.repeats,
                     "particles: independent filters, whose spread is the error");
  command.add_option("--resample-below", options.particles.resample_below,
                     "particles: resample below this share of K; 0 never does");
  command.add_option("--seed", options.particles.seed, "Of particles, samples and random starts");
  command.add_option("--out", options.out, "OUT.h5")->required();
}

GenerativeModel<double> model_of(const InferenceOptions& options, const Case& input) {
  const auto& network = input.network;
  GenerativeModel<double> model{
      network,
      {covariance_of(input.Q, options.sigma_h, network.units(), "Q", "--sigma-h"),
       covariance_of(input.R, options.sigma_y, network.outputs(), "R", "--sigma-y")}};
  validate(model);
  return model;
}

InferenceMethod method_of(const InferenceOptions& options) {
  require(options.samples >= 0, "--samples: want a number >= 0, got {}", options.samples);
  require(options.samples == 0 || options.e_step == "exact",
          "--samples: belongs to --e-step exact, not to {}; leave it out", options.e_step);
  if (options.e_step == "tf") return TeacherForcing<double>{options.gain, options.ridge};
  if (options.e_step == "ef") return ErrorForcing<double>{options.gain, options.ridge};
  if (options.e_step == "greedy") return Greedy{};
  if (options.e_step == "filter") return KalmanFilter{};
  if (options.e_step == "map")
    return MapTrajectory{form_of(map_forms, options), options.iterations, options.tolerance,
                         options.starts, options.particles.seed};
  if (options.e_step == "exact")
    return ExactPosterior{form_of(smoother_forms, options), options.samples,
                          options.particles.seed};
  if (options.e_step == "particles") return options.particles;
  if (options.e_step == "quadrature") return Quadrature{};
  return FreeRunning{};
}

}  // namespace error_forcing::cli
