#pragma once
// The runs of `ef study gains`: error forcing at fixed gains and self-tuned, in pairs. At equal
// seed all start from one network and see the same trials.

#include <error_forcing/training.hpp>
#include <functional>
#include <string>

namespace error_forcing::cli {

struct GainsPlan {
  Training training;  ///< what all runs share; its rule, tuning and seed are set by each
  Index seeds = 1;    ///< 1, 2, .., seeds
  double noise_step = 0.1;
};

/// One run. The gain is fixed, or it is the one that the noise implies at first.
struct GainRun {
  bool tuned = false;
  double gain = 0;
  std::uint64_t seed = 1;
  std::vector<EpochRecord> history = {};
  std::optional<Index> learned = {};  ///< the epoch in which the criterion was met
  bool diverged = false;

  std::string rule() const { return tuned ? "ef-tuned" : "ef"; }
  double gain_after(const EpochRecord& epoch) const { return tuned ? epoch.noise->gain : gain; }
};

/// Throws InvalidInput for anything out of range.
void validate(const GainsPlan& plan);

/// Every rule with every seed, the seeds of a rule in a row; each is shown when it is done.
std::vector<GainRun> run_gains(const GainsPlan& plan,
                               const std::function<void(const GainRun&, Index of)>& show);

}  // namespace error_forcing::cli
