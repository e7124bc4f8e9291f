#pragma once
// The memory behind a FusedWorkspace, and how a batch and a network are put into it.

#include <cmath>
#include <error_forcing/fused_gradient.hpp>

#include "fused_gradient/tile.hpp"

namespace error_forcing {

template <typename Scalar>
struct FusedWorkspace<Scalar>::Memory {
  Layout layout;
  kernels::Kernels<Scalar> kernels;
  kernels::Shape shape = kernels::Shape::wide;
  kernels::Weights<Scalar> weights;            ///< packed once a call
  std::vector<kernels::Tile<Scalar>> threads;  ///< the tile that each thread works in

  Index lanes() const { return static_cast<Index>(threads.front().lanes); }
  Index tiles() const { return (layout.trials + lanes() - 1) / lanes(); }
};

namespace kernels {

/// Room for the packed weights.
template <typename T>
Weights<T> make_weights(const Kernels<T>& kernels, Shape shape, Index units, Index inputs,
                        Index outputs);

/// The memory of one thread.
template <typename T>
Tile<T> make_tile(const Kernels<T>& kernels, Shape shape, std::size_t steps,
                  const Weights<T>& weights);

/// Packs the network and the feedback, once a call.
template <typename T>
void load_weights(const Network<T>& network, const Feedback<T>& feedback, const Kernels<T>& kernels,
                  Shape shape, Weights<T>& weights);

/// What the way back is made of: all of J and C', or what a rule keeps of J and its B, N x P.
template <typename T>
void load_credit(const Network<T>& network, Weights<T>& weights);
template <typename T>
void load_credit(const Network<T>& network, KeptJacobian kept, const Matrix<T>& B,
                 Weights<T>& weights);

/// Keeps the states of all steps, which the activity penalty needs, or only the latest.
template <typename T>
void keep_states(bool all, Tile<T>& tile);

template <typename T>
void clear_sums(Tile<T>& tile);

/// Adds what one tile has summed to what another has.
template <typename T>
void add_sums(const Tile<T>& from, Tile<T>& to);

/// Puts the trials from `first` on into the tile, which the batch must outlive: inputs, targets,
/// mask and h_0. Lanes beyond the last trial repeat it, so that they are as finite as it is, and
/// count for nothing.
template <typename T>
void stage(const Network<T>& network, const Batch<T>& batch, Index first, Tile<T>& tile);

/// What the objective needs to know of a tile.
template <typename T>
struct Sums {
  T squared_errors{}, squared_states{};
  T states{};  ///< not finite where a state was not

  bool finite() const { return std::isfinite(squared_errors + squared_states + states); }
};
template <typename T>
Sums<T> sums_of(const Tile<T>& tile);

/// The gradient that a tile has summed.
template <typename T>
void read_gradient(const Kernels<T>& kernels, Shape shape, const Network<T>& network, Tile<T>& tile,
                   Parameters<T>& gradient);

}  // namespace kernels
}  // namespace error_forcing
