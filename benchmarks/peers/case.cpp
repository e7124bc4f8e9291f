#include "case.hpp"

#include <algorithm>
#include <error_forcing/error_forcing.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/random.hpp>

namespace error_forcing::benchmarks {

namespace {

Batch<double> random_batch(const Size& size, const Network<double>& network) {
  auto engine = random_engine(2);
  const auto layout = tiled(size.trials, size.steps);
  const auto values = [&](Index rows) {
    const auto matrix = normal_matrix(engine, size.trials * size.steps, rows);
    return from_row_major<double>(layout, rows, matrix.data());
  };
  Batch<double> batch{values(network.inputs()), values(network.outputs()),
                      History<double>(layout, network.outputs())};
  batch.mask.fill(1);
  return batch;
}

template <typename Dense>
auto array_of(const Dense& block) {
  return std::vector<typename Dense::Scalar>(block.data(), block.data() + block.size());
}

}  // namespace

template <typename Scalar>
Case<Scalar> random_case(const Size& size) {
  const auto network = random_network({.units = 50, .inputs = 3, .outputs = 1, .leak = 0.1}, 1);
  return {cast<Scalar>(network), cast<Scalar>(random_batch(size, network)), Scalar(0.5)};
}

template <typename Scalar>
peers::Problem<Scalar> problem_of(const Case<Scalar>& which) {
  const auto& [network, batch, gain] = which;
  const auto& [W, U, b, C, d] = network.parameters;
  return {batch.layout().trials,
          batch.layout().steps,
          network.units(),
          network.inputs(),
          network.outputs(),
          network.leak,
          {array_of(W), array_of(U), array_of(b), array_of(C), array_of(d)},
          array_of(feedback(ErrorForcing<Scalar>{gain}, network).gain),
          to_row_major<Scalar>(batch.inputs),
          to_row_major<Scalar>(batch.targets)};
}

template <typename Scalar>
Parameters<Scalar> gradient_of(const peers::Parameters<Scalar>& arrays,
                               const Parameters<Scalar>& shape) {
  auto gradient = zero_like(shape);
  const std::array flat{&arrays.W, &arrays.U, &arrays.b, &arrays.C, &arrays.d};
  auto views = blocks(gradient);
  for (std::size_t k = 0; k < flat.size(); ++k) {
    require(Index(flat[k]->size()) == views[k].size(), "{}: want {} values, got {}", block_names[k],
            views[k].size(), flat[k]->size());
    std::copy(flat[k]->begin(), flat[k]->end(), views[k].data());
  }
  return gradient;
}

#define INSTANTIATE(Scalar)                                                 \
  template Case<Scalar> random_case(const Size&);                           \
  template peers::Problem<Scalar> problem_of(const Case<Scalar>&);          \
  template Parameters<Scalar> gradient_of(const peers::Parameters<Scalar>&, \
                                          const Parameters<Scalar>&);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace error_forcing::benchmarks
