#pragma once
// Memory for vectors: aligned to cache lines, and from 64 KiB on in huge pages, 2 MiB each. Small
// pages lie anywhere in memory: some sets of the L2 cache then hold too much and others nothing,
// and a history read backwards in time misses the translation buffer at every step.

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

namespace error_forcing::kernels {

/// The least multiple of `unit` that is not less than `size`.
constexpr std::size_t rounded_up(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}

inline constexpr std::size_t cache_line = 64, huge_page = std::size_t{1} << 21,
                             least_in_huge_pages = std::size_t{1} << 16;

template <typename T>
class AlignedArray {
 public:
  AlignedArray() = default;

  /// `size` entries, all zero.
  explicit AlignedArray(std::size_t size) : size_(size) {
    const std::size_t page = size * sizeof(T) >= least_in_huge_pages ? huge_page : cache_line;
    const std::size_t bytes = rounded_up(size * sizeof(T), page);
    if (bytes == 0) return;
    values_.reset(static_cast<T*>(std::aligned_alloc(page, bytes)));
    if (!values_) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
    // Advice: where it is not taken, the pages are small and the result the same.
    if (page == huge_page) madvise(values_.get(), bytes, MADV_HUGEPAGE);
#endif
    std::fill_n(values_.get(), size, T(0));
  }

  T* data() const { return values_.get(); }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t k) const { return values_.get()[k]; }

 private:
  struct Free {
    void operator()(T* values) const { std::free(values); }
  };
  std::unique_ptr<T[], Free> values_;
  std::size_t size_ = 0;
};

}  // namespace error_forcing::kernels
