#include "equivalence_problems.hpp"

#include <cmath>
#include <error_forcing/forcing_stability.hpp>
#include <error_forcing/training.hpp>

namespace error_forcing::cli {

namespace {

constexpr double output_deviation = 0.3;

// J = (1-a) I + a W of exactly that spectral radius.
Matrix<double> recurrent_weights(RandomEngine& engine, Index units, double leak, double radius) {
  const Matrix<double> drawn = normal_matrix(engine, units, units);
  const Matrix<double> J = drawn * (radius / spectral_radius(drawn));
  return (J - (1 - leak) * Matrix<double>::Identity(units, units)) / leak;
}

Network<double> draw_network(const Condition& condition, RandomEngine& engine) {
  Network<double> network;
  network.leak = 0.5;
  network.activation = condition.activation;
  auto& p = network.parameters;
  p.W = recurrent_weights(engine, condition.units, network.leak, condition.radius);
  p.U = normal_matrix(engine, condition.units, 1);
  p.b = normal_matrix(engine, condition.units, 1, 0.3);
  p.C = normal_matrix(engine, condition.outputs, condition.units,
                      1 / std::sqrt(static_cast<double>(condition.units)));
  p.d = normal_matrix(engine, condition.outputs, 1, 0.3);
  return network;
}

GenerativeModel<double> with_noise(const Network<double>& network, double noise_ratio) {
  return {network, isotropic_noise<double>(network.units(), network.outputs(),
                                           noise_ratio * output_deviation, output_deviation)};
}

// At least one entry is observed. One number is drawn an entry, whatever the density.
void draw_mask(double density, RandomEngine& engine, Batch<double>& batch) {
  const auto& layout = batch.layout();
  for (Index trial = 0; trial < layout.trials; ++trial)
    for (Index step = 1; step <= layout.steps; ++step)
      for (Index k = 0; k < batch.mask.rows(); ++k)
        batch.mask(trial, step, k) =
            static_cast<double>(engine() >> 11) * 0x1p-53 < density ? 1 : 0;
  batch.mask(0, layout.steps, 0) = 1;
}

}  // namespace

Problem random_problem(const Condition& condition, std::uint64_t seed, Index draw) {
  constexpr Index trials = 4;
  const auto stream = [&](std::uint64_t what) {
    return random_engine(seed, 3 * static_cast<std::uint64_t>(draw) + what);
  };
  auto for_learner = stream(0), for_teacher = stream(1), for_batch = stream(2);
  const auto learner = draw_network(condition, for_learner);
  const auto teacher = with_noise(draw_network(condition, for_teacher), 1);
  auto batch = zero_batch<double>(tiled(trials, condition.steps), 1, condition.outputs);
  for (Index trial = 0; trial < trials; ++trial)
    for (Index step = 1; step <= condition.steps; ++step)
      batch.inputs(trial, step, 0) = normal_matrix(for_batch, 1, 1)(0);
  draw_mask(condition.density, for_batch, batch);
  auto trajectory = make_trajectory(teacher.network, batch);
  simulate(teacher, for_batch, batch, trajectory);
  return {with_noise(learner, condition.noise_ratio), batch};
}

namespace {

// A sweep of random problems: set(condition, value).
Sweep sweep_of(const std::string& name, const std::string& label, std::vector<double> values,
               bool logarithmic, const Condition& base, void (*set)(Condition&, double)) {
  return {name, label, std::move(values), logarithmic,
          [base, set](double value, std::uint64_t seed, Index draw) {
            auto condition = base;
            set(condition, value);
            return random_problem(condition, seed, draw);
          }};
}

void set_noise_ratio(Condition& condition, double value) { condition.noise_ratio = value; }

const std::vector<double> noise_ratios{0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100};

}  // namespace

std::vector<Sweep> linear_sweeps() {
  return {sweep_of("noise ratio", "σ_h / σ_y", noise_ratios, true, {}, set_noise_ratio),
          sweep_of("mask density", "share of outputs observed", {0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1},
                   true, {}, [](Condition& c, double value) { c.density = value; }),
          sweep_of("steps", "steps T", {2, 5, 10, 20, 40, 80, 160}, true, {},
                   [](Condition& c, double value) { c.steps = static_cast<Index>(value); }),
          sweep_of("spectral radius", "spectral radius of J",
                   {0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1, 1.05, 1.1}, false, {},
                   [](Condition& c, double value) { c.radius = value; }),
          sweep_of("units per output", "N / P", {1, 1.5, 2, 3, 4, 6, 12}, true, {},
                   [](Condition& c, double value) {
                     c.outputs =
                         static_cast<Index>(std::lround(static_cast<double>(c.units) / value));
                   })};
}

Sweep nonlinear_sweep() {
  return sweep_of(
      "tanh", "σ_h / σ_y", noise_ratios, true,
      {.radius = 1.2, .steps = 15, .units = 3, .outputs = 1, .activation = Activation::tanh},
      set_noise_ratio);
}

namespace {

Task short_task(const std::string& name) {
  if (name == "sine") return SineGeneration{.difficulty = -55, .steps = 60};
  return DelayedXor{.delay = 20};
}

}  // namespace

TaskNetworks train_on(const std::string& name, Index units, Index epochs, std::uint64_t seed) {
  auto run = paper_training(short_task(name));
  run.rule = {.name = "ef", .gain = 0.2};
  run.network.units = units;
  run.epochs = epochs;
  run.seed = seed;
  run.until_learned = true;
  const auto go_on = [](const EpochRecord&, const Network<float>&) { return true; };
  const auto start = make_learner<float>(run);
  const auto result = train<float>(run, start, go_on);
  return {run.task, cast<double>(start.network), cast<double>(result.learner.network)};
}

Problem task_problem(const Task& task, const Network<double>& network, double noise_ratio,
                     std::uint64_t seed, Index draw) {
  constexpr Index trials = 2;
  auto batch = zero_trials<double>(task, trials);
  auto engine = random_engine(seed, 1'000'000 + static_cast<std::uint64_t>(draw));
  draw_trials(task, engine, batch);
  return {with_noise(network, noise_ratio), batch};
}

Sweep task_sweep(const std::string& name, const Task& task, const Network<double>& network) {
  return {name,
          "σ_h / σ_y",
          {0.01, 0.03, 0.1, 0.3, 1},
          true,
          [task, network](double value, std::uint64_t seed, Index draw) {
            return task_problem(task, network, value, seed, draw);
          }};
}

}  // namespace error_forcing::cli
