// Drawing a batch of delayed XOR anew, as training does for every step of Adam. Verified trial by
// trial: the answer is the product of the two pulses, in a window of the pulse's length.

#include <error_forcing/delayed_xor.hpp>

#include "alternation.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace delayed_xor_suite {

// The number of trials that are not as the task says.
template <typename Scalar>
double wrong_trials(const DelayedXor& task, const Batch<Scalar>& batch) {
  double wrong = 0;
  for (Index trial = 0; trial < batch.layout().trials; ++trial) {
    const Scalar answer = batch.inputs(trial, 1, 0) * batch.inputs(trial, 2 * task.pulse + 1, 1);
    Index observed = 0;
    bool right = answer == 1 || answer == -1;
    for (Index step = 1; step <= batch.layout().steps; ++step) {
      if (batch.mask(trial, step, 0) == 0) continue;
      ++observed;
      right = right && batch.targets(trial, step, 0) == answer;
    }
    wrong += right && observed == task.pulse ? 0 : 1;
  }
  return wrong;
}

template <typename Scalar>
void draw(benchmark::State& state) {
  const DelayedXor task{.delay = state.range(0)};
  auto engine = random_engine(1);
  auto batch = delayed_xor<Scalar>(task, 128, engine);
  const auto call = [&] { draw_delayed_xor(task, engine, batch); };
  call();
  if (!verified(state, "trials", wrong_trials(task, batch), 0)) return;
  alternate<Scalar>(state, {.steps = static_cast<double>(trial_steps(task))}, call);
}

void delays(benchmark::internal::Benchmark* b) {
  b->ArgName("delay")->Arg(50)->Arg(1000)->Apply(by_turns);
}

BENCHMARK_TEMPLATE(draw, float)->Apply(delays);
BENCHMARK_TEMPLATE(draw, double)->Apply(delays);

}  // namespace delayed_xor_suite
}  // namespace error_forcing::benchmarks
