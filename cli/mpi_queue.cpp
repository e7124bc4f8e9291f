#include "mpi_queue.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <error_forcing/errors.hpp>
#include <filesystem>

namespace error_forcing::cli {

namespace {

int variable(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value ? std::atoi(value) : otherwise;
}

// Beside the program where it is built, in the library's folder where it is installed.
void* load_module() {
  const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  for (const char* place : {".", ERROR_FORCING_MODULES}) {
    const auto file = folder / place / "libef_mpi.so";
    std::error_code unreadable;
    if (!std::filesystem::exists(file, unreadable)) continue;
    void* module = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    require(module != nullptr, "mpirun: {}; install openmpi-bin, or use --shard i/n", ::dlerror());
    return module;
  }
  throw InvalidInput(
      "mpirun: this ef was built without OpenMPI; install libopenmpi-dev and build again, or use "
      "--shard i/n");
}

}  // namespace

Rank rank_of_mpirun() {
  return {variable("OMPI_COMM_WORLD_RANK", 0), variable("OMPI_COMM_WORLD_SIZE", 1)};
}

std::unique_ptr<RunQueue> join_ranks(const std::vector<std::size_t>& places) {
  void* symbol = ::dlsym(load_module(), join_ranks_symbol);
  require(symbol != nullptr, "mpirun: libef_mpi.so is of another version; install ef again");
  return std::unique_ptr<RunQueue>(reinterpret_cast<JoinRanks*>(symbol)(places));
}

}  // namespace error_forcing::cli
