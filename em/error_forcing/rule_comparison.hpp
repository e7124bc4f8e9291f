#pragma once
// Two rules of a sweep, seed by seed: does one learn more often, sooner, to a lower test loss?
//
// Laws: exchanging the rules changes the signs and leaves every p; only seeds that both have count;
// where one run learned within the budget and its partner did not it was sooner, by at least what
// was left; where neither learned, or both diverged, the pair says nothing; p is exact and needs no
// assumption about the losses (sign_test.hpp).

#include <error_forcing/paired_difference.hpp>
#include <error_forcing/run_series.hpp>

namespace error_forcing {

enum class Measure { learned, epochs, test_loss };

/// One measure, the first rule's minus the second's.
struct MeasuredDifference {
  Measure measure = Measure::learned;
  std::optional<double> threshold = {};       ///< of learned and epochs
  Index first_better = 0, second_better = 0;  ///< pairs; the others tie or say nothing
  Range difference = {};                      ///< of fractions, or the median difference
  Range interval = {};
  double coverage = 0;  ///< of the interval
  double p = 1;
  double p_holm = 1;  ///< among the family, see compare_rules()
};

struct RuleComparison {
  SweepCell first, second;
  bool first_held_out = false, second_held_out = false;  ///< gain chosen seed by seed
  Index pairs = 0;                                       ///< seeds that both have
  std::vector<MeasuredDifference> measures = {};

  bool held_out() const { return first_held_out || second_held_out; }
};

/// Every two rules of one place whose gains are equal, or of which one has none: the later in the
/// order of rules against the earlier, so that what is new is compared with what it builds on.
/// Holm's family is what a claim about two rules on a task is chosen from: one measure, at one
/// threshold, over all difficulties, gains and rates. Two series without a common seed are left
/// out.
std::vector<RuleComparison> compare_rules(const std::vector<RunSeries>& series,
                                          double confidence = 0.95);

}  // namespace error_forcing
