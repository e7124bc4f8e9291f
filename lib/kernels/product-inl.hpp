// The product of a block of rows of a matrix with a panel of trials, kept in registers.
//
//   out[r][lane] = keep in[r][lane] + bias[r] + sum_k weights[k][r] panel[k][lane]
//
// A panel has `vectors` vectors of lanes a row. A step over k loads `vectors` vectors, broadcasts
// `rows` weights and does rows x vectors multiply-adds: with 14 x 2 accumulators 16 loads against
// 28 multiply-adds, so that two of each a cycle leave the multiply-adds as the limit. Accumulators,
// the panel's vectors and one broadcast fill the registers: 14 x 2 + 2 + 1 = 31 of 32. Where a row
// is one vector, a weight serves one multiply-add, and loads would be the limit: every third group
// of weights is loaded at once, 16 bytes, and spread by shuffles, which run beside both.

#include <hwy/cache_control.h>

#include <array>

#include "kernels/aligned_array.hpp"
#include "kernels/row_blocks.hpp"
#include "kernels/unroll-inl.hpp"

#if defined(ERROR_FORCING_PRODUCT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ERROR_FORCING_PRODUCT_INL
#undef ERROR_FORCING_PRODUCT_INL
#else
#define ERROR_FORCING_PRODUCT_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace error_forcing::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Under the sanitizers the same code in smaller blocks: the large ones take minutes to compile.
#ifdef ERROR_FORCING_SANITIZED
inline constexpr std::size_t registers = 16;
#else
inline constexpr std::size_t registers = HWY_TARGET <= HWY_AVX3 ? 32 : 16;
#endif

/// Lanes of T in 16 bytes, within which shuffles are cheap.
template <typename T>
inline constexpr std::size_t per_16_bytes = HWY_TARGET == HWY_SCALAR ? 1 : 16 / sizeof(T);

/// The most rows whose accumulators fit beside the panel's vectors and a broadcast weight, with one
/// vector also beside a group of weights.
template <std::size_t vectors>
inline constexpr std::size_t product_rows = (registers - 1 - vectors) / vectors - (vectors == 1);

/// Weights of a block that lie side by side, those of groups included that have no row.
template <std::size_t vectors, typename T>
constexpr std::size_t packed_width(std::size_t rows) {
  return vectors == 1 ? rounded_up(rows, per_16_bytes<T>) : rows;
}

/// Those of all blocks.
template <std::size_t vectors, typename T>
std::size_t packed_rows(std::size_t rows) {
  const RowBlocks blocks(rows, product_rows<vectors>);
  std::size_t sum = 0;
  for (std::size_t b = 0; b < blocks.count(); ++b) sum += packed_width<vectors, T>(blocks.size(b));
  return sum;
}

/// The weight of row r of a block in every lane.
template <std::size_t r, bool by_shuffles, typename D, typename T>
HWY_INLINE hn::Vec<D> spread(D d, const T* weights) {
  constexpr std::size_t group = per_16_bytes<T>;
  if constexpr (by_shuffles && group > 1 && r / group % 3 == 0)
    return hn::Broadcast<r % group>(hn::LoadDup128(d, weights + r / group * group));
  else
    return hn::Set(d, weights[r]);
}

/// `soon` is what is touched next; every step over k asks for `apart` more entries of it, in time
/// for what the L1 cache does not hold, and spread out so that no load of the product waits.
template <std::size_t rows, std::size_t vectors, bool leaky, typename T>
void product_block(const T* HWY_RESTRICT weights, const T* HWY_RESTRICT panel, std::size_t depth,
                   const T* HWY_RESTRICT bias, T keep, const T* in, T* out, const T* soon,
                   std::size_t apart) {
  const hn::ScalableTag<T> d;
  using Vector = hn::Vec<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  Vector sum[rows][vectors];
  unroll<rows>([&](auto r) ERROR_FORCING_INLINE {
    unroll<vectors>([&](auto v) ERROR_FORCING_INLINE { sum[r][v] = hn::Zero(d); });
  });
  constexpr std::size_t width = packed_width<vectors, T>(rows);
  for (std::size_t k = 0; k < depth; ++k, panel += vectors * lanes, weights += width) {
    hwy::Prefetch(soon + k * apart);
    Vector x[vectors];
    unroll<vectors>([&](auto v) ERROR_FORCING_INLINE { x[v] = hn::Load(d, panel + v * lanes); });
    unroll<rows>([&](auto r) ERROR_FORCING_INLINE {
      const Vector weight = spread<r, vectors == 1>(d, weights);
      unroll<vectors>(
          [&](auto v) ERROR_FORCING_INLINE { sum[r][v] = hn::MulAdd(weight, x[v], sum[r][v]); });
    });
  }
  unroll<rows>([&](auto r) ERROR_FORCING_INLINE {
    unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
      const std::size_t at = (r * vectors + v) * lanes;
      if constexpr (leaky)  // here, and not before: the next block hides the loads
        sum[r][v] = hn::Add(
            sum[r][v], hn::MulAdd(hn::Set(d, keep), hn::Load(d, in + at), hn::Set(d, bias[r])));
      hn::Store(sum[r][v], d, out + at);
    });
  });
}

/// All rows, block by block; after each `then(first, last)` does what follows for its rows, while
/// they are in the L1 cache. `soon` is a panel whose rows `then`, or what follows the product, will
/// touch; see product_block(). `weights` is packed block by block, [k][row of the block]; see
/// pack_columns(). Not leaky: keep = 0 and bias = 0, and neither they nor `in` are read.
template <std::size_t vectors, bool leaky, typename T, typename Then>
void product(std::size_t rows, std::size_t depth, const T* weights, const T* panel, const T* bias,
             T keep, const T* in, T* out, const T* soon, Then then) {
  using Block =
      void (*)(const T*, const T*, std::size_t, const T*, T, const T*, T*, const T*, std::size_t);
  static constexpr auto block_of_size = []<std::size_t... r>(std::index_sequence<r...>) {
    return std::array<Block, sizeof...(r)>{&product_block<r + 1, vectors, leaky, T>...};
  }
  (std::make_index_sequence<product_rows<vectors>>{});
  const std::size_t lanes = vectors * hn::Lanes(hn::ScalableTag<T>());
  const RowBlocks blocks(rows, product_rows<vectors>);
  const std::size_t apart = (blocks.size(0) * lanes + depth - 1) / depth;
  for (std::size_t k = 0; k < blocks.count(); ++k) {
    const std::size_t size = blocks.size(k), first = blocks.first(k);
    block_of_size[size - 1](weights, panel, depth, bias + first, keep, in + first * lanes,
                            out + first * lanes, soon + first * lanes, apart);
    then(first, first + size);
    weights += packed_width<vectors, T>(size) * depth;
  }
}

/// Packs factor * matrix, row-major rows x cols, as columns first, first + 1, ... of the `depth`
/// columns of `packed`, block by block.
template <std::size_t vectors, typename T>
void pack_columns(const T* matrix, std::size_t rows, std::size_t cols, T factor, std::size_t first,
                  std::size_t depth, T* packed) {
  const RowBlocks blocks(rows, product_rows<vectors>);
  for (std::size_t b = 0; b < blocks.count(); ++b) {
    const std::size_t width = packed_width<vectors, T>(blocks.size(b));
    for (std::size_t r = 0; r < blocks.size(b); ++r, matrix += cols)
      for (std::size_t k = 0; k < cols; ++k) packed[(first + k) * width + r] = factor * matrix[k];
    packed += width * depth;
  }
}

/// Packs factor * the transpose of a square row-major matrix.
template <std::size_t vectors, typename T>
void pack_transpose(const T* matrix, std::size_t rows, T factor, T* packed) {
  const RowBlocks blocks(rows, product_rows<vectors>);
  for (std::size_t b = 0; b < blocks.count(); ++b) {
    const std::size_t width = packed_width<vectors, T>(blocks.size(b));
    for (std::size_t k = 0; k < rows; ++k, packed += width)
      for (std::size_t r = 0; r < blocks.size(b); ++r)
        packed[r] = factor * matrix[k * rows + blocks.first(b) + r];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace error_forcing::kernels
HWY_AFTER_NAMESPACE();
#endif
