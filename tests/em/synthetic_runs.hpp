#pragma once
// Results of runs that never ran, with outcomes that a test chooses.

#include <fmt/format.h>

#include <error_forcing/run_result.hpp>

namespace error_forcing::test {

inline constexpr Index never = 0;

/// A run of 50 epochs, two thresholds and constant losses; `epochs` are those that met 0.1 and
/// 0.01.
inline RunResult synthetic_run(const SweepCell& cell, std::uint64_t seed,
                               std::pair<Index, Index> epochs, double test_loss) {
  const auto met = [](Index epoch) { return epoch == never ? std::optional<Index>() : epoch; };
  return {.version = "0.1.0",
          .plan = "9f3a",
          .id = fmt::format("{}-{}-{}-c{}-rate{}-seed{}", cell.task, cell.difficulty, cell.rule,
                            cell.gain.value_or(-1), cell.rate, seed),
          .cell = cell,
          .seed = seed,
          .epochs = 50,
          .learned = {{0.1, met(epochs.first)}, {0.01, met(epochs.second)}},
          .test_loss = test_loss,
          .test_trials = 512,
          .loss = std::vector<double>(50, test_loss / 2),
          .validation_loss = std::vector<double>(50, test_loss)};
}

/// One that left the finite numbers after `epochs` of them.
inline RunResult diverged_run(const SweepCell& cell, std::uint64_t seed, Index epochs) {
  RunResult run = synthetic_run(cell, seed, {never, never}, 1);
  run.outcome = Outcome::diverged;
  run.failure = {epochs + 1, 4 * epochs + 2, 17, "a state is not finite"};
  run.test_loss = {};
  run.loss.resize(static_cast<std::size_t>(epochs));
  run.validation_loss.resize(static_cast<std::size_t>(epochs));
  return run;
}

}  // namespace error_forcing::test
