// The queue of runs across the ranks of an MPI job; all of the program that knows MPI.
//
// Rank 0 hands out: its own workers take from its list, those of others ask by a message. Only the
// main thread of rank 0 talks to MPI there, and one thread at a time elsewhere.

#define OMPI_SKIP_MPICXX 1
#include <mpi.h>

#include "../mpi_queue.hpp"

namespace error_forcing::cli {

namespace {

enum Tag { tag_next, tag_place, tag_report, tag_close, tag_goodbye };
constexpr std::int64_t no_run = -1;

void send(const void* data, std::size_t bytes, int rank, Tag tag) {
  MPI_Send(data, static_cast<int>(bytes), MPI_BYTE, rank, tag, MPI_COMM_WORLD);
}

class Leader : public RunList {
 public:
  Leader(const std::vector<std::size_t>& places, int others) : RunList(places), others_(others) {}

  std::vector<RunReport> serve() override {
    int waiting = 1;
    while (waiting != 0) {
      MPI_Status status;
      MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &waiting, &status);
      if (waiting != 0) answer(status.MPI_SOURCE, static_cast<Tag>(status.MPI_TAG));
    }
    return RunList::serve();
  }
  bool alone() const override { return others_ == 0; }
  void leave() override { MPI_Finalize(); }

 private:
  void answer(int rank, Tag tag) {
    RunReport report;
    MPI_Recv(&report, sizeof report, MPI_BYTE, rank, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    if (tag == tag_report) done(report);
    if (tag == tag_close) close();
    if (tag == tag_goodbye) --others_;
    if (tag != tag_next) return;
    const auto place = next();
    const std::int64_t number = place ? static_cast<std::int64_t>(*place) : no_run;
    send(&number, sizeof number, rank, tag_place);
  }

  int others_;
};

class Follower : public RunQueue {
 public:
  std::optional<std::size_t> next() override {
    const std::lock_guard lock(mutex_);
    std::int64_t place = no_run;
    send(nullptr, 0, 0, tag_next);
    MPI_Recv(&place, sizeof place, MPI_BYTE, 0, tag_place, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    if (place == no_run) return {};
    return static_cast<std::size_t>(place);
  }
  void done(const RunReport& report) override {
    const std::lock_guard lock(mutex_);
    send(&report, sizeof report, 0, tag_report);
  }
  void close() override {
    const std::lock_guard lock(mutex_);
    send(nullptr, 0, 0, tag_close);
  }
  bool leads() const override { return false; }
  std::vector<RunReport> serve() override { return {}; }
  bool alone() const override { return true; }
  void leave() override {
    send(nullptr, 0, 0, tag_goodbye);
    MPI_Finalize();
  }

 private:
  std::mutex mutex_;
};

}  // namespace

extern "C" RunQueue* error_forcing_join_ranks(const std::vector<std::size_t>& places) {
  int provided = 0, rank = 0, size = 1;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (rank == 0) return new Leader(places, size - 1);
  return new Follower;
}

}  // namespace error_forcing::cli
