#pragma once
// Replaces malloc in the program that includes this, once, by one that counts its calls. glibc
// only, and not beside a sanitizer, which replaces malloc itself.

#include <cstdlib>

#if defined(__GLIBC__) && !defined(ERROR_FORCING_SANITIZED)
#define ERROR_FORCING_COUNTS_ALLOCATIONS 1
#include <cerrno>

namespace error_forcing::test {
inline long allocations = 0;
}

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) {
  ++error_forcing::test::allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++error_forcing::test::allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* block, std::size_t size) {
  ++error_forcing::test::allocations;
  return __libc_realloc(block, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  ++error_forcing::test::allocations;
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }
int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  *block = memalign(alignment, size);
  return *block ? 0 : ENOMEM;
}
}

#else
#define ERROR_FORCING_COUNTS_ALLOCATIONS 0
namespace error_forcing::test {
inline const long allocations = 0;
}
#endif
