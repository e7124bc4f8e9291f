// One step of Adam. Verified by its law: the first step of every weight is -alpha g / (|g| + eps).

#include <error_forcing/adam.hpp>

#include "alternation.hpp"
#include "paper_case.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace adam_suite {

void adam_step(benchmark::State& state) {
  auto network = cast<float>(random_network({.units = state.range(0)}, 1));
  auto& theta = network.parameters;
  const auto gradient = cast<float>(random_network({.units = state.range(0)}, 2)).parameters;
  auto adam = make_adam(theta);
  const Matrix<float> before = theta.W;
  descend({}, gradient, adam, theta);
  const Matrix<float> want = gradient.W.array() / (gradient.W.array().abs() + 1e-8f);
  const Matrix<float> step = (before - theta.W) / 1e-3f;
  if (!verified(state, "first step", double((step - want).cwiseAbs().maxCoeff()), 1e-3)) return;
  alternate<float>(state, {}, [&] { descend({}, gradient, adam, theta); });
}

BENCHMARK(adam_step)->ArgName("N")->Arg(50)->Arg(512)->Apply(by_turns);

}  // namespace adam_suite
}  // namespace error_forcing::benchmarks
