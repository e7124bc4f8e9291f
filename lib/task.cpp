#include <error_forcing/instantiate.hpp>
#include <error_forcing/task.hpp>

namespace error_forcing {

namespace {

// What the variant asks of each of its tasks.
Index inputs_of(const DelayedXor&) { return delayed_xor_inputs; }
Index inputs_of(const SineGeneration&) { return sine_generation_inputs; }
Index inputs_of(const EvidenceIntegration&) { return evidence_inputs; }
Index outputs_of(const DelayedXor&) { return delayed_xor_outputs; }
Index outputs_of(const SineGeneration&) { return sine_generation_outputs; }
Index outputs_of(const EvidenceIntegration&) { return evidence_outputs; }

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

}  // namespace

const std::vector<std::string>& task_names() {
  static const std::vector<std::string> names{"xor", "sine", "evidence"};
  return names;
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
