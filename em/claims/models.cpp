#include "models.hpp"

#include <error_forcing/instantiate.hpp>
#include <error_forcing/random.hpp>

#include "points.hpp"

namespace error_forcing::certification {

namespace {

struct Recipe {
  std::string name;
  Index units, inputs, outputs, trials, steps;
  double leak;
  Activation activation;
  double observed_share;
  bool whole_steps, diagonal_R;
};

void draw_mask(const Recipe& recipe, RandomEngine& engine, Batch<double>& batch) {
  boost::random::uniform_int_distribution<int> percent(0, 99);
  for (Index trial = 0; trial < recipe.trials; ++trial)
    for (Index step = 1; step <= recipe.steps; ++step)
      for (Index k = 0; k < recipe.outputs; ++k) {
        const bool drawn = percent(engine) < 100 * recipe.observed_share;
        batch.mask(trial, step, k) =
            recipe.whole_steps && k > 0 ? batch.mask(trial, step, 0) : drawn;
      }
  for (Index k = 0; k < recipe.outputs; ++k) batch.mask(0, recipe.steps, k) = 1;
}

ModelPoint<double> draw(const Recipe& r, RandomEngine& engine) {
  ModelPoint<double> point{
      r.name, {}, zero_batch<double>(tiled(r.trials, r.steps), r.inputs, r.outputs)};
  auto& [network, noise] = point.model;
  network.parameters = {
      normal_matrix(engine, r.units, r.units, 0.9 / std::sqrt(double(r.units))),
      normal_matrix(engine, r.units, r.inputs, 0.7), normal_matrix(engine, r.units, 1, 0.3),
      normal_matrix(engine, r.outputs, r.units, 0.8), normal_matrix(engine, r.outputs, 1, 0.3)};
  network.leak = r.leak;
  network.activation = r.activation;
  network.initial_state = normal_matrix(engine, r.units, 1, 0.5);
  noise = {0.4 * random_covariance(engine, r.units, 0.3),
           random_covariance(engine, r.outputs, 0.3)};
  if (r.diagonal_R) noise.R = Matrix<double>(noise.R.diagonal().asDiagonal());
  draw_mask(r, engine, point.batch);
  for (Index tile = 0; tile < point.batch.layout().tiles(); ++tile)
    for (Index step = 1; step <= r.steps; ++step) {
      auto inputs = point.batch.inputs.at(tile, step);
      inputs = normal_matrix(engine, inputs.rows(), inputs.cols());
    }
  auto trajectory = make_trajectory(network, point.batch);
  simulate(point.model, engine, point.batch, trajectory);
  return point;
}

template <typename Scalar>
std::vector<ModelPoint<Scalar>> draw_all(const std::vector<Recipe>& recipes, std::uint64_t seed,
                                         std::uint64_t stream) {
  auto engine = random_engine(seed, stream);
  std::vector<ModelPoint<Scalar>> points;
  for (const auto& recipe : recipes) {
    const auto drawn = draw(recipe, engine);
    points.push_back({drawn.name, cast<Scalar>(drawn.model), cast<Scalar>(drawn.batch)});
  }
  return points;
}

}  // namespace

template <typename Scalar>
std::vector<ModelPoint<Scalar>> linear_models(std::uint64_t seed) {
  using enum Activation;
  return draw_all<Scalar>(
      {{"linear, whole steps", 3, 2, 2, 4, 6, 0.4, identity, 0.7, true, false},
       {"linear, partial masks", 3, 1, 2, 4, 6, 1, identity, 0.6, false, true},
       {"linear, few steps seen", 4, 1, 2, 5, 8, 0.5, identity, 0.25, true, false}},
      seed, 40);
}

template <typename Scalar>
std::vector<ModelPoint<Scalar>> nonlinear_models(std::uint64_t seed) {
  using enum Activation;
  return draw_all<Scalar>(
      {{"tanh, whole steps", 4, 2, 2, 2, 6, 0.4, tanh, 0.8, true, false},
       {"softplus, partial masks", 3, 1, 3, 2, 5, 0.6, softplus, 0.6, false, false},
       {"tanh, few steps seen", 4, 1, 1, 2, 8, 1, tanh, 0.3, true, false}},
      seed, 41);
}

namespace {

GenerativeModel<double> one_linear_unit() {
  Network<double> network;
  network.parameters = zero_parameters<double>(1, 1, 1);
  network.parameters.W << 0.6;
  network.parameters.U << 0.8;
  network.parameters.b << 0.2;
  network.parameters.C << 1.1;
  network.leak = 0.7;
  network.activation = Activation::identity;
  return {network, isotropic_noise<double>(1, 1, 0.6, 0.5)};
}

}  // namespace

template <typename Scalar>
ModelPoint<Scalar> one_unit_model(std::uint64_t seed) {
  auto engine = random_engine(seed, 47);
  const auto model = one_linear_unit();
  auto batch = zero_batch<double>(tiled(40, 6), 1, 1);
  batch.mask.fill(1);
  for (Index step = 1; step <= 6; ++step)
    for (Index tile = 0; tile < batch.layout().tiles(); ++tile) {
      auto inputs = batch.inputs.at(tile, step);
      inputs = normal_matrix(engine, 1, inputs.cols());
    }
  auto trajectory = make_trajectory(model.network, batch);
  simulate(model, engine, batch, trajectory);
  return {"one unit", cast<Scalar>(model), cast<Scalar>(batch)};
}

#define INSTANTIATE(Scalar)                                                      \
  template std::vector<ModelPoint<Scalar>> linear_models<Scalar>(std::uint64_t); \
  template ModelPoint<Scalar> one_unit_model<Scalar>(std::uint64_t);             \
  template std::vector<ModelPoint<Scalar>> nonlinear_models<Scalar>(std::uint64_t);
ERROR_FORCING_FOR_DOUBLE_AND_QUAD(INSTANTIATE)

}  // namespace error_forcing::certification
