#include <fmt/ranges.h>

#include <algorithm>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/task.hpp>

namespace error_forcing {

namespace {

// What the variant asks of each of its tasks.
Index inputs_of(const DelayedXor&) { return delayed_xor_inputs; }
Index inputs_of(const SineGeneration&) { return sine_generation_inputs; }
Index inputs_of(const EvidenceIntegration&) { return evidence_inputs; }
Index inputs_of(const FlipFlop& task) { return task.bits; }
Index inputs_of(const ContextIntegration&) { return context_inputs; }
Index inputs_of(const DelayedMatch& task) { return task.stimuli; }
Index inputs_of(const LimitCycle&) { return limit_cycle_inputs; }
Index inputs_of(const LorenzPrediction&) { return lorenz_variables; }
Index outputs_of(const DelayedXor&) { return delayed_xor_outputs; }
Index outputs_of(const SineGeneration&) { return sine_generation_outputs; }
Index outputs_of(const EvidenceIntegration&) { return evidence_outputs; }
Index outputs_of(const FlipFlop& task) { return task.bits; }
Index outputs_of(const ContextIntegration&) { return context_outputs; }
Index outputs_of(const DelayedMatch&) { return delayed_match_outputs; }
Index outputs_of(const LimitCycle&) { return limit_cycle_outputs; }
Index outputs_of(const LorenzPrediction&) { return lorenz_variables; }

template <typename Scalar>
void draw(const DelayedXor& task, RandomEngine& engine, Batch<Scalar>& batch) {
  draw_delayed_xor(task, engine, batch);
}
template <typename Scalar>
void draw(const SineGeneration& task, RandomEngine& engine, Batch<Scalar>& batch) {
  draw_sine_generation(task, engine, batch);
}
template <typename Scalar>
void draw(const EvidenceIntegration& task, RandomEngine& engine, Batch<Scalar>& batch) {
  draw_evidence_integration(task, engine, batch);
}
template <typename Scalar>
void draw(const FlipFlop& task, RandomEngine& engine, Batch<Scalar>& batch) {
  draw_flip_flop(task, engine, batch);
}
template <typename Scalar>
void draw(const ContextIntegration& task, RandomEngine& engine, Batch<Scalar>& batch) {
  draw_context_integration(task, engine, batch);
}
template <typename Scalar>
void draw(const DelayedMatch& task, RandomEngine& engine, Batch<Scalar>& batch) {
  draw_delayed_match(task, engine, batch);
}
template <typename Scalar>
void draw(const LimitCycle& task, RandomEngine& engine, Batch<Scalar>& batch) {
  draw_limit_cycle(task, engine, batch);
}
template <typename Scalar>
void draw(const LorenzPrediction& task, RandomEngine& engine, Batch<Scalar>& batch) {
  draw_lorenz_prediction(task, engine, batch);
}

}  // namespace

const std::vector<std::string>& task_names() {
  static const std::vector<std::string> names{"xor",     "sine",  "evidence",    "flip-flop",
                                              "context", "match", "limit-cycle", "lorenz"};
  return names;
}

namespace {

template <std::size_t... place>
Task task_at(std::ptrdiff_t wanted, std::index_sequence<place...>) {
  Task task;
  ((std::ptrdiff_t(place) == wanted ? void(task.emplace<place>()) : void()), ...);
  return task;
}

}  // namespace

Task task_named(const std::string& name) {
  const auto& names = task_names();
  const auto found = std::find(names.begin(), names.end(), name);
  require(found != names.end(), "task: want one of {}, got '{}'", fmt::join(names, ", "), name);
  return task_at(found - names.begin(), std::make_index_sequence<std::variant_size_v<Task>>());
}

const std::string& name_of(const Task& task) { return task_names().at(task.index()); }

void validate(const Task& task) {
  std::visit([](const auto& one) { validate(one); }, task);
}

Index task_inputs(const Task& task) {
  return std::visit([](const auto& one) { return inputs_of(one); }, task);
}

Index task_outputs(const Task& task) {
  return std::visit([](const auto& one) { return outputs_of(one); }, task);
}

Index trial_steps(const Task& task) {
  return std::visit([](const auto& one) { return trial_steps(one); }, task);
}

template <typename Scalar>
Batch<Scalar> zero_trials(const Task& task, Index trials) {
  return zero_batch<Scalar>(tiled(trials, trial_steps(task)), task_inputs(task),
                            task_outputs(task));
}

template <typename Scalar>
void draw_trials(const Task& task, RandomEngine& engine, Batch<Scalar>& batch) {
  std::visit([&](const auto& one) { draw(one, engine, batch); }, task);
}

#define INSTANTIATE(Scalar)                               \
  template Batch<Scalar> zero_trials(const Task&, Index); \
  template void draw_trials(const Task&, RandomEngine&, Batch<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
