// A matrix times one trial: keep in + matrix x, a vector of rows at a time, each handed to whoever
// takes it while it is in a register.
//
// Whole vectors of rows are held by columns and summed in four chains of up to four vectors, which
// hide the latency; the few rows left over are dot products.

#include <hwy/highway.h>

#include "fused_gradient/tile.hpp"
#include "kernels/lane_sums-inl.hpp"
#include "kernels/product-inl.hpp"
#include "kernels/unroll-inl.hpp"

#if defined(ERROR_FORCING_TRIAL_PRODUCT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ERROR_FORCING_TRIAL_PRODUCT_INL
#undef ERROR_FORCING_TRIAL_PRODUCT_INL
#else
#define ERROR_FORCING_TRIAL_PRODUCT_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace error_forcing::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// keep in + sum_k x[k] column_k, `count` vectors of rows, each handed to take(first row, vector);
/// column k begins at k * stride. Loads are the limit, so the x[k] are loaded 16 bytes at a time
/// and spread by shuffles.
template <std::size_t count, bool leaky, typename T, typename Take>
HWY_INLINE void combine_columns(const T* HWY_RESTRICT columns, std::size_t stride,
                                std::size_t depth, const T* HWY_RESTRICT x, T keep, const T* in,
                                Take take) {
  const hn::ScalableTag<T> d;
  using Vector = hn::Vec<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  constexpr std::size_t chains = registers / 2 / count < 4 ? registers / 2 / count : 4;
  constexpr std::size_t group = per_16_bytes<T>, at_once = 4;
  Vector sum[chains][count];
  unroll<chains>([&](auto c) ERROR_FORCING_INLINE {
    unroll<count>([&](auto v) ERROR_FORCING_INLINE {
      if constexpr (leaky && c == 0)
        sum[c][v] = hn::Mul(hn::Set(d, keep), hn::Load(d, in + v * lanes));
      else
        sum[c][v] = hn::Zero(d);
    });
  });
  const auto add = [&](auto c, std::size_t k, Vector x_k) ERROR_FORCING_INLINE {
    unroll<count>([&](auto v) ERROR_FORCING_INLINE {
      sum[c][v] = hn::MulAdd(x_k, hn::Load(d, columns + k * stride + v * lanes), sum[c][v]);
    });
  };
  std::size_t k = 0;
  for (; k + at_once <= depth; k += at_once)
    unroll<at_once / group>([&](auto b) ERROR_FORCING_INLINE {
      const Vector of_group = hn::LoadDup128(d, x + k + b * group);
      unroll<group>([&](auto g) ERROR_FORCING_INLINE {
        constexpr std::size_t nth = b * group + g;
        add(std::integral_constant<std::size_t, nth % chains>(), k + nth,
            hn::Broadcast<g>(of_group));
      });
    });
  unroll<at_once - 1>([&](auto r) ERROR_FORCING_INLINE {
    if (k + r < depth)
      add(std::integral_constant<std::size_t, r % chains>(), k + r, hn::Set(d, x[k + r]));
  });
  unroll<count>([&](auto v) ERROR_FORCING_INLINE {
    auto total = sum[0][v];
    unroll<chains - 1>([&](auto c) ERROR_FORCING_INLINE { total = hn::Add(total, sum[c + 1][v]); });
    take(v * lanes, total);
  });
}

/// All rows held by columns, four vectors at a time.
template <bool leaky, typename T, typename Take>
HWY_INLINE void combine_all_columns(const TrialMatrix<T>& matrix, const T* x, T keep, const T* in,
                                    Take take) {
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<T>()), whole = matrix.whole;
  std::size_t row = 0;
  const auto combine = [&](auto count) ERROR_FORCING_INLINE {
    combine_columns<count, leaky>(
        matrix.columns.data() + row, whole, matrix.depth, x, keep, in + row,
        [&](std::size_t below, auto total) ERROR_FORCING_INLINE { take(row + below, total); });
  };
  for (; row + 4 * lanes <= whole; row += 4 * lanes)
    combine(std::integral_constant<std::size_t, 4>());
  switch ((whole - row) / lanes) {
    case 3: return combine(std::integral_constant<std::size_t, 3>());
    case 2: return combine(std::integral_constant<std::size_t, 2>());
    case 1: return combine(std::integral_constant<std::size_t, 1>());
    default: return;
  }
}

/// keep in + matrix x, each vector of it handed to take(first row, vector); x has zeros up to the
/// padded depth. The dot products come first, so that adding their lanes up is done by the time the
/// columns are.
template <bool leaky, typename T, typename Take>
HWY_INLINE void multiply(const TrialMatrix<T>& matrix, const T* x, T keep, const T* in, Take take) {
  if (matrix.rest.size() == 0) return combine_all_columns<leaky>(matrix, x, keep, in, take);
  const hn::ScalableTag<T> d;
  constexpr std::size_t rows = per_16_bytes<T>;
  hn::Vec<decltype(d)> sum[rows];
  unroll<rows>([&](auto r) ERROR_FORCING_INLINE { sum[r] = hn::Zero(d); });
  const T* HWY_RESTRICT rest = matrix.rest.data();
  for (std::size_t k = 0; k < matrix.padded_depth; k += hn::Lanes(d))
    unroll<rows>([&](auto r) ERROR_FORCING_INLINE {
      sum[r] =
          hn::MulAdd(hn::Load(d, rest + r * matrix.padded_depth + k), hn::Load(d, x + k), sum[r]);
    });
  auto total = extend(d, sums_of_lanes(d, sum));
  const std::size_t whole = matrix.whole;
  if constexpr (leaky) total = hn::MulAdd(hn::Set(d, keep), hn::Load(d, in + whole), total);
  combine_all_columns<leaky>(matrix, x, keep, in, take);
  take(whole, total);
}

}  // namespace HWY_NAMESPACE
}  // namespace error_forcing::kernels
HWY_AFTER_NAMESPACE();
#endif
