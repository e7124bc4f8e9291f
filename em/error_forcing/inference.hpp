#pragma once
// Every E-step behind one interface, from crude to exact. Each leaves a path or a posterior for
// every trial, and says what it knows of its own quality.
//
//   free-running, teacher forcing, error forcing    a rule of the rollout      a path
//   greedy posterior (E3), filter (E4)              sees the past only         a path, moments
//   MAP trajectory (E5)                             iterated                   a path
//   exact posterior (E6)                            phi = identity             moments, paths
//   particles (E7)                                  weighted samples           paths
//   quadrature                                      N = 1                      moments
//
// In double: the identities behind it are certified in quad on the stems themselves.

#include <error_forcing/e_step.hpp>
#include <error_forcing/map_trajectory.hpp>
#include <error_forcing/particle_posterior.hpp>
#include <error_forcing/quadrature.hpp>
#include <optional>
#include <variant>

namespace error_forcing {

/// The greedy posterior under the noise of the model.
struct Greedy {};

using InferenceMethod =
    std::variant<FreeRunning, TeacherForcing<double>, ErrorForcing<double>, Greedy, KalmanFilter,
                 MapTrajectory, ExactPosterior, ParticlePosterior, Quadrature>;

/// What an E-step knows of its own quality; NaN where it has no meaning.
struct InferenceQuality {
  Index iterations = 0;
  bool converged = true;
  double stationarity = std::nan("");      ///< |eps - L' lambda| / max(1, |eps|)
  double effective_sample = std::nan("");  ///< smallest over time, in [1, K]
};

/// What an E-step found out about one trial.
struct TrialInference {
  Matrix<double> states;                        ///< the path, or the posterior mean, N x (T+1)
  Matrix<double> displacements;                 ///< nu, or its posterior mean, N x (T+1)
  std::optional<Matrix<double>> variance = {};  ///< of the states, N x (T+1)
  std::optional<GaussianPosterior<double>> moments = {};  ///< exact posterior
  std::optional<WeightedPaths<double>> paths = {};  ///< particles, samples of the exact posterior
  std::optional<double> log_evidence = {};
  std::optional<double> log_evidence_error = {};  ///< where it is an estimate
  std::optional<double> energy = {};              ///< E of (E5)
  std::optional<Parameters<double>> score = {};   ///< gradient of the log evidence
  InferenceQuality quality = {};
};

using Inference = std::vector<TrialInference>;

/// Throws InvalidInput where the method has no meaning for the model: exact for phi other than the
/// identity, quadrature for N > 1.
Inference infer(const InferenceMethod& method, const GenerativeModel<double>& model,
                const Batch<double>& batch);

/// The method's name as the program's options give it.
std::string name_of(const InferenceMethod& method);

/// The second moments that the centred M-steps need. Throws InvalidInput for an E-step that keeps
/// moments which do not determine them (quadrature).
ExpectedStatistics<double> expected_statistics(const GenerativeModel<double>& model,
                                               const Batch<double>& batch,
                                               const Inference& inference);

/// E[grad l_nc] (S2): over the path, the weighted paths, or in closed form over exact moments.
Parameters<double> expected_non_centred_gradient(const GenerativeModel<double>& model,
                                                 const Batch<double>& batch,
                                                 const Inference& inference);

/// log p(y*) summed over trials, and its standard error: by the Kalman filter for phi = identity
/// (error 0), by quadrature for N = 1 (0), else by particles.
LogMean log_evidence(const GenerativeModel<double>& model, const Batch<double>& batch,
                     const ParticlePosterior& particles);

}  // namespace error_forcing
