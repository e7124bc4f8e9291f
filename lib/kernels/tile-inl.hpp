// One tile of trials through all steps forward and back. Only [phi; x] and the errors are kept from
// the way forward (and h where it is penalised); adjoints only for a chunk of steps, after which
// their outer products with [phi; x] are added to the gradient.

#include <hwy/highway.h>

#include "kernels/activation-inl.hpp"
#include "kernels/outer-inl.hpp"
#include "kernels/product-inl.hpp"
#include "kernels/single-inl.hpp"
#include "kernels/steps-inl.hpp"

#if defined(ERROR_FORCING_TILE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ERROR_FORCING_TILE_INL
#undef ERROR_FORCING_TILE_INL
#else
#define ERROR_FORCING_TILE_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace error_forcing::kernels {
namespace HWY_NAMESPACE {

/// f(what is observed at step t), a constant.
template <typename T, typename F>
void with_observed(const Weights<T>& weights, const Tile<T>& tile, std::size_t t, F f) {
  using std::integral_constant;
  if (!tile.observed[t - 1]) return f(integral_constant<Observed, Observed::nothing>());
  const bool one_output = weights.outputs == 1 && weights.pull == T(0);
  one_output ? f(integral_constant<Observed, Observed::one_output>())
             : f(integral_constant<Observed, Observed::any>());
}

/// h_t and phi(h_t) from those of the step before. Where nothing is observed the rows of a block
/// are finished at once; else the readout needs all of u_t first.
template <std::size_t vectors, Activation phi, Observed observed, typename T>
void step_forward(const Weights<T>& weights, std::size_t t, Tile<T>& tile) {
  constexpr bool at_once = observed == Observed::nothing;
  T* state = tile.state(t);
  const auto finish = [&](std::size_t first, std::size_t last) {
    finish_rows<vectors, phi, observed>(weights, t, first, last, state, tile);
  };
  product<vectors, true>(weights.units, weights.depth(), weights.recurrent.data(),
                         tile.activity(t - 1), weights.bias.data(), weights.keep, tile.state(t - 1),
                         state, tile.activity(t), [&](std::size_t first, std::size_t last) {
                           if constexpr (at_once) finish(first, last);
                         });  // u_t (M1), (M2)
  if constexpr (!at_once) {
    read_errors<vectors>(weights, t, state, tile);
    finish(0, weights.units);
  }
  if (weights.activity_weight > 0) add_squares<vectors>(weights.units, state, tile);
}

template <std::size_t vectors, Activation phi, typename T>
void run_forward(const Weights<T>& weights, Tile<T>& tile) {
  finish_rows<vectors, phi, Observed::nothing>(weights, 0, 0, weights.units, tile.state(0), tile);
  for (std::size_t t = 1; t <= tile.steps; ++t)
    with_observed(weights, tile, t,
                  [&](auto observed) { step_forward<vectors, phi, observed>(weights, t, tile); });
}

/// lambda_t from lambda_{t+1} = later, through a W' or what the rule keeps of it: nothing of W with
/// the leak alone, nor behind the last step, where the product is zero.
template <std::size_t vectors, Activation phi, Observed observed, bool penalised, typename T>
void step_back(const Weights<T>& weights, std::size_t t, const T* later, Tile<T>& tile) {
  const std::size_t units = weights.units;
  const auto step_rows = [&](std::size_t first, std::size_t last) {
    step_rows_back<vectors, phi, observed, penalised>(weights, t, first, last, later, tile);
  };
  if (!weights.kept && t < tile.steps)
    return product<vectors, false>(units, units, weights.transposed.data(), later,
                                   weights.bias.data(), T(0), later, tile.product.data(),
                                   tile.activity(t), step_rows);
  if (weights.kept == KeptJacobian::diagonal)
    scale_rows<vectors>(weights, later, tile.product.data());
  step_rows(0, units);
}

template <std::size_t vectors, Activation phi, typename T>
void step_back(const Weights<T>& weights, std::size_t t, const T* later, Tile<T>& tile) {
  with_observed(weights, tile, t, [&](auto observed) {
    weights.activity_weight > 0 ? step_back<vectors, phi, observed, true>(weights, t, later, tile)
                                : step_back<vectors, phi, observed, false>(weights, t, later, tile);
  });
}

template <std::size_t vectors, Activation phi, typename T>
void run_back(const Weights<T>& weights, Tile<T>& tile) {
  std::fill_n(tile.product.data(), tile.product.size(), T(0));
  const T* later = tile.product.data();  // lambda_{T+1} = 0
  std::size_t last = tile.steps;         // of the chunk
  for (std::size_t t = tile.steps; t >= 1; --t) {
    step_back<vectors, phi>(weights, t, later, tile);
    later = tile.adjoint(t);
    if ((t - 1) % chunk_steps == 0) {
      add_outer_products<vectors>(weights.units, weights.panel_rows(), later, tile.adjoint_stride,
                                  tile.activity(t - 1), tile.activity_stride, last - t + 1,
                                  tile.recurrent_sums.data());
      last = t - 1;
    }
  }
}

template <std::size_t vectors, Activation phi, typename T>
void run_there_and_back(const Weights<T>& weights, Tile<T>& tile) {
  run_forward<vectors, phi>(weights, tile);
  if (weights.backward) run_back<vectors, phi>(weights, tile);
}

template <Activation phi, typename T>
void run_with(const Weights<T>& weights, Shape shape, Tile<T>& tile) {
  switch (shape) {
    case Shape::trial: return run_trial<phi>(weights, tile);
    case Shape::narrow: return run_there_and_back<1, phi>(weights, tile);
    case Shape::wide: return run_there_and_back<2, phi>(weights, tile);
  }
}

template <typename T>
void run(const Weights<T>& weights, Shape shape, Tile<T>& tile) {
  switch (weights.activation) {
    case Activation::identity: return run_with<Activation::identity>(weights, shape, tile);
    case Activation::tanh: return run_with<Activation::tanh>(weights, shape, tile);
    case Activation::relu: return run_with<Activation::relu>(weights, shape, tile);
    case Activation::softplus: return run_with<Activation::softplus>(weights, shape, tile);
    case Activation::logistic: return run_with<Activation::logistic>(weights, shape, tile);
  }
}

template <std::size_t vectors, typename T>
void pack_blocks(const T* W, const T* U, T leak, Weights<T>& weights) {
  const std::size_t units = weights.units, inputs = weights.inputs, depth = weights.depth();
  T* recurrent = weights.recurrent.data();
  pack_columns<vectors>(W, units, units, leak, 0, depth, recurrent);
  pack_columns<vectors>(U, units, inputs, leak, units, depth, recurrent);
  pack_transpose<vectors>(W, units, leak, weights.transposed.data());
}

template <typename T>
void pack(const T* W, const T* U, T leak, Shape shape, Weights<T>& weights) {
  shape == Shape::wide ? pack_blocks<2>(W, U, leak, weights) : pack_blocks<1>(W, U, leak, weights);
}

template <typename T>
std::size_t packed_rows(Shape shape, std::size_t units) {
  return shape == Shape::wide ? packed_rows<2, T>(units) : packed_rows<1, T>(units);
}

template <typename T>
Kernels<T> kernels_of_target() {
  return {hwy::TargetName(HWY_TARGET),
          hn::Lanes(hn::ScalableTag<T>()),
          per_16_bytes<T>,
          &packed_rows<T>,
          &sums_size<T>,
          &unpack_sums<T>,
          &pack<T>,
          &run<T>};
}

}  // namespace HWY_NAMESPACE
}  // namespace error_forcing::kernels
HWY_AFTER_NAMESPACE();
#endif
