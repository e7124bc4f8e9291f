// One epoch of delayed XOR end to end, validation included, against the gradient alone on batches
// of the same sizes: rest_share is what the rest of the program costs. Verified by the loss of the
// same epoch along the plain path.

#include <cmath>
#include <error_forcing/training.hpp>

#include "alternation.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace training_suite {

Training options() {
  Training run;
  run.task = DelayedXor{.delay = 50};
  run.rule = {.name = "ef", .gain = 0.5};
  run.epochs = 1;
  return run;
}

// Gradients of the batches of one epoch: full ones and what they leave over.
class Gradients {
 public:
  explicit Gradients(const Training& run)
      : rule_(make_rule<float>(run.rule)), penalties_(run.penalties) {
    auto engine = random_engine(run.seed, 1);
    for (Index done = 0; done < run.training_trials; done += run.batch) {
      const Index trials = std::min(run.batch, run.training_trials - done);
      batches_.push_back(zero_trials<float>(run.task, trials));
      draw_trials(run.task, engine, batches_.back());
      memory_.push_back(make_gradient_memory(rule_, batches_.back().layout(), run.network.units,
                                             task_inputs(run.task), task_outputs(run.task)));
    }
  }
  void operator()(const Network<float>& network, Parameters<float>& gradient) {
    for (std::size_t k = 0; k < batches_.size(); ++k)
      objective_gradient(rule_, network, batches_[k], penalties_, memory_[k], gradient);
  }

 private:
  LearningRule<float> rule_;
  Penalties penalties_;
  std::vector<Batch<float>> batches_;
  std::vector<GradientMemory<float>> memory_;
};

// The loss of the same epoch by the plain path.
double loss_by_hand(const Training& run, Learner<float> learner) {
  const auto rule = make_rule<float>(run.rule);
  auto engine = random_engine(run.seed, 1);
  auto gradient = zero_like(learner.network.parameters);
  double sum = 0;
  for (Index done = 0; done < run.training_trials; done += run.batch) {
    const Index trials = std::min(run.batch, run.training_trials - done);
    const auto batch = delayed_xor<float>(std::get<DelayedXor>(run.task), trials, engine);
    auto trajectory = make_trajectory(learner.network, batch);
    const auto parts =
        objective_gradient(rule, learner.network, batch, run.penalties, trajectory, gradient);
    descend(run.adam, gradient, learner.optimiser, learner.network.parameters);
    sum += static_cast<double>(trials) * static_cast<double>(parts.loss);
  }
  return sum / static_cast<double>(run.training_trials);
}

void epoch_of_delayed_xor(benchmark::State& state) {
  const auto run = options();
  const auto learner = make_learner<float>(run);
  const auto ignore = [](const EpochRecord&, const Network<float>&) { return true; };
  const auto result = train<float>(run, learner, ignore);
  const double loss = result.history.empty() ? NAN : result.history.front().loss;
  const double want = loss_by_hand(run, learner);
  if (!verified(state, "loss", std::abs(loss / want - 1), 1e-4)) return;
  Gradients gradients(run);
  auto gradient = zero_like(learner.network.parameters);
  std::vector<double> rest, epochs;
  for (auto _ : state) {
    epochs.push_back(train<float>(run, learner, ignore).history.front().seconds);
    const double alone = seconds_of([&] { gradients(learner.network, gradient); }, 1);
    rest.push_back(1 - alone / epochs.back());
    state.SetIterationTime(epochs.back());
  }
  state.counters["rest_share"] = median(rest);
}

BENCHMARK(epoch_of_delayed_xor)->Apply(by_turns);

}  // namespace training_suite
}  // namespace error_forcing::benchmarks
