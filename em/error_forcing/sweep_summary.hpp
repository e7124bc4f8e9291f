#pragma once
// What a series of runs came to: how many learned and how soon, how well they ended.
//
// Laws: a run that diverged counts: as a run, as one that never learned a threshold that it had not
// met before, and with an infinite test loss; epochs beyond the budget are censored, so a median of
// them is infinite rather than left out; the runs' order does not matter.

#include <error_forcing/median_interval.hpp>
#include <error_forcing/run_series.hpp>

namespace error_forcing {

/// The epoch in which a run met its k-th threshold; infinite if it never did.
double epoch_of(const RunResult& run, std::size_t k);

/// Of the free-running network on the test trials; infinite if the run diverged.
double test_loss_of(const RunResult& run);

/// Means over the last ten epochs of a run, or over all of fewer.
struct FinalLosses {
  double forced = 0;  ///< in training, under the rule's forcing
  double free = 0;    ///< in validation
};

/// None for a run without a whole epoch.
std::optional<FinalLosses> final_losses(const RunResult& run);

struct ThresholdSummary {
  double threshold = 0;
  Index learned = 0;           ///< of the runs
  Range fraction = {};         ///< interval of the probability to learn
  double median_epoch = 0;     ///< by which half have learned; infinite if fewer have
  MedianEstimate epochs = {};  ///< its interval and coverage
};

struct SeriesSummary {
  SweepCell cell;
  bool held_out = false;
  Index epochs = 0;  ///< the budget
  Index runs = 0, diverged = 0;
  std::vector<ThresholdSummary> thresholds = {};  ///< the task's own first
  MedianEstimate test_loss = {};
  Range test_loss_spread = {};  ///< smallest and largest
  /// Medians over the runs that did not diverge, if there are any.
  std::optional<FinalLosses> final = {};
};

/// Throws InvalidInput for a series without runs.
SeriesSummary summarise(const RunSeries& series, double confidence = 0.95);

}  // namespace error_forcing
