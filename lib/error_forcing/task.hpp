#pragma once
// A task: where trials come from, by value.
//
//   name         task                 I  P  page
//   xor          DelayedXor           3  1  docs/delayed_xor.md
//   sine         SineGeneration       1  2  docs/sine_generation.md
//   evidence     EvidenceIntegration  2  1  docs/evidence_integration.md
//   flip-flop    FlipFlop             n  n  docs/flip_flop.md
//   context      ContextIntegration   4  1  docs/context_integration.md
//   match        DelayedMatch         K  1  docs/delayed_match_to_sample.md
//   limit-cycle  LimitCycle           2  2  docs/limit_cycle.md
//   lorenz       LorenzPrediction     3  3  docs/lorenz_prediction.md
//
// The first three are those of the Error Forcing paper.
//
// Laws: a task draws the trials that its own stem draws, bit for bit, and what that refuses is
// refused here in the same words. Every task draws its trials one after the other, so that drawing
// m and then n trials is drawing m + n, and draws the same in every precision.

#include <error_forcing/context_integration.hpp>
#include <error_forcing/delayed_match_to_sample.hpp>
#include <error_forcing/delayed_xor.hpp>
#include <error_forcing/evidence_integration.hpp>
#include <error_forcing/flip_flop.hpp>
#include <error_forcing/limit_cycle.hpp>
#include <error_forcing/lorenz_prediction.hpp>
#include <error_forcing/sine_generation.hpp>
#include <string>
#include <variant>
#include <vector>

namespace error_forcing {

using Task = std::variant<DelayedXor, SineGeneration, EvidenceIntegration, FlipFlop,
                          ContextIntegration, DelayedMatch, LimitCycle, LorenzPrediction>;

/// "xor", "sine", ..: in the order of the variant.
const std::vector<std::string>& task_names();

const std::string& name_of(const Task& task);

/// The task of a name, as it is by default. Throws InvalidInput, with the names, for another one.
Task task_named(const std::string& name);

/// Throws InvalidInput for a task whose options are outside their range.
void validate(const Task& task);

/// I, the inputs of a trial.
Index task_inputs(const Task& task);

/// P, the outputs of a trial.
Index task_outputs(const Task& task);

/// T, the steps of a trial.
Index trial_steps(const Task& task);

/// All zeros, of the task's steps, inputs and outputs. No trials are a batch too: an empty one.
template <typename Scalar>
Batch<Scalar> zero_trials(const Task& task, Index trials);

/// Draws every trial of the batch anew. Throws InvalidInput unless the batch fits the task.
template <typename Scalar>
void draw_trials(const Task& task, RandomEngine& engine, Batch<Scalar>& batch);

}  // namespace error_forcing
