#include <cmath>
#include <error_forcing/context_integration.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>

#include "trial_shape.hpp"

namespace error_forcing {

namespace {

// A coherence of either sign, all as likely.
double draw_coherence(RandomEngine& engine) {
  constexpr int levels = int(context_coherences.size());
  boost::random::uniform_int_distribution<int> choice(0, 2 * levels - 1);
  const int chosen = choice(engine);
  const double level = context_coherences[static_cast<std::size_t>(chosen % levels)];
  return chosen < levels ? level : -level;
}

struct ContextDraw {
  std::array<double, 2> coherence{};
  Index stream = 0;  // r - 1
};

ContextDraw draw_context(RandomEngine& engine) {
  boost::random::uniform_int_distribution<Index> coin(0, 1);
  ContextDraw draw;
  for (double& coherence : draw.coherence) coherence = draw_coherence(engine);
  draw.stream = coin(engine);
  return draw;
}

template <typename Scalar>
void write_trial(const ContextIntegration& task, const ContextDraw& draw, RandomEngine& engine,
                 Index trial, Batch<Scalar>& batch) {
  boost::random::normal_distribution<double> normal(0, 1);
  const Index steps = batch.layout().steps;
  for (Index step = 1; step <= steps; ++step) {
    batch.inputs(trial, step, 2 + draw.stream) = Scalar(1);
    if (step > context_stimulus) continue;
    for (Index k = 0; k < 2; ++k)
      batch.inputs(trial, step, k) =
          Scalar(draw.coherence[static_cast<std::size_t>(k)] + task.noise * normal(engine));
  }
  const double decisive = draw.coherence[static_cast<std::size_t>(draw.stream)];
  for (Index step = steps - context_window + 1; step <= steps; ++step) {
    batch.targets(trial, step, 0) = Scalar(decisive > 0 ? 1 : -1);
    batch.mask(trial, step, 0) = Scalar(1);
  }
}

TrialShape shape_of(const ContextIntegration& task) {
  return {trial_steps(task), context_inputs, context_outputs};
}

}  // namespace

void validate(const ContextIntegration& task) {
  const Index longest_delay = longest_trial - context_stimulus - context_window;
  require(task.delay >= 0 && task.delay <= longest_delay,
          "context integration: delay: want 0 to {} steps, got {}", longest_delay, task.delay);
  require(task.noise >= 0 && std::isfinite(task.noise),
          "context integration: noise: want a finite deviation >= 0, got {}", task.noise);
}

Index trial_steps(const ContextIntegration& task) {
  return context_stimulus + task.delay + context_window;
}

template <typename Scalar>
void draw_context_integration(const ContextIntegration& task, RandomEngine& engine,
                              Batch<Scalar>& batch) {
  validate(task);
  clear_batch("context integration", shape_of(task), batch);
  for (Index trial = 0; trial < batch.layout().trials; ++trial)
    write_trial(task, draw_context(engine), engine, trial, batch);
}

template <typename Scalar>
Batch<Scalar> context_integration(const ContextIntegration& task, Index trials,
                                  RandomEngine& engine) {
  validate(task);
  auto batch = empty_batch<Scalar>("context integration", shape_of(task), trials);
  draw_context_integration(task, engine, batch);
  return batch;
}

#define INSTANTIATE(Scalar)                                                        \
  template void draw_context_integration(const ContextIntegration&, RandomEngine&, \
                                         Batch<Scalar>&);                          \
  template Batch<Scalar> context_integration(const ContextIntegration&, Index, RandomEngine&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
