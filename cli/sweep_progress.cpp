#include "sweep_progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "progress.hpp"

namespace error_forcing::cli {

namespace {

std::string end_of(const RunReport& report) {
  if (report.outcome == static_cast<std::int64_t>(Outcome::diverged)) return "diverged";
  const std::string learned =
      report.learned > 0 ? fmt::format("learned in {}", report.learned) : "not learned";
  return fmt::format("{}  test {:.4f}", learned, report.test_loss);
}

}  // namespace

SweepProgress::SweepProgress(const SweepPlan& plan, const std::vector<std::size_t>& places)
    : plan_(plan), all_(places.size()), terminal_(::isatty(STDOUT_FILENO) == 1) {
  for (const std::size_t place : places) cost_left_ += cost(plan.runs[place]);
}

// At the pace so far, of all workers together.
std::string SweepProgress::time_left() const {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  return duration(elapsed.count() * cost_left_ / cost_done_);
}

void SweepProgress::show(const RunReport& report) {
  const SweepRun& run = plan_.runs[report.place];
  ++done_;
  diverged_ += report.outcome == static_cast<std::int64_t>(Outcome::diverged);
  cost_left_ -= cost(run);
  cost_done_ += cost(run);
  const std::string count =
      fmt::format("{:>{}}/{} runs", done_, fmt::formatted_size("{}", all_), all_);
  if (terminal_)
    fmt::print("\r{}  {} diverged  {} left\x1b[K", count, diverged_, time_left());
  else
    fmt::print("{}  {}  {}  {}  {} left\n", count, run.id, end_of(report), duration(report.seconds),
               time_left());
  std::fflush(stdout);
}

void SweepProgress::finish() {
  if (terminal_ && done_ > 0) fmt::print("\n");
}

}  // namespace error_forcing::cli
