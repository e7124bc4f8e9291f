#include <cstdio>
#include <error_forcing/learning_rule.hpp>

int main() {
  using namespace error_forcing;
  const auto network = random_network({.units = 8, .inputs = 2}, 1);
  auto batch = zero_batch<double>(tiled(4, 10), network.inputs(), network.outputs());
  batch.inputs.fill(1);
  batch.mask.fill(1);
  auto trajectory = make_trajectory(network, batch);
  auto gradient = zero_like(network.parameters);
  objective_gradient(make_rule<double>({.name = "ef"}), network, batch, {}, trajectory, gradient);
  std::printf("%g\n", gradient.W.norm());
}
