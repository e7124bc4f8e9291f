#pragma once
// How `rows` rows are cut into the fewest blocks of at most `largest`, as equal as can be: 50 rows
// in blocks of at most 14 are 13 + 13 + 12 + 12, so that no block works on padding.

#include <cstddef>

namespace error_forcing::kernels {

class RowBlocks {
 public:
  // Divides once: a division in a loop over blocks would cost a tenth of a block's work.
  constexpr RowBlocks(std::size_t rows, std::size_t largest)
      : count_((rows + largest - 1) / largest), size_(rows / count_), larger_(rows % count_) {}

  constexpr std::size_t count() const { return count_; }
  constexpr std::size_t size(std::size_t block) const { return size_ + (block < larger_ ? 1 : 0); }
  /// The first row of a block; that of block count() is `rows`.
  constexpr std::size_t first(std::size_t block) const {
    return block * size_ + (block < larger_ ? block : larger_);
  }

 private:
  std::size_t count_, size_, larger_;
};

}  // namespace error_forcing::kernels
