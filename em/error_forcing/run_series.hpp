#pragma once
// The runs of a sweep in series: one rule at one place of the grid, seed by seed, so that two
// series can be compared pair by pair.
//
// Laws: every run is in exactly one cell's series, whatever the order in which they come; a seed's
// run in a series of held-out gains is one of the grid, and which one it is does not depend on any
// run of that seed; with one gain there is nothing to choose.

#include <error_forcing/run_result.hpp>
#include <vector>

namespace error_forcing {

struct RunSeries {
  SweepCell cell;                    ///< with no gain if that was chosen seed by seed
  bool held_out = false;             ///< each seed's gain was chosen by the other seeds
  std::vector<RunResult> runs = {};  ///< by ascending seed
};

/// Do they lie in one place of the grid, apart from rule and gain?
bool same_place(const SweepCell& a, const SweepCell& b);

/// One series a cell. By task in the order of task_names(), difficulty, rule in the order of
/// rule_names(), gain and rate. Throws InvalidInput if a seed appears twice in a cell, or if runs
/// of one place had other budgets or thresholds.
std::vector<RunSeries> series_by_cell(const std::vector<RunResult>& runs);

/// One series a rule and place: the cell of a rule with at most one gain; for the others, at each
/// seed, the run at the gain that was best on the other seeds: that learned most often (the task's
/// own criterion), then the lowest median test loss, then the smallest gain. The best gain on the
/// same seeds would be biased: the largest of ten noisy fractions is too large. A seed without a
/// run at its gain is left out, and so is a rule whose gains have been run at no second seed.
std::vector<RunSeries> series_of_held_out_gains(const std::vector<RunSeries>& cells);

}  // namespace error_forcing
