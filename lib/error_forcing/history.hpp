#pragma once
// The memory order shared by batches and trajectories: trials are lanes.
//
// Trials are grouped in tiles of a SIMD-friendly number of lanes and stored
// [tile][step][row][lane], so that one instruction works across trials and tiles are independent
// of each other in time. at(tile, step) is a row-major view rows x lanes in use, so that code
// reads like the equation. The padding lanes of the last tile are never in a view.
//
// Steps carry the indices of the equations: inputs, targets and errors run over 1..T, states over
// 0..T with h_0 at step 0.

#include <Eigen/StdVector>
#include <error_forcing/matrix.hpp>
#include <limits>
#include <vector>

namespace error_forcing {

/// How B trials of T steps are laid out in tiles of lanes.
struct Layout {
  Index trials = 0;  ///< B
  Index steps = 0;   ///< T
  Index lanes = 1;   ///< per tile, padding included

  Index tiles() const { return (trials + lanes - 1) / lanes; }
  /// Trials in a tile: `lanes` but for the last tile.
  Index lanes_in_use(Index tile) const { return std::min(lanes, trials - tile * lanes); }
  bool operator==(const Layout&) const = default;
};

/// Tiles of 32 lanes; a batch smaller than that is one tile without padding.
inline Layout tiled(Index trials, Index steps) {
  return {trials, steps, std::max<Index>(1, std::min<Index>(trials, 32))};
}

/// Values of every row, step and trial, e.g. the states of all units.
template <typename Scalar>
class History {
 public:
  History() = default;

  /// `rows` values per step and trial for the steps first_step..T, all set to zero.
  History(const Layout& layout, Index rows, Index first_step = 1)
      : layout_(layout),
        rows_(rows),
        first_step_(first_step),
        values_(static_cast<std::size_t>(layout.tiles() * (layout.steps + 1 - first_step) * rows *
                                         layout.lanes),
                Scalar(0)) {}

  const Layout& layout() const { return layout_; }
  Index rows() const { return rows_; }
  Index first_step() const { return first_step_; }

  Panel<Scalar> at(Index tile, Index step) {
    return {values_.data() + offset(tile, step), rows_, layout_.lanes_in_use(tile),
            Eigen::OuterStride<>(layout_.lanes)};
  }
  ConstPanel<Scalar> at(Index tile, Index step) const {
    return {values_.data() + offset(tile, step), rows_, layout_.lanes_in_use(tile),
            Eigen::OuterStride<>(layout_.lanes)};
  }

  /// Every step of a tile, one below the other as they lie in memory: (steps x rows) x lanes in
  /// use.
  ConstPanel<Scalar> steps_of(Index tile) const {
    const Index steps = layout_.steps + 1 - first_step_;
    return {values_.data() + offset(tile, first_step_), steps * rows_, layout_.lanes_in_use(tile),
            Eigen::OuterStride<>(layout_.lanes)};
  }

  Scalar& operator()(Index trial, Index step, Index row) {
    return values_[entry(trial, step, row)];
  }
  const Scalar& operator()(Index trial, Index step, Index row) const {
    return values_[entry(trial, step, row)];
  }

  void fill(Scalar value) { std::fill(values_.begin(), values_.end(), value); }

 private:
  Index offset(Index tile, Index step) const {
    const Index steps = layout_.steps + 1 - first_step_;
    return (tile * steps + step - first_step_) * rows_ * layout_.lanes;
  }
  std::size_t entry(Index trial, Index step, Index row) const {
    const Index lane = trial % layout_.lanes;
    return static_cast<std::size_t>(offset(trial / layout_.lanes, step) + row * layout_.lanes +
                                    lane);
  }

  Layout layout_;
  Index rows_ = 0;
  Index first_step_ = 1;
  std::vector<Scalar, Eigen::aligned_allocator<Scalar>> values_;
};

/// A history from row-major values [trial][step][row], as NumPy and PyTorch write them.
template <typename To, typename From>
History<To> from_row_major(const Layout& layout, Index rows, const From* values) {
  History<To> history(layout, rows);
  for (Index trial = 0; trial < layout.trials; ++trial)
    for (Index step = 1; step <= layout.steps; ++step)
      for (Index row = 0; row < rows; ++row) history(trial, step, row) = static_cast<To>(*values++);
  return history;
}

/// The inverse: steps 1..T of every trial, row-major [trial][step][row].
template <typename To, typename From>
std::vector<To> to_row_major(const History<From>& history) {
  const Layout& layout = history.layout();
  std::vector<To> values;
  values.reserve(static_cast<std::size_t>(layout.trials * layout.steps * history.rows()));
  for (Index trial = 0; trial < layout.trials; ++trial)
    for (Index step = 1; step <= layout.steps; ++step)
      for (Index row = 0; row < history.rows(); ++row)
        values.push_back(static_cast<To>(history(trial, step, row)));
  return values;
}

/// The same values in another precision.
template <typename To, typename From>
History<To> cast(const History<From>& history) {
  const Layout& layout = history.layout();
  History<To> result(layout, history.rows(), history.first_step());
  for (Index tile = 0; tile < layout.tiles(); ++tile)
    for (Index step = history.first_step(); step <= layout.steps; ++step)
      result.at(tile, step) = history.at(tile, step).template cast<To>();
  return result;
}

}  // namespace error_forcing
