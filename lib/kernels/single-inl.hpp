// One trial through all steps forward and back: the units, not the trials, are the vector
// dimension, padded to whole vectors. A chain of small products, so that latency counts:
//
//   u_t = (1-a) h_{t-1} + [a W | a U | a b] [phi_{t-1}; x_t; 1],   a W' lambda
//
// The readout is P more rows of the first product, C [a W | a U | a b], and C h_t is carried along
// like a state: no sum over u_t stands between u_t and the error.

#include <hwy/highway.h>

#include "fused_gradient/tile.hpp"
#include "kernels/activation-inl.hpp"
#include "kernels/outer-inl.hpp"
#include "kernels/steps-inl.hpp"
#include "kernels/trial_product-inl.hpp"

#if defined(ERROR_FORCING_SINGLE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ERROR_FORCING_SINGLE_INL
#undef ERROR_FORCING_SINGLE_INL
#else
#define ERROR_FORCING_SINGLE_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace error_forcing::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// As forced() of a tile.
template <typename T>
HWY_INLINE T forced_trial(const Weights<T>& weights, const T* mask) {
  T any = mask[0];
  if (!weights.first_mask_channel)
    for (std::size_t p = 1; p < weights.outputs; ++p) any = mask[p] > any ? mask[p] : any;
  return any;
}

/// e_t, g_t = dL/dy_t and the feedback's signal from u_t, behind which stands C u_t; returns
/// whether the trial is forced.
template <typename T>
HWY_INLINE T read_errors_of_trial(const Weights<T>& weights, std::size_t t, const T* u,
                                  Tile<T>& tile) {
  const T *mask = tile.mask(t), *target = tile.target(t);
  T *errors = tile.errors(t), *signal = tile.signal.data();
  const T any = forced_trial(weights, mask);
  for (std::size_t p = 0; p < weights.outputs; ++p) {
    const T y = u[weights.units + p] + weights.d[p];
    // y* - y; a target may be NaN where nothing reads it.
    const bool read = mask[p] > 0 || (weights.first_mask_channel && any > 0);
    const T missing = read ? target[p] - y : T(0);
    const T e = mask[p] * missing;
    signal[p] = (weights.first_mask_channel ? any : mask[p]) * missing;
    if (weights.anchor != Anchor::error)
      signal[p] += any * (y - (weights.anchor == Anchor::target ? weights.d[p] : T(0)));
    errors[p] = weights.error_weight * e;
    tile.output_sums[p] += errors[p];
    tile.squared_errors[0] += e * e;
  }
  return any;
}

/// As finish_rows() of a tile: u_t becomes h_t in place, phi(h_t) is kept, dL/dC grows. C u_t
/// behind it becomes C h_t: the gain there is C K.
template <Activation phi, typename T>
HWY_INLINE void finish_step_of_trial(const Weights<T>& weights, std::size_t t, T* state,
                                     Tile<T>& tile) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const bool observed = t > 0 && tile.observed[t - 1];
  const T forced = observed ? read_errors_of_trial(weights, t, state, tile) : T(0);
  const auto kept = hn::Set(d, 1 - forced * weights.pull);
  auto seen = hn::Zero(d), squares = hn::Zero(d);
  for (std::size_t i = 0; i < tile.units; i += lanes) {
    auto h = hn::Load(d, state + i);
    if (observed) {
      const auto u = h;
      h = hn::Mul(kept, u);
      for (std::size_t p = 0; p < weights.outputs; ++p) {
        T* sum = tile.readout_sums.data() + p * tile.units + i;
        hn::Store(hn::MulAdd(hn::Set(d, tile.errors(t)[p]), u, hn::Load(d, sum)), d, sum);
        if (weights.fed_back)
          h = hn::MulAdd(hn::Load(d, weights.gain.data() + p * tile.units + i),
                         hn::Set(d, tile.signal[p]), h);
      }
      hn::Store(h, d, state + i);
    }
    seen = hn::Add(seen, h);
    const auto y = activate<phi>(d, h);
    if (i + lanes <= weights.units) {
      hn::Store(y, d, tile.activity(t) + i);
    } else if (i < weights.units) {  // behind the last unit stand the inputs, and C h_t
      const auto is_unit = hn::FirstN(d, weights.units - i);
      hn::BlendedStore(y, is_unit, d, tile.activity(t) + i);
      h = hn::IfThenElseZero(is_unit, h);
    } else {
      break;
    }
    if (t > 0) squares = hn::MulAdd(h, h, squares);
  }
  add_to_memory(d, tile.states_seen.data(), seen);
  add_to_memory(d, tile.squared_states.data(), squares);
}

/// As step_rows_back() of a tile: calls carry_back(take), which hands on a W' lambda_{t+1} vector
/// by vector, and makes lambda_t of it; zero behind the last unit.
template <Activation phi, typename T, typename CarryBack>
HWY_INLINE void step_back_of_trial(const Weights<T>& weights, std::size_t t, const T* later,
                                   Tile<T>& tile, CarryBack carry_back) {
  const hn::ScalableTag<T> d;
  const bool observed = tile.observed[t - 1], penalised = weights.activity_weight > 0;
  const T forced = observed ? forced_trial(weights, tile.mask(t)) : T(0);
  const auto factor = hn::Set(d, 1 - forced * weights.damping);
  const auto keep = hn::Set(d, weights.keep), penalty = hn::Set(d, weights.activity_weight);
  const T *activity = tile.activity(t), *state = tile.state(t), *errors = tile.errors(t);
  T* adjoint = tile.adjoint(t, trial_chunk_steps);
  carry_back([&](std::size_t i, auto product) ERROR_FORCING_INLINE {
    const auto through_unit = times_slope<phi>(d, hn::Load(d, activity + i), product);
    auto sum = hn::MulAdd(keep, hn::Load(d, later + i), through_unit);
    if (penalised) sum = hn::MulAdd(penalty, hn::Load(d, state + i), sum);
    if (observed) {
      sum = hn::Mul(sum, factor);
      for (std::size_t p = 0; p < weights.outputs; ++p)
        sum = hn::MulAdd(hn::Load(d, weights.credit.data() + p * tile.units + i),
                         hn::Set(d, errors[p]), sum);
    }
    if (i + hn::Lanes(d) > weights.units)
      sum = hn::IfThenElseZero(hn::FirstN(d, weights.units - i), sum);
    hn::Store(sum, d, adjoint + i);
  });
}

/// sums[i][k] += sum over steps of left[step][i] right[step][k], `rows` rows, `count` vectors.
template <std::size_t rows, std::size_t count, typename T>
void outer_rows_of_trial(const T* HWY_RESTRICT left, std::size_t left_stride,
                         const T* HWY_RESTRICT right, std::size_t right_stride, std::size_t steps,
                         T* HWY_RESTRICT sums) {
  const hn::ScalableTag<T> d;
  using Vector = hn::Vec<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d), row = right_stride;
  Vector sum[rows][count];
  unroll<rows>([&](auto i) ERROR_FORCING_INLINE {
    unroll<count>(
        [&](auto v) ERROR_FORCING_INLINE { sum[i][v] = hn::Load(d, sums + i * row + v * lanes); });
  });
  for (std::size_t step = 0; step < steps; ++step, left += left_stride, right += right_stride) {
    Vector b[count];
    unroll<count>([&](auto v) ERROR_FORCING_INLINE { b[v] = hn::Load(d, right + v * lanes); });
    unroll<rows>([&](auto i) ERROR_FORCING_INLINE {
      const Vector a = hn::Set(d, left[i]);
      unroll<count>([&](auto v)
                        ERROR_FORCING_INLINE { sum[i][v] = hn::MulAdd(a, b[v], sum[i][v]); });
    });
  }
  unroll<rows>([&](auto i) ERROR_FORCING_INLINE {
    unroll<count>(
        [&](auto v) ERROR_FORCING_INLINE { hn::Store(sum[i][v], d, sums + i * row + v * lanes); });
  });
}

template <std::size_t count, typename T>
void outer_columns_of_trial(std::size_t units, const T* left, std::size_t left_stride,
                            const T* right, std::size_t right_stride, std::size_t steps, T* sums) {
  constexpr std::size_t most =
      (registers - 1 - count) / count < 6 ? (registers - 1 - count) / count : 6;
  using Block = void (*)(const T*, std::size_t, const T*, std::size_t, std::size_t, T*);
  static constexpr auto block_of_size = []<std::size_t... k>(std::index_sequence<k...>) {
    return std::array<Block, sizeof...(k)>{&outer_rows_of_trial<k + 1, count, T>...};
  }
  (std::make_index_sequence<most>{});
  const RowBlocks blocks(units, most);
  for (std::size_t b = 0; b < blocks.count(); ++b)
    block_of_size[blocks.size(b) - 1](left + blocks.first(b), left_stride, right, right_stride,
                                      steps, sums + blocks.first(b) * right_stride);
}

/// As add_outer_products() of a tile, four vectors of columns at a time.
template <typename T>
void add_outer_products_of_trial(std::size_t units, const T* left, std::size_t left_stride,
                                 const T* right, std::size_t right_stride, std::size_t steps,
                                 T* sums) {
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<T>());
  std::size_t col = 0;
  for (; col + 4 * lanes <= right_stride; col += 4 * lanes)
    outer_columns_of_trial<4>(units, left, left_stride, right + col, right_stride, steps,
                              sums + col);
  for (; col < right_stride; col += lanes)
    outer_columns_of_trial<1>(units, left, left_stride, right + col, right_stride, steps,
                              sums + col);
}

template <Activation phi, typename T>
void run_trial_forward(const Weights<T>& weights, Tile<T>& tile) {
  const hn::ScalableTag<T> d;
  finish_step_of_trial<phi>(weights, 0, tile.state(0), tile);
  for (std::size_t t = 1; t <= tile.steps; ++t) {
    T* state = tile.state(t);
    multiply<true>(weights.trial_recurrent, tile.activity(t - 1), weights.keep, tile.state(t - 1),
                   [&](std::size_t i, auto u) ERROR_FORCING_INLINE { hn::Store(u, d, state + i); });
    finish_step_of_trial<phi>(weights, t, state, tile);
  }
}

/// a W' lambda, or what the rule keeps of it, vector by vector.
template <typename T, typename Take>
HWY_INLINE void carry_back_trial(const Weights<T>& weights, const T* lambda, Take take) {
  const hn::ScalableTag<T> d;
  if (!weights.kept) return multiply<false>(weights.trial_transposed, lambda, T(0), lambda, take);
  const bool diagonal = weights.kept == KeptJacobian::diagonal;
  for (std::size_t i = 0; i < weights.units; i += hn::Lanes(d))
    take(i, diagonal ? hn::Mul(hn::Load(d, weights.diagonal.data() + i), hn::Load(d, lambda + i))
                     : hn::Zero(d));
}

template <Activation phi, typename T>
void run_trial_back(const Weights<T>& weights, Tile<T>& tile) {
  std::fill_n(tile.product.data(), tile.product.size(), T(0));
  const T* later = tile.product.data();  // lambda_{T+1} = 0
  std::size_t last = tile.steps;         // of the chunk
  for (std::size_t t = tile.steps; t >= 1; --t) {
    step_back_of_trial<phi>(weights, t, later, tile, [&](auto take) ERROR_FORCING_INLINE {
      carry_back_trial(weights, later, take);
    });
    later = tile.adjoint(t, trial_chunk_steps);
    if ((t - 1) % trial_chunk_steps == 0) {
      add_outer_products_of_trial(weights.units, later, tile.adjoint_stride, tile.activity(t - 1),
                                  tile.activity_stride, last - t + 1, tile.recurrent_sums.data());
      last = t - 1;
    }
  }
}

template <Activation phi, typename T>
void run_trial(const Weights<T>& weights, Tile<T>& tile) {
  run_trial_forward<phi>(weights, tile);
  if (weights.backward) run_trial_back<phi>(weights, tile);
}

}  // namespace HWY_NAMESPACE
}  // namespace error_forcing::kernels
HWY_AFTER_NAMESPACE();
#endif
