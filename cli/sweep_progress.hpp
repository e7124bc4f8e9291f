#pragma once
// What `ef sweep` shows while it runs: one line that is rewritten on a terminal, a line a run in a
// pipe or a file.

#include <chrono>
#include <error_forcing/sweep_plan.hpp>

#include "run_queue.hpp"

namespace error_forcing::cli {

class SweepProgress {
 public:
  /// Of these runs of the plan, which are all still to do.
  SweepProgress(const SweepPlan& plan, const std::vector<std::size_t>& places);

  void show(const RunReport& report);
  /// Ends the rewritten line, if there is one.
  void finish();

  std::size_t done() const { return done_; }
  std::size_t diverged() const { return diverged_; }

 private:
  std::string time_left() const;

  const SweepPlan& plan_;
  std::size_t all_, done_ = 0, diverged_ = 0;
  double cost_left_ = 0, cost_done_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  bool terminal_;
};

}  // namespace error_forcing::cli
