// Sums of outer products over trials and a chunk of steps: the gradient of a weight matrix.
//
//   sums[i][j] += sum over steps and lanes of left[step][i][lane] right[step][j][lane]
//
// A block of 4 x 6 sums stays in registers over the chunk: 10 loads against 24 multiply-adds, and
// 24 + 6 + 1 = 31 of 32 registers; of 16 registers 4 x 3 sums need all. The chunk's 6 rows of
// `right` stay in the L1 cache while those of `left`, fewer a block, come from L2. At the end of a
// chunk the lanes of the sums are added, 16 bytes of sums at a time, by a tree of shuffles; sums
// are kept block by block until unpack_sums().

#include <array>

#include "kernels/lane_sums-inl.hpp"
#include "kernels/product-inl.hpp"

#if defined(ERROR_FORCING_OUTER_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ERROR_FORCING_OUTER_INL
#undef ERROR_FORCING_OUTER_INL
#else
#define ERROR_FORCING_OUTER_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace error_forcing::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

inline constexpr std::size_t outer_rows = 4;
inline constexpr std::size_t outer_cols = registers == 32 ? 6 : 3;
/// Blocks of rows whose `left`, of a chunk, stays in the L2 cache: 24 steps of 128 rows are 400 KB.
inline constexpr std::size_t outer_group = 32;

/// Room for the sums of the largest block.
template <typename T>
inline constexpr std::size_t block_sums = rounded_up(outer_rows* outer_cols, per_16_bytes<T>);

/// `soon`, behind `right`, is asked for a cache line a step.
template <std::size_t rows, std::size_t cols, std::size_t vectors, typename T>
void outer_block(const T* HWY_RESTRICT left, std::size_t left_stride, const T* HWY_RESTRICT right,
                 std::size_t right_stride, std::size_t soon, std::size_t steps,
                 T* HWY_RESTRICT sums) {
  const hn::ScalableTag<T> d;
  using Vector = hn::Vec<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  constexpr std::size_t group = per_16_bytes<T>, padded = rounded_up(rows * cols, group);
  Vector sum[padded];
  // Waiting for the sums at the end would hold up the next block.
  for (std::size_t k = 0; k < padded; k += cache_line / sizeof(T)) hwy::Prefetch(sums + k);
  unroll<padded>([&](auto k) ERROR_FORCING_INLINE { sum[k] = hn::Zero(d); });
  for (std::size_t step = 0; step < steps; ++step, left += left_stride, right += right_stride) {
    hwy::Prefetch(right + soon);
    unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
      Vector b[cols];
      unroll<cols>([&](auto j) ERROR_FORCING_INLINE {
        b[j] = hn::Load(d, right + (j * vectors + v) * lanes);
      });
      HWY_FENCE;  // or, with three rows, each use of a b would be a load of its own
      unroll<rows>([&](auto i) ERROR_FORCING_INLINE {
        const Vector a = hn::Load(d, left + (i * vectors + v) * lanes);
        unroll<cols>([&](auto j) ERROR_FORCING_INLINE {
          sum[i * cols + j] = hn::MulAdd(a, b[j], sum[i * cols + j]);
        });
      });
    });
  }
  const hn::FixedTag<T, group> d_sums;
  unroll<padded / group>([&](auto g) ERROR_FORCING_INLINE {
    T* to = sums + g * group;
    hn::Store(hn::Add(hn::Load(d_sums, to), sums_of_lanes(d, sum + g * group)), d_sums, to);
  });
}

/// Room for the sums of a rows x cols matrix, block by block.
template <typename T>
std::size_t sums_size(std::size_t rows, std::size_t cols) {
  const RowBlocks r(rows, outer_rows), c(cols, outer_cols);
  return r.count() * c.count() * block_sums<T>;
}

template <std::size_t vectors, typename T>
void add_outer_products(std::size_t rows, std::size_t cols, const T* left, std::size_t left_stride,
                        const T* right, std::size_t right_stride, std::size_t steps, T* sums) {
  using Block =
      void (*)(const T*, std::size_t, const T*, std::size_t, std::size_t, std::size_t, T*);
  static constexpr auto block_of_size = []<std::size_t... k>(std::index_sequence<k...>) {
    return std::array<Block, sizeof...(k)>{
        &outer_block<k / outer_cols + 1, k % outer_cols + 1, vectors, T>...};
  }
  (std::make_index_sequence<outer_rows * outer_cols>{});
  const std::size_t lanes = vectors * hn::Lanes(hn::ScalableTag<T>());
  const RowBlocks r(rows, outer_rows), c(cols, outer_cols);
  const auto add_block = [&](std::size_t i, std::size_t j, std::size_t soon) {
    const std::size_t size = (r.size(i) - 1) * outer_cols + c.size(j) - 1;
    block_of_size[size](left + r.first(i) * lanes, left_stride, right + c.first(j) * lanes,
                        right_stride, soon, steps, sums + (j * r.count() + i) * block_sums<T>);
  };
  const RowBlocks groups(r.count(), outer_group);
  for (std::size_t g = 0; g < groups.count(); ++g)
    for (std::size_t j = 0; j < c.count(); ++j)
      for (std::size_t k = 0; k < groups.size(g); ++k) {
        // Down and up by turns: the rows that were last are still in the L1 cache.
        const std::size_t i = groups.first(g) + (j % 2 == 0 ? k : groups.size(g) - 1 - k);
        // Meanwhile each block asks for one cache line of the columns that are next.
        const std::size_t line = k * cache_line / sizeof(T);
        add_block(i, j, line < c.size(j) * lanes ? c.size(j) * lanes + line : 0);
      }
}

/// matrix (row-major, rows x cols) = the sums.
template <typename T>
void unpack_sums(std::size_t rows, std::size_t cols, const T* HWY_RESTRICT sums,
                 T* HWY_RESTRICT matrix) {
  const RowBlocks r(rows, outer_rows), c(cols, outer_cols);
  for (std::size_t j = 0; j < c.count(); ++j)
    for (std::size_t i = 0; i < r.count(); ++i, sums += block_sums<T>)
      for (std::size_t k = 0; k < r.size(i); ++k) {
        const T* sum = sums + k * c.size(j);
        T* to = matrix + (r.first(i) + k) * cols + c.first(j);
        unroll<outer_cols>([&](auto col) ERROR_FORCING_INLINE {
          if (col < c.size(j)) to[col] = sum[col];
        });
      }
}

}  // namespace HWY_NAMESPACE
}  // namespace error_forcing::kernels
HWY_AFTER_NAMESPACE();
#endif
