#pragma once
// Where `ef study equivalence` holds the rules against the gradient of the log evidence: random
// networks that are to imitate another one of their kind, and the network of a task before and
// after training.

#include <error_forcing/generative_model.hpp>
#include <error_forcing/task.hpp>
#include <functional>

namespace error_forcing::cli {

/// A model, and the batch that it is to explain.
struct Problem {
  GenerativeModel<double> model;
  Batch<double> batch;
};

/// A random problem. The targets come from a teacher of the same kind with weights and noise of its
/// own; the noise that the learner assumes is `noise_ratio`.
struct Condition {
  double noise_ratio = 1;  ///< sigma_h / sigma_y, at sigma_y = 0.3
  double density = 1;      ///< share of observed entries
  double radius = 0.9;     ///< spectral radius of J where phi' = 1
  Index steps = 20, units = 12, outputs = 2;
  Activation activation = Activation::identity;
};

/// The same seed and draw give the same random numbers at every value of a sweep.
Problem random_problem(const Condition& condition, std::uint64_t seed, Index draw);

/// One condition, varied.
struct Sweep {
  std::string name;   ///< in the tables
  std::string label;  ///< at the axis
  std::vector<double> values;
  bool logarithmic = false;
  std::function<Problem(double value, std::uint64_t seed, Index draw)> problem;
};

/// phi = identity: noise ratio, mask density, steps, spectral radius, N/P.
std::vector<Sweep> linear_sweeps();

/// tanh, three units: noise ratio.
Sweep nonlinear_sweep();

/// The paper's network on a task, as drawn and trained by Error Forcing, c = 0.2.
struct TaskNetworks {
  Task task;
  Network<double> random, trained;
};
TaskNetworks train_on(const std::string& task, Index units, Index epochs, std::uint64_t seed);

/// A few fresh trials of the task under isotropic noise.
Problem task_problem(const Task& task, const Network<double>& network, double noise_ratio,
                     std::uint64_t seed, Index draw);

/// Noise ratio, on the task's trials.
Sweep task_sweep(const std::string& name, const Task& task, const Network<double>& network);

}  // namespace error_forcing::cli
