#include "environment.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>

namespace error_forcing::benchmarks {

namespace {

bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

}  // namespace

void run_at_full_speed(char** argv) {
  constexpr auto mark = "ERROR_FORCING_PEERS_AT_FULL_SPEED";
  if (std::getenv(mark)) return;
  setenv(mark, "1", 1);
  // OpenBLAS chooses its kernels when it is loaded, hence a new process. A machine may set these
  // to get the same bits everywhere, at the price of older instructions and wrong block sizes.
  unsetenv("OPENBLAS_CORETYPE");
  unsetenv("OPENBLAS_L2_SIZE");
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  setenv("OMP_NUM_THREADS", "1", 1);
  // libtorch evaluates tanh eight at a time unless told; sixteen takes half the time.
  unsetenv("ATEN_CPU_CAPABILITY");
  if (has_avx512()) setenv("ATEN_CPU_CAPABILITY", "avx512", 1);
  // What records operations asks for tens of MB a call; given back and fetched anew, every page of
  // it would cost a fault each time.
  setenv("MALLOC_MMAP_THRESHOLD_", "1073741824", 1);
  setenv("MALLOC_TRIM_THRESHOLD_", "4294967296", 1);
  execv("/proc/self/exe", argv);
}

std::string blas_in_use() {
  void* product = dlsym(RTLD_DEFAULT, "sgemm_");
  Dl_info place{};
  if (!product || !dladdr(product, &place)) return "none";
  const auto name = reinterpret_cast<char* (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  if (name) return std::string("OpenBLAS, kernels ") + name();
  return std::string("not OpenBLAS, which is slow: ") + place.dli_fname;
}

}  // namespace error_forcing::benchmarks
