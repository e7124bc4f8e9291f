// How a batch is put into a tile: see memory.hpp.

#include "fused_gradient/memory.hpp"

namespace error_forcing::kernels {

namespace {

// Where a tile's trials lie in a batch, which may have tiles of another size.
struct Place {
  Index tile, lane;  // of the first trial
  Index trials;      // the lanes that hold one; those beyond repeat the last
};

// Whether a tile of the batch holds the trials as a tile of ours does.
template <typename T>
bool lies_as_here(const History<T>& history, const Place& place, Index lanes) {
  return place.trials == lanes && history.layout().lanes == lanes;
}

// Every step, `stride` entries apart. A tile of the batch after the other, each with its part of
// the lanes.
template <typename T>
void copy_steps(const History<T>& history, const Place& place, Index lanes, Index stride, T* to) {
  const Index rows = history.rows(), steps = history.layout().steps;
  const Index batch_lanes = history.layout().lanes;
  if (rows == 0) return;  // a network without inputs, whose history has no memory
  if (lies_as_here(history, place, lanes)) {  // the rows of a step side by side
    const T* from = history.steps_of(place.tile).data();
    for (Index step = 0; step < steps; ++step, from += rows * lanes, to += stride)
      std::copy_n(from, rows * lanes, to);
    return;
  }
  Index done = 0;
  for (Index tile = place.tile, lane = place.lane; done < place.trials; ++tile, lane = 0) {
    const Index count = std::min(place.trials - done, batch_lanes - lane);
    const T* from = history.steps_of(tile).data() + lane;
    for (Index step = 0; step < steps; ++step)
      for (Index row = 0; row < rows; ++row, from += batch_lanes)
        std::copy_n(from, count, to + step * stride + row * lanes + done);
    done += count;
  }
  for (Index step = 0; step < steps && done < lanes; ++step)
    for (Index row = 0; row < rows; ++row) {
      T* values = to + step * stride + row * lanes;
      std::fill(values + done, values + lanes, values[done - 1]);
    }
}

// Every step where it lies in the batch, or a copy if it lies otherwise than here.
template <typename T>
const T* steps_in_place(const History<T>& history, const Place& place, Index lanes,
                        AlignedArray<T>& copy) {
  if (lies_as_here(history, place, lanes)) return history.steps_of(place.tile).data();
  copy_steps(history, place, lanes, history.rows() * lanes, copy.data());
  return copy.data();
}

}  // namespace

template <typename T>
void stage(const Network<T>& network, const Batch<T>& batch, Index first, Tile<T>& tile) {
  const auto lanes = static_cast<Index>(tile.lanes), units = network.units();
  const Layout& layout = batch.layout();
  const Place place{first / layout.lanes, first % layout.lanes,
                    std::min(lanes, layout.trials - first)};
  std::fill_n(tile.in_use.data(), place.trials, T(1));
  std::fill_n(tile.in_use.data() + place.trials, lanes - place.trials, T(0));
  const auto& h_0 = network.initial_state;
  std::fill_n(tile.state(0), tile.units * tile.lanes, T(0));
  for (Index i = 0; i < h_0.size(); ++i) std::fill_n(tile.state(0) + i * lanes, lanes, h_0(i));
  const Index outputs = network.outputs();
  if (h_0.size() > 0 && static_cast<Index>(tile.units) > units)  // one trial: C h_0 behind h_0
    BlockView<T>(tile.state(0) + units, outputs) = network.parameters.C.lazyProduct(h_0);
  copy_steps(batch.inputs, place, lanes, static_cast<Index>(tile.activity_stride),
             tile.activity(0) + units * lanes);
  tile.masks = steps_in_place(batch.mask, place, lanes, tile.copied_masks);
  tile.targets = steps_in_place(batch.targets, place, lanes, tile.copied_targets);
  for (std::size_t t = 1; t <= tile.steps; ++t)
    tile.observed[t - 1] =
        std::any_of(tile.mask(t), tile.mask(t) + outputs * lanes, [](T m) { return m != T(0); });
}

template void stage(const Network<float>&, const Batch<float>&, Index, Tile<float>&);
template void stage(const Network<double>&, const Batch<double>&, Index, Tile<double>&);

}  // namespace error_forcing::kernels
