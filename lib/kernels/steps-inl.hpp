// What a step does beside its products: readout, feedback and activation on the way forward, the
// derivative of the unit and of the readout on the way back. Rows x lanes that are in the L1 cache.

#include "fused_gradient/tile.hpp"
#include "kernels/unroll-inl.hpp"

#if defined(ERROR_FORCING_STEPS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ERROR_FORCING_STEPS_INL
#undef ERROR_FORCING_STEPS_INL
#else
#define ERROR_FORCING_STEPS_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace error_forcing::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// to += by, one vector.
template <typename D, typename T>
HWY_INLINE void add_to_memory(D d, T* to, hn::Vec<D> by) {
  hn::Store(hn::Add(hn::Load(d, to), by), d, to);
}

/// sum of h_t^2 on the lanes in use: the activity penalty.
template <std::size_t vectors, typename T>
void add_squares(std::size_t units, const T* state, Tile<T>& tile) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d), row = vectors * lanes;
  for (std::size_t v = 0; v < vectors; ++v) {
    auto sum = hn::Zero(d);
    for (std::size_t i = 0; i < units; ++i) {
      const auto h = hn::Load(d, state + i * row + v * lanes);
      sum = hn::MulAdd(h, h, sum);
    }
    add_to_memory(d, tile.squared_states.data() + v * lanes,
                  hn::Mul(sum, hn::Load(d, tile.in_use.data() + v * lanes)));
  }
}

/// y_p = C_p u + d_p (M4), one vector of lanes, in four chains.
template <std::size_t vectors, typename T>
HWY_INLINE auto read_out(const Weights<T>& weights, std::size_t p, const T* u) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t chains = 4;
  const T* C = weights.C.data() + p * weights.units;
  const std::size_t row = vectors * hn::Lanes(d);
  hn::Vec<decltype(d)> sum[chains];
  unroll<chains>([&](auto c) ERROR_FORCING_INLINE { sum[c] = hn::Zero(d); });
  std::size_t i = 0;
  for (; i + chains <= weights.units; i += chains)
    unroll<chains>([&](auto c) ERROR_FORCING_INLINE {
      sum[c] = hn::MulAdd(hn::Set(d, C[i + c]), hn::Load(d, u + (i + c) * row), sum[c]);
    });
  for (; i < weights.units; ++i)
    sum[0] = hn::MulAdd(hn::Set(d, C[i]), hn::Load(d, u + i * row), sum[0]);
  return hn::Add(hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3])),
                 hn::Set(d, weights.d[p]));
}

/// 1 on the lanes whose forcing is on for any output, or for the first if only that counts.
template <typename D, typename T>
HWY_INLINE hn::Vec<D> forced(D d, const Weights<T>& weights, const T* mask, std::size_t row) {
  auto any = hn::Load(d, mask);
  if (!weights.first_mask_channel)
    for (std::size_t p = 1; p < weights.outputs; ++p)
      any = hn::Max(any, hn::Load(d, mask + p * row));
  return any;
}

/// y_t, then e_t (M6), g_t = dL/dy_t and the signal s_t of the feedback (feedback.hpp).
template <std::size_t vectors, typename T>
void read_errors(const Weights<T>& weights, std::size_t t, const T* u, Tile<T>& tile) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d), row = vectors * lanes;
  for (std::size_t v = 0; v < vectors; ++v) {
    const T* mask = tile.mask(t) + v * lanes;
    T* errors = tile.errors(t) + v * lanes;
    const auto any = forced(d, weights, mask, row);
    const auto in_use = hn::Load(d, tile.in_use.data() + v * lanes);
    const auto weight = hn::Mul(in_use, hn::Set(d, weights.error_weight));
    for (std::size_t p = 0; p < weights.outputs; ++p) {
      const auto y = read_out<vectors>(weights, p, u + v * lanes);
      const auto missing = hn::Sub(hn::Load(d, errors + p * row), y);  // y* - y
      const auto observed = hn::Load(d, mask + p * row);
      const auto e = hn::Mul(observed, missing);
      auto signal = hn::Mul(weights.first_mask_channel ? any : observed, missing);
      if (weights.anchor != Anchor::error) {
        const T bias = weights.anchor == Anchor::target ? weights.d[p] : T(0);
        signal = hn::MulAdd(any, hn::Sub(y, hn::Set(d, bias)), signal);
      }
      const auto g = hn::Mul(weight, e);
      hn::Store(signal, d, tile.signal.data() + p * row + v * lanes);
      hn::Store(g, d, errors + p * row);
      add_to_memory(d, tile.output_sums.data() + p * row + v * lanes, g);
      add_to_memory(d, tile.squared_errors.data() + v * lanes, hn::Mul(in_use, hn::Mul(e, e)));
    }
  }
}

/// From u_t in place to h_t = u_t + K s_t - p u_t (M3), and phi(h_t); dL/dC += g_t u_t'. One pass,
/// because the arithmetic of phi hides the loads and stores of the rest. The sum of the states
/// shows one that is not finite. Where nothing is observed h_t = u_t.
template <std::size_t vectors, Activation phi, bool observed, typename T>
void finish_step(const Weights<T>& weights, std::size_t t, T* HWY_RESTRICT state, Tile<T>& tile) {
  const hn::ScalableTag<T> d;
  using Vector = hn::Vec<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d), row = vectors * lanes;
  const std::size_t units = weights.units, outputs = weights.outputs;
  const T *gain = weights.gain.data(), *signal = tile.signal.data();
  const T* errors = observed ? tile.errors(t) : nullptr;
  T *HWY_RESTRICT activity = tile.activity(t), *sums = tile.readout_sums.data();
  // Those of the first output, often the only one, stay in registers.
  Vector seen[vectors], kept[vectors], first_error[vectors], first_signal[vectors];
  unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
    seen[v] = hn::Zero(d);
    if constexpr (observed) {
      kept[v] = hn::NegMulAdd(forced(d, weights, tile.mask(t) + v * lanes, row),
                              hn::Set(d, weights.pull), hn::Set(d, T(1)));
      first_error[v] = hn::Load(d, errors + v * lanes);
      first_signal[v] = hn::Load(d, signal + v * lanes);
    }
  });
  for (std::size_t i = 0; i < units; ++i)
    unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
      const std::size_t at = i * row + v * lanes;
      auto h = hn::Load(d, state + at);
      if constexpr (observed) {
        const auto u = h;
        h = hn::MulAdd(hn::Set(d, gain[i * outputs]), first_signal[v], hn::Mul(kept[v], u));
        hn::Store(hn::MulAdd(first_error[v], u, hn::Load(d, sums + at)), d, sums + at);
        for (std::size_t p = 1; p < outputs; ++p) {
          const std::size_t of_output = p * row + v * lanes;
          T* sum = sums + p * units * row + at;
          hn::Store(hn::MulAdd(hn::Load(d, errors + of_output), u, hn::Load(d, sum)), d, sum);
          h = hn::MulAdd(hn::Set(d, gain[i * outputs + p]), hn::Load(d, signal + of_output), h);
        }
        hn::Store(h, d, state + at);
      }
      seen[v] = hn::Add(seen[v], h);
      hn::Store(activate<phi>(d, h), d, activity + at);
    });
  unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
    add_to_memory(d, tile.states_seen.data() + v * lanes, seen[v]);
  });
}

/// lambda_t from lambda_{t+1} = later and a W' lambda_{t+1} = product: J_{t+1}' lambda_{t+1} (M7),
/// the penalty's and the readout's part.
template <std::size_t vectors, Activation phi, bool observed, bool penalised, typename T>
void step_back(const Weights<T>& weights, std::size_t t, const T* HWY_RESTRICT later,
               Tile<T>& tile) {
  const hn::ScalableTag<T> d;
  using Vector = hn::Vec<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d), row = vectors * lanes;
  const std::size_t units = weights.units, outputs = weights.outputs;
  const T *HWY_RESTRICT product = tile.product.data(), *HWY_RESTRICT activity = tile.activity(t);
  const T *HWY_RESTRICT state = tile.state(t), *HWY_RESTRICT errors = tile.errors(t);
  const T* HWY_RESTRICT C = weights.C.data();
  T* adjoint = tile.adjoint(t);
  const auto keep = hn::Set(d, weights.keep);
  Vector penalty[vectors], factor[vectors], first_error[vectors];
  unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
    if constexpr (penalised)
      penalty[v] =
          hn::Mul(hn::Set(d, weights.activity_weight), hn::Load(d, tile.in_use.data() + v * lanes));
    if constexpr (observed) {
      factor[v] = hn::NegMulAdd(forced(d, weights, tile.mask(t) + v * lanes, row),
                                hn::Set(d, weights.damping), hn::Set(d, T(1)));
      first_error[v] = hn::Load(d, errors + v * lanes);
    }
  });
  for (std::size_t i = 0; i < units; ++i)
    unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
      const std::size_t at = i * row + v * lanes;
      const auto through_unit =
          times_slope<phi>(d, hn::Load(d, activity + at), hn::Load(d, product + at));
      auto sum = hn::MulAdd(keep, hn::Load(d, later + at), through_unit);
      if constexpr (penalised) sum = hn::MulAdd(penalty[v], hn::Load(d, state + at), sum);
      if constexpr (observed) {
        sum = hn::MulAdd(hn::Set(d, C[i]), first_error[v], hn::Mul(sum, factor[v]));
        for (std::size_t p = 1; p < outputs; ++p)
          sum = hn::MulAdd(hn::Set(d, C[p * units + i]), hn::Load(d, errors + p * row + v * lanes),
                           sum);
      }
      hn::Store(sum, d, adjoint + at);
    });
}

}  // namespace HWY_NAMESPACE
}  // namespace error_forcing::kernels
HWY_AFTER_NAMESPACE();
#endif
