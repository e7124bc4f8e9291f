#pragma once
// The threads that carry out the runs of a sweep. Each takes the next run when it is done with one,
// and keeps the result before it reports it.

#include <atomic>
#include <exception>
#include <thread>

#include "run_queue.hpp"
#include "sweep_folder.hpp"

namespace error_forcing::cli {

class SweepWorkers {
 public:
  /// Starts them. What is referred to must outlive them.
  SweepWorkers(const SweepPlan& plan, const SweepFolder& folder, RunQueue& queue, int threads);

  /// Whether all have ended.
  bool idle() const { return working_ == 0; }
  /// Waits for their end and throws what one of them threw, the first.
  void join();
  /// No result is half-written from here on until the program ends, which must be soon.
  void hold_files() { keeping_.lock(); }

 private:
  void work();
  void carry_out_at(std::size_t place);
  void remember_failure();

  const SweepPlan& plan_;
  const SweepFolder& folder_;
  RunQueue& queue_;
  std::mutex keeping_;
  std::exception_ptr failure_;
  std::atomic<bool> failed_ = false;
  std::atomic<int> working_;
  std::vector<std::jthread> threads_;
};

}  // namespace error_forcing::cli
