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

/// y_p = C_p u + d_p (M4), in four chains for each vector of lanes.
template <std::size_t vectors, typename T>
HWY_INLINE void read_out(const Weights<T>& weights, std::size_t p, const T* HWY_RESTRICT u,
                         hn::Vec<hn::ScalableTag<T>>* y) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t chains = 4;
  const T* HWY_RESTRICT C = weights.C.data() + p * weights.padded_units;
  const std::size_t lanes = hn::Lanes(d), row = vectors * lanes;
  hn::Vec<decltype(d)> sum[chains][vectors];
  unroll<chains>([&](auto c) ERROR_FORCING_INLINE {
    unroll<vectors>([&](auto v) ERROR_FORCING_INLINE { sum[c][v] = hn::Zero(d); });
  });
  const auto add = [&](auto c, std::size_t i) ERROR_FORCING_INLINE {
    const auto weight = hn::Set(d, C[i]);
    unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
      sum[c][v] = hn::MulAdd(weight, hn::Load(d, u + i * row + v * lanes), sum[c][v]);
    });
  };
  std::size_t i = 0;
  for (; i + chains <= weights.units; i += chains)
    unroll<chains>([&](auto c) ERROR_FORCING_INLINE { add(c, i + c); });
  for (; i < weights.units; ++i) add(std::integral_constant<std::size_t, 0>{}, i);
  unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
    y[v] = hn::Add(hn::Add(hn::Add(sum[0][v], sum[1][v]), hn::Add(sum[2][v], sum[3][v])),
                   hn::Set(d, weights.d[p]));
  });
}

/// 1 on the lanes whose forcing is on for any output, or for the first if only that counts.
template <typename D, typename T>
HWY_INLINE hn::Vec<D> forced(D d, const Weights<T>& weights, const T* mask, std::size_t row) {
  auto any = hn::LoadU(d, mask);
  if (!weights.first_mask_channel)
    for (std::size_t p = 1; p < weights.outputs; ++p)
      any = hn::Max(any, hn::LoadU(d, mask + p * row));
  return any;
}

/// From y_t: e_t (M6), g_t = dL/dy_t and the signal s_t of the feedback (feedback.hpp), of one
/// output on one vector of lanes; `at` is their place among the outputs' lanes.
template <typename D, typename T>
HWY_INLINE void read_error(D d, const Weights<T>& weights, std::size_t p, std::size_t t,
                           std::size_t at, hn::Vec<D> y, hn::Vec<D> any, hn::Vec<D> in_use,
                           hn::Vec<D>& squares, Tile<T>& tile) {
  const auto observed = hn::LoadU(d, tile.mask(t) + at);
  // y* - y; a target may be NaN where nothing reads it.
  const auto read =
      hn::Gt(weights.first_mask_channel ? hn::Max(observed, any) : observed, hn::Zero(d));
  const auto missing = hn::IfThenElseZero(read, hn::Sub(hn::LoadU(d, tile.target(t) + at), y));
  const auto e = hn::Mul(observed, missing);
  auto signal = hn::Mul(weights.first_mask_channel ? any : observed, missing);
  if (weights.anchor != Anchor::error) {
    const T bias = weights.anchor == Anchor::target ? weights.d[p] : T(0);
    signal = hn::MulAdd(any, hn::Sub(y, hn::Set(d, bias)), signal);
  }
  const auto g = hn::Mul(hn::Mul(in_use, hn::Set(d, weights.error_weight)), e);
  hn::Store(signal, d, tile.signal.data() + at);
  hn::Store(g, d, tile.errors(t) + at);
  add_to_memory(d, tile.output_sums.data() + at, g);
  squares = hn::MulAdd(hn::Mul(in_use, e), e, squares);
}

/// y_t and what follows from it, of all outputs.
template <std::size_t vectors, typename T>
void read_errors(const Weights<T>& weights, std::size_t t, const T* u, Tile<T>& tile) {
  const hn::ScalableTag<T> d;
  using Vector = hn::Vec<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d), row = vectors * lanes;
  Vector any[vectors], squares[vectors];
  unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
    any[v] = forced(d, weights, tile.mask(t) + v * lanes, row);
    squares[v] = hn::Zero(d);
  });
  for (std::size_t p = 0; p < weights.outputs; ++p) {
    Vector y[vectors];
    read_out<vectors>(weights, p, u, y);
    unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
      const auto in_use = hn::Load(d, tile.in_use.data() + v * lanes);
      read_error(d, weights, p, t, p * row + v * lanes, y[v], any[v], in_use, squares[v], tile);
    });
  }
  unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
    add_to_memory(d, tile.squared_errors.data() + v * lanes, squares[v]);
  });
}

/// What is observed at a step. `one_output` is the usual case, a single output and no pull: its
/// rows have no branches.
enum class Observed { nothing, one_output, any };

/// to += the products a b, one vector.
template <std::size_t vectors, typename D, typename T>
HWY_INLINE void add_products(D d, const hn::Vec<D>* a, const hn::Vec<D>* b, T* to) {
  auto sum = hn::Load(d, to);
  unroll<vectors>([&](auto v) ERROR_FORCING_INLINE { sum = hn::MulAdd(a[v], b[v], sum); });
  hn::Store(sum, d, to);
}

/// From u_t in place to h_t = u_t + K s_t - p u_t (M3), and phi(h_t); dL/dC += g_t u_t'; rows first
/// .. last - 1. One pass, because the arithmetic of phi hides the loads and stores of the rest. The
/// sum of the states shows one that is not finite. Where nothing is observed h_t = u_t.
template <std::size_t vectors, Activation phi, Observed observed, typename T>
void finish_rows(const Weights<T>& weights, std::size_t t, std::size_t first, std::size_t last,
                 T* HWY_RESTRICT state, Tile<T>& tile) {
  const hn::ScalableTag<T> d;
  using Vector = hn::Vec<decltype(d)>;
  constexpr bool any = observed == Observed::any;
  const std::size_t lanes = hn::Lanes(d), row = vectors * lanes, units = weights.units;
  const std::size_t outputs = any ? weights.outputs : 1;
  const bool pulled = any && weights.pull != T(0), fed_back = weights.fed_back;
  const T *gain = weights.gain.data(), *signal = tile.signal.data();
  const T* errors = observed == Observed::nothing ? nullptr : tile.errors(t);
  T *HWY_RESTRICT activity = tile.activity(t), *sums = tile.readout_sums.data();
  // Those of the first output, often the only one, stay in registers.
  Vector seen[vectors], pull[vectors], first_error[vectors], first_signal[vectors];
  unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
    seen[v] = hn::Zero(d);
    if constexpr (observed != Observed::nothing) {
      first_error[v] = hn::Load(d, errors + v * lanes);
      first_signal[v] = hn::Load(d, signal + v * lanes);
    }
    if constexpr (any)
      pull[v] =
          hn::Mul(hn::Set(d, weights.pull), forced(d, weights, tile.mask(t) + v * lanes, row));
  });
  for (std::size_t i = first; i < last; ++i) {
    Vector u[vectors], h[vectors];
    unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
      h[v] = u[v] = hn::Load(d, state + i * row + v * lanes);
    });
    if constexpr (observed != Observed::nothing) {
      add_products<vectors>(d, first_error, u, sums + i * lanes);
      unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
        if (fed_back) h[v] = hn::MulAdd(hn::Set(d, gain[i * outputs]), first_signal[v], u[v]);
        if constexpr (any)
          if (pulled) h[v] = hn::NegMulAdd(pull[v], u[v], h[v]);
      });
      for (std::size_t p = 1; p < outputs; ++p) {
        Vector error[vectors];
        unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
          const std::size_t at = p * row + v * lanes;
          error[v] = hn::Load(d, errors + at);
          if (fed_back)
            h[v] = hn::MulAdd(hn::Set(d, gain[i * outputs + p]), hn::Load(d, signal + at), h[v]);
        });
        add_products<vectors>(d, error, u, sums + (p * units + i) * lanes);
      }
    }
    unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
      const std::size_t at = i * row + v * lanes;
      if constexpr (observed != Observed::nothing) hn::Store(h[v], d, state + at);
      seen[v] = hn::Add(seen[v], h[v]);
      hn::Store(activate<phi>(d, h[v]), d, activity + at);
    });
  }
  unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
    add_to_memory(d, tile.states_seen.data() + v * lanes, seen[v]);
  });
}

/// out = diag(a W) in: what is left of a W' lambda where a rule keeps the diagonal of J alone.
template <std::size_t vectors, typename T>
void scale_rows(const Weights<T>& weights, const T* HWY_RESTRICT in, T* HWY_RESTRICT out) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d), row = vectors * lanes;
  for (std::size_t i = 0; i < weights.units; ++i)
    unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
      const std::size_t at = i * row + v * lanes;
      hn::Store(hn::Mul(hn::Set(d, weights.diagonal[i]), hn::Load(d, in + at)), d, out + at);
    });
}

/// lambda_t from lambda_{t+1} = later and a W' lambda_{t+1} = product: J_{t+1}' lambda_{t+1} (M7),
/// the penalty's and the readout's part; rows first .. last - 1.
template <std::size_t vectors, Activation phi, Observed observed, bool penalised, typename T>
void step_rows_back(const Weights<T>& weights, std::size_t t, std::size_t first, std::size_t last,
                    const T* HWY_RESTRICT later, Tile<T>& tile) {
  const hn::ScalableTag<T> d;
  using Vector = hn::Vec<decltype(d)>;
  constexpr bool any = observed == Observed::any;
  const std::size_t lanes = hn::Lanes(d), row = vectors * lanes, units = weights.units;
  const std::size_t outputs = any ? weights.outputs : 1;
  const T *HWY_RESTRICT product = tile.product.data(), *HWY_RESTRICT activity = tile.activity(t);
  const T *HWY_RESTRICT state = tile.state(t), *HWY_RESTRICT errors = tile.errors(t);
  const T* HWY_RESTRICT credit = weights.credit.data();
  T* adjoint = tile.adjoint(t);
  const auto keep = hn::Set(d, weights.keep);
  Vector penalty[vectors], factor[vectors], first_error[vectors];
  const bool damped = any && weights.damping != T(0);
  unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
    if constexpr (penalised)
      penalty[v] =
          hn::Mul(hn::Set(d, weights.activity_weight), hn::Load(d, tile.in_use.data() + v * lanes));
    if constexpr (observed != Observed::nothing) first_error[v] = hn::Load(d, errors + v * lanes);
    if constexpr (any)
      factor[v] = hn::NegMulAdd(forced(d, weights, tile.mask(t) + v * lanes, row),
                                hn::Set(d, weights.damping), hn::Set(d, T(1)));
  });
  for (std::size_t i = first; i < last; ++i)
    unroll<vectors>([&](auto v) ERROR_FORCING_INLINE {
      const std::size_t at = i * row + v * lanes;
      const auto through_unit =
          times_slope<phi>(d, hn::Load(d, activity + at), hn::Load(d, product + at));
      auto sum = hn::MulAdd(keep, hn::Load(d, later + at), through_unit);
      if constexpr (penalised) sum = hn::MulAdd(penalty[v], hn::Load(d, state + at), sum);
      if constexpr (any)
        if (damped) sum = hn::Mul(sum, factor[v]);
      if constexpr (observed != Observed::nothing)
        sum = hn::MulAdd(hn::Set(d, credit[i]), first_error[v], sum);
      for (std::size_t p = 1; p < outputs; ++p)
        sum = hn::MulAdd(hn::Set(d, credit[p * units + i]),
                         hn::Load(d, errors + p * row + v * lanes), sum);
      hn::Store(sum, d, adjoint + at);
    });
}

}  // namespace HWY_NAMESPACE
}  // namespace error_forcing::kernels
HWY_AFTER_NAMESPACE();
#endif
