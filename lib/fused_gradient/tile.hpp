#pragma once
// What the kernels of the fused gradient read and write: the packed weights, shared by all threads,
// and the memory of one tile of trials, one for each thread.
//
//   letter  member            meaning                                     layout
//   aW, aU  recurrent         [a W | a U] in blocks of rows               pack_columns()
//   aW'     transposed        a W' in blocks of rows                      pack_transpose()
//           trial_recurrent, trial_transposed, their like for one trial   TrialMatrix
//   phi_t   activity(t)       [phi(h_t); x_{t+1}; 1], t = 0..T            (N + I + 1) x lanes
//   h_t     state(t)          kept for t = 0..T with an activity penalty  N x lanes
//   lambda  adjoint(t)        dL/du_t, kept for one chunk of steps        N x lanes
//   g_t     errors(t)         dL/dy_t                                     P x lanes
//   y*_t    target(t)         of the batch itself where it lies as here   P x lanes
//   m_t     mask(t)           the same                                    P x lanes

#include <cstdint>
#include <error_forcing/feedback.hpp>
#include <error_forcing/truncated_adjoint.hpp>
#include <optional>
#include <vector>

#include "kernels/aligned_array.hpp"

namespace error_forcing::kernels {

/// What a row of a tile holds: one trial, its units being the vector dimension; or the trials of
/// one or of two vectors.
enum class Shape { trial, narrow, wide };

/// A matrix that multiplies one vector: as many of its rows as fill whole vectors by columns, the
/// few that are left over by rows, which cost less as dot products than as one more vector.
template <typename T>
struct TrialMatrix {
  std::size_t depth = 0;         ///< columns
  std::size_t padded_depth = 0;  ///< whole vectors of them
  std::size_t whole = 0;         ///< rows held by columns; those beyond the last are zero
  AlignedArray<T> columns;       ///< [column][row], depth x whole
  AlignedArray<T> rest;          ///< row-major, dot_rows x padded_depth, or none
};

template <typename T>
struct Weights {
  std::size_t units = 0, inputs = 0, outputs = 0;
  /// Rows of C, K and of a tile: units, but for Shape::trial whole vectors of units and outputs.
  std::size_t padded_units = 0;
  Activation activation = Activation::tanh;
  T keep = 0;  ///< 1 - a
  AlignedArray<T> recurrent, transposed;
  /// For Shape::trial: [a W | a U | a b] and below it C times that, so that the readout C u_t is
  /// there with u_t; and a W'.
  TrialMatrix<T> trial_recurrent, trial_transposed;
  AlignedArray<T> bias;      ///< a b
  AlignedArray<T> C, d;      ///< C row-major, rows of padded_units
  AlignedArray<T> gain;      ///< the feedback's K, row-major; its transpose for Shape::trial
  AlignedArray<T> credit;    ///< B' of the learning signal, as C; it is C under back-propagation
  AlignedArray<T> diagonal;  ///< a W_ii
  std::optional<KeptJacobian> kept;  ///< what the adjoint keeps of J; without, all of it
  bool fed_back = true;              ///< false: h_t = u_t, however large the error
  T pull = 0;                        ///< the feedback's p
  T damping = 0;                     ///< p where the adjoint is damped by it, else 0
  T error_weight = 0;                ///< dL/dy = error_weight e
  T activity_weight = 0;             ///< dL/dh = activity_weight h
  Anchor anchor = Anchor::error;
  bool first_mask_channel = false;
  bool backward = true;  ///< false: forward only, for the loss

  std::size_t depth() const { return units + inputs; }
  std::size_t panel_rows() const { return depth() + 1; }
};

/// Steps whose weight gradients are added at once: their rows fit in the caches, and the sums are
/// reduced over lanes once a chunk. Those of one trial are shorter, and more of them fit.
inline constexpr std::size_t chunk_steps = 24, trial_chunk_steps = 48;

template <typename T>
struct Tile {
  std::size_t steps = 0, lanes = 0, outputs = 0;
  std::size_t units = 0;  ///< rows: Weights::padded_units
  std::size_t activity_stride = 0, adjoint_stride = 0, state_stride = 0;
  AlignedArray<T> activities, states, adjoints, error_history;
  const T *targets = nullptr, *masks = nullptr;  ///< of all steps, not aligned
  AlignedArray<T> copied_targets, copied_masks;  ///< where the batch's lie otherwise
  AlignedArray<T> product;                       ///< a W' lambda, N x lanes
  AlignedArray<T> signal;                        ///< what the gain multiplies, P x lanes
  AlignedArray<T> in_use;              ///< 1 on the lane of a trial, 0 on a lane that repeats one
  std::vector<std::uint8_t> observed;  ///< at step t - 1: 1 where an output is observed at t

  AlignedArray<T> recurrent_sums;  ///< sum lambda_t [phi_{t-1}; x_t; 1]', see outer-inl.hpp
  AlignedArray<T> unpacked_sums;   ///< the same, row-major
  AlignedArray<T> readout_sums;    ///< sum g_t u_t', P x N x a vector, or P x N for one trial
  AlignedArray<T> output_sums;     ///< sum g_t, P x lanes
  AlignedArray<T> squared_errors;  ///< sum e_t^2, lanes
  AlignedArray<T> squared_states;  ///< sum h_t^2, lanes
  AlignedArray<T> states_seen;     ///< sum h_t, lanes: not finite where a state was not

  T* activity(std::size_t t) const { return activities.data() + t * activity_stride; }
  T* state(std::size_t t) const { return states.data() + t * state_stride; }
  T* adjoint(std::size_t t, std::size_t chunk = chunk_steps) const {
    return adjoints.data() + (t - 1) % chunk * adjoint_stride;
  }
  T* errors(std::size_t t) const { return error_history.data() + (t - 1) * outputs * lanes; }
  const T* target(std::size_t t) const { return targets + (t - 1) * outputs * lanes; }
  const T* mask(std::size_t t) const { return masks + (t - 1) * outputs * lanes; }
};

/// The functions of one instruction set.
template <typename T>
struct Kernels {
  const char* target;        ///< its name
  std::size_t vector_lanes;  ///< of T in a vector
  std::size_t dot_rows;      ///< rows of TrialMatrix::rest, whose lanes are summed together
  /// Rows of a W and of its transpose as pack() lays them out, for `units` of them.
  std::size_t (*packed_rows)(Shape shape, std::size_t units);
  std::size_t (*sums_size)(std::size_t rows, std::size_t cols);
  /// matrix (row-major, rows x cols) = the sums of outer products; not for Shape::trial, whose sums
  /// are row-major themselves.
  void (*unpack_sums)(std::size_t rows, std::size_t cols, const T* sums, T* matrix);
  /// Packs a W and a U, but for Shape::trial, whose weights are not in blocks.
  void (*pack)(const T* W, const T* U, T leak, Shape shape, Weights<T>& weights);
  /// Forward and back over the staged trials; adds to the sums.
  void (*run)(const Weights<T>& weights, Shape shape, Tile<T>& tile);
};

/// Those of the best instruction set that the machine has.
template <typename T>
Kernels<T> best_kernels();

}  // namespace error_forcing::kernels
