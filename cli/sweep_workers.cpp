#include "sweep_workers.hpp"

#include <chrono>
#include <error_forcing/errors.hpp>
#include <error_forcing/sweep_run.hpp>
#include <new>

namespace error_forcing::cli {

namespace {

RunReport report_of(std::size_t place, const RunResult& result, double seconds) {
  RunReport report{.place = place, .outcome = static_cast<std::int64_t>(result.outcome)};
  report.learned = result.learned.front().epoch.value_or(0);
  report.test_loss = result.test_loss.value_or(0);
  report.seconds = seconds;
  return report;
}

std::optional<RunResult> carry_out_or_explain(const SweepRun& run,
                                              const std::function<bool()>& go_on) {
  try {
    return carry_out(run, go_on);
  } catch (const std::bad_alloc&) {
    throw InvalidInput(fmt::format("{}: not enough memory; lower --threads", run.id));
  }
}

}  // namespace

SweepWorkers::SweepWorkers(const SweepPlan& plan, const SweepFolder& folder, RunQueue& queue,
                           int threads)
    : plan_(plan), folder_(folder), queue_(queue), working_(threads) {
  for (int k = 0; k < threads; ++k) threads_.emplace_back([this] { work(); });
}

// Runs under way elsewhere in this process end with their epoch: their results could not be kept
// either.
void SweepWorkers::remember_failure() {
  const std::lock_guard lock(keeping_);
  if (!failed_) failure_ = std::current_exception();
  failed_ = true;
}

void SweepWorkers::work() {
  try {
    while (const auto place = queue_.next()) carry_out_at(*place);
  } catch (...) {
    remember_failure();
    queue_.close();
  }
  --working_;
}

void SweepWorkers::carry_out_at(std::size_t place) {
  const SweepRun& run = plan_.runs[place];
  if (has_result(folder_, run)) return;  // another process was there first
  const auto start = std::chrono::steady_clock::now();
  const auto result = carry_out_or_explain(run, [this] { return !failed_; });
  if (!result) return;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  {
    const std::lock_guard lock(keeping_);
    save_result(folder_, *result, elapsed.count());
  }
  queue_.done(report_of(place, *result, elapsed.count()));
}

void SweepWorkers::join() {
  threads_.clear();
  if (failure_) std::rethrow_exception(failure_);
}

}  // namespace error_forcing::cli
