#pragma once
// Who gives a worker its next run: a list in this process, or rank 0 of several.
//
// Whoever asks gets the next run of the order that nobody has had yet, so that no worker waits
// while there is something to do (order_of_runs(): the last to end is a short one). Threads call
// next(), done() and close(); the thread that started them calls the others.

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace error_forcing::cli {

/// How a run went, for the one who shows progress. Plain bytes, to be sent between processes.
struct RunReport {
  std::uint64_t place = 0;   ///< of the run in the plan
  std::int64_t outcome = 0;  ///< error_forcing::Outcome
  std::int64_t learned = 0;  ///< the epoch that met the task's own criterion; 0: none
  double test_loss = 0;      ///< unless diverged
  double seconds = 0;
};

class RunQueue {
 public:
  virtual ~RunQueue() = default;

  /// The place of a run in the plan; nothing if none is left.
  virtual std::optional<std::size_t> next() = 0;
  virtual void done(const RunReport& report) = 0;
  /// From here on nothing is left, for anyone: something failed.
  virtual void close() = 0;

  /// Whether this process hands out the runs and shows progress.
  virtual bool leads() const = 0;
  /// To be called again and again: answers other processes; what was done since the last call.
  virtual std::vector<RunReport> serve() = 0;
  /// Whether every other process has left.
  virtual bool alone() const = 0;
  /// The workers of this process are done.
  virtual void leave() = 0;
};

/// The list of one process.
class RunList : public RunQueue {
 public:
  explicit RunList(std::vector<std::size_t> places) : places_(std::move(places)) {}

  std::optional<std::size_t> next() override {
    const std::lock_guard lock(mutex_);
    if (given_ == places_.size()) return {};
    return places_[given_++];
  }
  void done(const RunReport& report) override {
    const std::lock_guard lock(mutex_);
    reports_.push_back(report);
  }
  void close() override {
    const std::lock_guard lock(mutex_);
    given_ = places_.size();
  }
  bool leads() const override { return true; }
  std::vector<RunReport> serve() override {
    const std::lock_guard lock(mutex_);
    return std::exchange(reports_, {});
  }
  bool alone() const override { return true; }
  void leave() override {}

 private:
  std::vector<std::size_t> places_;
  std::size_t given_ = 0;
  std::vector<RunReport> reports_;
  std::mutex mutex_;
};

}  // namespace error_forcing::cli
