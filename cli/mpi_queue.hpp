#pragma once
// The processes that `mpirun ef sweep` starts, as a queue of runs. MPI itself is in a module that
// is loaded for that alone (mpi/ranks.cpp): linked to `ef` it would cost every other command 10 ms,
// and a machine without it the program.

#include <memory>

#include "run_queue.hpp"

namespace error_forcing::cli {

/// Which of how many processes this is, by the variables of OpenMPI's mpirun.
struct Rank {
  int rank = 0, size = 1;
};
Rank rank_of_mpirun();

/// Joins the other ranks. The list is that of rank 0, which hands it out; that of others is not
/// read. Throws InvalidInput where this program was built without OpenMPI.
std::unique_ptr<RunQueue> join_ranks(const std::vector<std::size_t>& places);

/// What the module offers, and under which name.
using JoinRanks = RunQueue*(const std::vector<std::size_t>& places);
inline constexpr const char* join_ranks_symbol = "error_forcing_join_ranks";

}  // namespace error_forcing::cli
