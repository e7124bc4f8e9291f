#pragma once
// What every task asks of the batch that it draws into.

#include <error_forcing/batch.hpp>
#include <error_forcing/errors.hpp>
#include <string_view>

namespace error_forcing {

inline constexpr Index longest_trial = 100'000;

struct TrialShape {
  Index steps = 0, inputs = 0, outputs = 0;
};

/// Throws InvalidInput unless the batch has at least one trial and this shape.
template <typename Scalar>
void require_fit(std::string_view task, const TrialShape& want, const Batch<Scalar>& batch) {
  const Layout& layout = batch.layout();
  require(layout.trials > 0 && layout.steps == want.steps && batch.inputs.rows() == want.inputs &&
              batch.targets.rows() == want.outputs && batch.inputs.layout() == layout &&
              batch.mask.layout() == layout && batch.mask.rows() == want.outputs,
          "{}: want a batch of at least 1 trial; steps, inputs and outputs {}, {} and {}; got {} "
          "trials; {}, {} and {}",
          task, want.steps, want.inputs, want.outputs, layout.trials, layout.steps,
          batch.inputs.rows(), batch.targets.rows());
}

/// As require_fit(), and sets everything to zero.
template <typename Scalar>
void clear_batch(std::string_view task, const TrialShape& want, Batch<Scalar>& batch) {
  require_fit(task, want, batch);
  for (auto* history : {&batch.inputs, &batch.targets, &batch.mask}) history->fill(Scalar(0));
}

/// A batch of zeros. Throws InvalidInput for no trials.
template <typename Scalar>
Batch<Scalar> empty_batch(std::string_view task, const TrialShape& want, Index trials) {
  require(trials > 0, "{}: want at least 1 trial, got {}", task, trials);
  return zero_batch<Scalar>(tiled(trials, want.steps), want.inputs, want.outputs);
}

/// Throws InvalidInput for a number of steps outside least .. longest_trial.
inline void require_steps(std::string_view task, std::string_view what, Index least, Index got) {
  require(got >= least && got <= longest_trial, "{}: {}: want {} to {} steps, got {}", task, what,
          least, longest_trial, got);
}

}  // namespace error_forcing
