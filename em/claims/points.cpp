#include "points.hpp"

#include <error_forcing/delayed_xor.hpp>
#include <error_forcing/instantiate.hpp>

namespace error_forcing::certification {

Matrix<double> random_covariance(RandomEngine& engine, Index n, double floor) {
  const auto A = normal_matrix(engine, n, n);
  return A * A.transpose() / static_cast<double>(n) + floor * Matrix<double>::Identity(n, n);
}

namespace {

enum class Observation { whole_steps, single_outputs, every_step };

struct Shape {
  Index trials, steps;
  Observation observation;
};

void draw_mask(Observation observation, RandomEngine& engine, Batch<double>& batch) {
  boost::random::uniform_int_distribution<int> die(0, 9);
  auto& mask = batch.mask;
  for (Index trial = 0; trial < batch.layout().trials; ++trial)
    for (Index step = 1; step <= batch.layout().steps; ++step) {
      const bool whole = die(engine) < 6;
      for (Index k = 0; k < mask.rows(); ++k)
        mask(trial, step, k) = observation == Observation::every_step    ? 1
                               : observation == Observation::whole_steps ? whole
                                                                         : die(engine) < 6;
    }
  for (Index k = 0; k < mask.rows(); ++k) mask(0, batch.layout().steps, k) = 1;
}

void draw_normal(RandomEngine& engine, History<double>& history) {
  for (Index tile = 0; tile < history.layout().tiles(); ++tile)
    for (Index step = 1; step <= history.layout().steps; ++step) {
      auto panel = history.at(tile, step);
      panel = normal_matrix(engine, panel.rows(), panel.cols());
    }
}

// Normal inputs and targets; targets are NaN where unobserved, which nothing may read.
Batch<double> random_batch(const Network<double>& network, const Shape& shape,
                           RandomEngine& engine) {
  const Layout layout = tiled(shape.trials, shape.steps);
  auto batch = zero_batch<double>(layout, network.inputs(), network.outputs());
  draw_normal(engine, batch.inputs);
  draw_normal(engine, batch.targets);
  draw_mask(shape.observation, engine, batch);
  for (Index trial = 0; trial < layout.trials; ++trial)
    for (Index step = 1; step <= layout.steps; ++step)
      for (Index k = 0; k < network.outputs(); ++k)
        if (batch.mask(trial, step, k) == 0) batch.targets(trial, step, k) = std::nan("");
  return batch;
}

// Biases and a readout of order one, so that no block of the gradient is negligible.
Network<double> dense_network(const RandomNetwork& options, std::uint64_t seed) {
  auto network = random_network(options, seed);
  auto engine = random_engine(seed, 1);
  network.parameters.b = normal_matrix(engine, options.units, 1, 0.3);
  network.parameters.C = normal_matrix(engine, options.outputs, options.units, 0.5);
  network.parameters.d = normal_matrix(engine, options.outputs, 1, 0.3);
  return network;
}

Point<double> finish(std::string name, Network<double> network, Batch<double> batch,
                     RandomEngine& engine) {
  const Noise<double> noise{random_covariance(engine, network.units(), 0.3),
                            random_covariance(engine, network.outputs(), 0.3)};
  return {std::move(name), std::move(network), std::move(batch), noise};
}

std::vector<Point<double>> draw_points(std::uint64_t seed) {
  auto engine = random_engine(seed, 2);
  std::vector<Point<double>> result;
  const auto add = [&](std::string name, const RandomNetwork& options, const Shape& shape) {
    auto network = dense_network(options, seed + result.size());
    auto batch = random_batch(network, shape, engine);
    result.push_back(finish(std::move(name), std::move(network), std::move(batch), engine));
  };
  using enum Observation;
  add("generic", {6, 2, 2, 0.35, 1.5, Activation::tanh}, {3, 8, whole_steps});
  add("partial masks", {6, 2, 3, 0.2, 1.5, Activation::softplus}, {3, 7, single_outputs});
  add("one step", {5, 2, 2, 0.5, 0, Activation::logistic}, {2, 1, every_step});  // T = 1, W = 0
  add("chaotic", {7, 2, 2, 1, 3, Activation::tanh}, {2, 10, whole_steps});
  const DelayedXor task{.delay = 10, .pulse = 10};
  auto network = dense_network({6, delayed_xor_inputs, delayed_xor_outputs, 0.1, 1.5}, seed + 9);
  auto trials = delayed_xor<double>(task, 2, engine);
  result.push_back(finish("delayed XOR", std::move(network), std::move(trials), engine));
  return result;
}

}  // namespace

template <typename Scalar>
std::vector<Point<Scalar>> points(std::uint64_t seed) {
  std::vector<Point<Scalar>> result;
  for (const auto& point : draw_points(seed))
    result.push_back({point.name,
                      cast<Scalar>(point.network),
                      cast<Scalar>(point.batch),
                      {point.noise.Q.cast<Scalar>(), point.noise.R.cast<Scalar>()}});
  return result;
}

#define INSTANTIATE(Scalar) template std::vector<Point<Scalar>> points(std::uint64_t);
ERROR_FORCING_FOR_DOUBLE_AND_QUAD(INSTANTIATE)

}  // namespace error_forcing::certification
