#include <array>
#include <error_forcing/errors.hpp>
#include <error_forcing/evidence_integration.hpp>
#include <error_forcing/instantiate.hpp>

#include "trial_shape.hpp"

namespace error_forcing {

namespace {

constexpr Index cues_and_gaps = 2 * evidence_cue * evidence_cues;

// The channel of every cue, 0 or 1.
using Cues = std::array<Index, evidence_cues>;

// Fisher and Yates from the last place down, so that every order is as likely.
Cues draw_cues(RandomEngine& engine) {
  boost::random::uniform_int_distribution<Index> count(1, evidence_cues - 1);
  const Index on_first = count(engine);
  Cues cues{};
  for (Index k = 0; k < evidence_cues; ++k) cues[static_cast<std::size_t>(k)] = k >= on_first;
  for (Index k = evidence_cues - 1; k > 0; --k) {
    boost::random::uniform_int_distribution<Index> place(0, k);
    std::swap(cues[static_cast<std::size_t>(k)], cues[static_cast<std::size_t>(place(engine))]);
  }
  return cues;
}

template <typename Scalar>
void write_trial(const EvidenceIntegration& task, const Cues& cues, Index trial,
                 Batch<Scalar>& batch) {
  Index balance = 0;  // of channel 1 over channel 2
  for (Index k = 0; k < evidence_cues; ++k) {
    const Index channel = cues[static_cast<std::size_t>(k)];
    balance += channel == 0 ? 1 : -1;
    for (Index step = 1; step <= evidence_cue; ++step)
      batch.inputs(trial, 2 * evidence_cue * k + step, channel) = Scalar(1);
  }
  for (Index step = 1; step <= evidence_cue; ++step) {
    batch.targets(trial, cues_and_gaps + task.delay + step, 0) = Scalar(balance > 0 ? 1 : -1);
    batch.mask(trial, cues_and_gaps + task.delay + step, 0) = Scalar(1);
  }
}

TrialShape shape_of(const EvidenceIntegration& task) {
  return {trial_steps(task), evidence_inputs, evidence_outputs};
}

}  // namespace

void validate(const EvidenceIntegration& task) {
  const Index longest_delay = longest_trial - trial_steps(EvidenceIntegration{.delay = 0});
  require(task.delay >= 0 && task.delay <= longest_delay,
          "evidence integration: delay: want 0 to {} steps, got {}", longest_delay, task.delay);
}

Index trial_steps(const EvidenceIntegration& task) {
  return cues_and_gaps + task.delay + evidence_cue;
}

template <typename Scalar>
void draw_evidence_integration(const EvidenceIntegration& task, RandomEngine& engine,
                               Batch<Scalar>& batch) {
  validate(task);
  clear_batch("evidence integration", shape_of(task), batch);
  for (Index trial = 0; trial < batch.layout().trials; ++trial)
    write_trial(task, draw_cues(engine), trial, batch);
}

template <typename Scalar>
Batch<Scalar> evidence_integration(const EvidenceIntegration& task, Index trials,
                                   RandomEngine& engine) {
  validate(task);
  auto batch = empty_batch<Scalar>("evidence integration", shape_of(task), trials);
  draw_evidence_integration(task, engine, batch);
  return batch;
}

#define INSTANTIATE(Scalar)                                                          \
  template void draw_evidence_integration(const EvidenceIntegration&, RandomEngine&, \
                                          Batch<Scalar>&);                           \
  template Batch<Scalar> evidence_integration(const EvidenceIntegration&, Index, RandomEngine&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
