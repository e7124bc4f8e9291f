#pragma once
// Carries out one run of a sweep: trains, watches every criterion, and tests what was learned.
//
//   training    train() of the run's options, in float or double
//   criteria    of the training: for each threshold the epoch in which it was met
//   test loss   (M8) of the network running free on test_trials fresh trials of stream 2^64 - 1,
//               which no epoch reaches
//
// Laws: the result depends on the run alone: not on the time, the machine's load, or what else the
// process does; so do its bytes. At equal seed every rule is tested on the same trials. A run takes
// no threads of its own. A divergence is a result and is never retried.

#include <error_forcing/sweep_plan.hpp>
#include <functional>

namespace error_forcing {

/// The first epoch in which each criterion of the training is met, in their order.
std::vector<LearnedAt> epochs_learned(const Training& training,
                                      const std::vector<EpochRecord>& history);

/// The result, without `version` and `plan`; nothing if `go_on`, which is asked after every epoch,
/// said no before the end. Throws InvalidInput for options out of range, std::bad_alloc where
/// memory does not suffice.
std::optional<RunResult> carry_out(const SweepRun& run, const std::function<bool()>& go_on);

}  // namespace error_forcing
