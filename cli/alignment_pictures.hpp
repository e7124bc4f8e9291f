#pragma once
// The figures of `ef study alignment`: means over seeds.

#include "alignment_tables.hpp"

namespace error_forcing::cli {

/// Against bptt along training: a column a block, cosine, sign agreement and norm ratio below each
/// other, a curve a rule.
std::string draw_along_training(const std::vector<AlignmentRow>& rows);

/// The cosine of every pair of rules in W, at the first and at the last snapshot.
std::string draw_pairs(const std::vector<AlignmentRow>& rows);

/// The mean over the seeds that have it, NaN left out; NaN if there are none.
double mean_over_seeds(const std::vector<AlignmentRow>& rows, Index epoch, const std::string& rule,
                       const std::string& reference, const std::string& weights,
                       double Alignment::*measure);

/// In the order in which they come.
std::vector<Index> epochs_in(const std::vector<AlignmentRow>& rows);
std::vector<std::string> rules_in(const std::vector<AlignmentRow>& rows);

}  // namespace error_forcing::cli
