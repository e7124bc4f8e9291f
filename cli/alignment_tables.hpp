#pragma once
// The numbers of `ef study alignment`: the gradients of all rules on one batch, in pairs, for the
// networks that a training run passes through.

#include <error_forcing/alignment.hpp>
#include <error_forcing/training.hpp>

namespace error_forcing::cli {

struct AlignmentPlan {
  Training training;  ///< the run that is followed; its seed is set by each
  Index seeds = 1;    ///< 1, 2, .., seeds
  Index trials = 8;   ///< of the batch on which gradients are compared
  double gain = 0.5;  ///< c of the rules that force, but of tf and "ef 1"
};

/// A rule as the study compares it.
struct ComparedRule {
  std::string name;
  RuleOptions options;
};

/// bptt first, to which the others are held. Forcing along a random matrix is by the gain at which
/// it moves the state as far as C+ does.
std::vector<ComparedRule> compared_rules(double gain, const Matrix<double>& C);

/// A network of the run, after so many epochs.
struct Snapshot {
  std::uint64_t seed;
  Index epoch;
  double validation_loss;  ///< NaN before the first
  Network<double> network;
};

/// 0, 1, 2, 5, 10, 20, 50, .. and the last.
std::vector<Index> snapshot_epochs(Index epochs);

/// Trains once with `seed`; fewer snapshots than asked for if the run diverges.
std::vector<Snapshot> snapshots_of(const AlignmentPlan& plan, std::uint64_t seed);

/// One pair of rules at one snapshot, over one group of weights.
struct AlignmentRow {
  std::uint64_t seed;
  Index epoch;
  std::string rule, reference, weights;
  Alignment alignment;
};

/// Every pair, over each block, over all weights and over the dynamics; the same trials for all. A
/// rule that leaves the finite numbers has rows of NaN.
void compare_rules(const AlignmentPlan& plan, const Snapshot& snapshot,
                   std::vector<AlignmentRow>& rows);

std::string to_csv(const std::vector<AlignmentRow>& rows);
std::string to_csv(const std::vector<Snapshot>& snapshots);

}  // namespace error_forcing::cli
