#include "fused_gradient/memory.hpp"

#include <array>

namespace error_forcing::kernels {

namespace {

template <typename T>
Panel<T> rows_of(const AlignedArray<T>& values, Index rows, Index cols, std::size_t stride) {
  return {values.data(), rows, cols, Eigen::OuterStride<>(static_cast<Index>(stride))};
}

template <typename T>
T total(const AlignedArray<T>& values) {
  return ConstBlockView<T>(values.data(), static_cast<Index>(values.size())).sum();
}

// Everything that is summed over steps and trials.
template <typename T>
auto all_sums(const Tile<T>& tile) {
  return std::array{&tile.recurrent_sums, &tile.readout_sums,   &tile.output_sums,
                    &tile.squared_errors, &tile.squared_states, &tile.states_seen};
}

// A distance between steps, in entries, that spreads the rows of a chunk over the sets of the L1
// cache: a multiple of a cache line, and not near a multiple of 64 lines, where all would collide.
template <typename T>
std::size_t spread_stride(std::size_t entries) {
  constexpr std::size_t per_line = cache_line / sizeof(T), sets = 64, offset = 13;
  std::size_t lines = (entries + per_line - 1) / per_line;
  if (lines % sets < offset || lines % sets > sets - offset)
    lines += (offset + sets - lines % sets) % sets;
  return lines * per_line;
}

template <typename T>
TrialMatrix<T> make_trial_matrix(const Kernels<T>& kernels, std::size_t rows, std::size_t depth) {
  TrialMatrix<T> matrix;
  const std::size_t vector = kernels.vector_lanes, rest = rows % vector;
  const bool by_rows = rest > 0 && rest <= kernels.dot_rows;
  matrix.depth = depth;
  matrix.padded_depth = rounded_up(depth, vector);
  matrix.whole = by_rows ? rows - rest : rounded_up(rows, vector);
  matrix.columns = AlignedArray<T>(depth * matrix.whole);
  if (by_rows) matrix.rest = AlignedArray<T>(kernels.dot_rows * matrix.padded_depth);
  return matrix;
}

// Writes a block whose upper left corner is at (row, col).
template <typename T, typename Block>
void put(const Block& block, Index row, Index col, TrialMatrix<T>& matrix) {
  const auto whole = static_cast<Index>(matrix.whole), depth = static_cast<Index>(matrix.depth);
  const Index by_columns = std::clamp(whole - row, Index(0), block.rows());
  const Index by_rows = block.rows() - by_columns;
  if (by_columns > 0)
    rows_of(matrix.columns, depth, whole, matrix.whole).block(col, row, block.cols(), by_columns) =
        block.topRows(by_columns).transpose();
  if (by_rows > 0)
    rows_of(matrix.rest, row + block.rows() - whole, depth, matrix.padded_depth)
        .block(row + by_columns - whole, col, by_rows, block.cols()) = block.bottomRows(by_rows);
}

}  // namespace

template <typename T>
Weights<T> make_weights(const Kernels<T>& kernels, Shape shape, Index units, Index inputs,
                        Index outputs) {
  Weights<T> w;
  w.units = static_cast<std::size_t>(units);
  w.inputs = static_cast<std::size_t>(inputs);
  w.outputs = static_cast<std::size_t>(outputs);
  w.padded_units = w.units;
  const auto array = [](std::size_t size) { return AlignedArray<T>(size); };
  if (shape == Shape::trial) {
    w.padded_units = rounded_up(w.units + w.outputs, kernels.vector_lanes);
    w.trial_recurrent = make_trial_matrix(kernels, w.units + w.outputs, w.panel_rows());
    w.trial_transposed = make_trial_matrix(kernels, w.units, w.units);
  } else {
    const std::size_t rows = kernels.packed_rows(shape, w.units);
    w.recurrent = array(rows * w.depth());
    w.transposed = array(rows * w.units);
  }
  w.bias = array(w.units);
  w.C = array(w.outputs * w.padded_units);
  w.gain = array(w.outputs * w.padded_units);
  w.credit = array(w.outputs * w.padded_units);
  w.diagonal = array(w.padded_units);
  w.d = array(w.outputs);
  return w;
}

template <typename T>
Tile<T> make_tile(const Kernels<T>& kernels, Shape shape, std::size_t steps,
                  const Weights<T>& weights) {
  Tile<T> tile;
  const bool one_trial = shape == Shape::trial;
  const std::size_t vector = kernels.vector_lanes, outputs = weights.outputs;
  const std::size_t lanes = one_trial ? 1 : shape == Shape::wide ? 2 * vector : vector;
  const std::size_t units = weights.padded_units, lane_sums = std::max(lanes, vector);
  tile.steps = steps, tile.lanes = lanes, tile.units = units, tile.outputs = outputs;
  tile.activity_stride = one_trial ? rounded_up(weights.panel_rows(), vector)
                                   : spread_stride<T>(weights.panel_rows() * lanes);
  tile.adjoint_stride = one_trial ? units : spread_stride<T>(units * lanes);
  const auto array = [](std::size_t size) { return AlignedArray<T>(size); };
  tile.activities = array((steps + 1) * tile.activity_stride);
  for (std::size_t t = 0; t < steps; ++t)
    std::fill_n(tile.activity(t) + weights.depth() * lanes, lanes, T(1));  // stays for every batch
  tile.states = array(units * lanes);
  tile.adjoints = array((one_trial ? trial_chunk_steps : chunk_steps) * tile.adjoint_stride);
  tile.error_history = array(steps * outputs * lanes);
  tile.copied_targets = array(steps * outputs * lanes);
  tile.copied_masks = array(steps * outputs * lanes);
  tile.product = array(units * lanes);
  tile.signal = array(outputs * lanes);
  tile.in_use = array(lanes);
  tile.observed.resize(steps);
  tile.recurrent_sums = array(one_trial ? weights.units * tile.activity_stride
                                        : kernels.sums_size(units, weights.panel_rows()));
  tile.unpacked_sums = array(one_trial ? 0 : units * weights.panel_rows());
  tile.readout_sums = array(outputs * units * (one_trial ? 1 : vector));
  tile.output_sums = array(outputs * lanes);
  tile.squared_errors = array(lane_sums);
  tile.squared_states = array(lane_sums);
  tile.states_seen = array(lane_sums);
  return tile;
}

template <typename T>
void load_weights(const Network<T>& network, const Feedback<T>& feedback, const Kernels<T>& kernels,
                  Shape shape, Weights<T>& weights) {
  const auto& [W, U, b, C, d] = network.parameters;
  const Index units = network.units(), inputs = network.inputs(), outputs = network.outputs();
  const T leak = network.leak;
  weights.fed_back = feedback.gain.size() > 0;
  if (shape == Shape::trial) {
    auto& recurrent = weights.trial_recurrent;
    put(leak * W, 0, 0, recurrent);
    put(leak * U, 0, units, recurrent);
    put(leak * b, 0, units + inputs, recurrent);
    put(leak * C.lazyProduct(W), units, 0, recurrent);
    put(leak * C.lazyProduct(U), units, units, recurrent);
    put(leak * C.lazyProduct(b), units, units + inputs, recurrent);
    put(leak * W.transpose(), 0, 0, weights.trial_transposed);
    auto gain = rows_of(weights.gain, outputs, units + outputs, weights.padded_units);
    if (weights.fed_back) {
      gain.leftCols(units) = feedback.gain.transpose();
      gain.rightCols(outputs) = C.lazyProduct(feedback.gain).transpose();
    }
  } else {
    kernels.pack(W.data(), U.data(), leak, shape, weights);
    BlockView<T>(weights.bias.data(), units) = leak * b;
    if (weights.fed_back) rows_of(weights.gain, units, outputs, weights.outputs) = feedback.gain;
  }
  rows_of(weights.C, outputs, units, weights.padded_units) = C;
  BlockView<T>(weights.d.data(), outputs) = d;
  weights.activation = network.activation;
  weights.keep = 1 - leak;
  weights.pull = feedback.pull;
  weights.anchor = feedback.anchor;
  weights.first_mask_channel = feedback.first_mask_channel;
}

template <typename T>
void load_credit(const Network<T>& network, Weights<T>& weights) {
  weights.kept.reset();
  rows_of(weights.credit, network.outputs(), network.units(), weights.padded_units) =
      network.parameters.C;
}

template <typename T>
void load_credit(const Network<T>& network, KeptJacobian kept, const Matrix<T>& B,
                 Weights<T>& weights) {
  weights.kept = kept;
  rows_of(weights.credit, network.outputs(), network.units(), weights.padded_units) = B.transpose();
  BlockView<T>(weights.diagonal.data(), network.units()) =
      network.leak * network.parameters.W.diagonal();
}

template <typename T>
void keep_states(bool all, Tile<T>& tile) {
  const std::size_t stride = all ? tile.units * tile.lanes : 0;
  if (tile.states.size() < (tile.steps + 1) * stride)
    tile.states = AlignedArray<T>((tile.steps + 1) * stride);
  tile.state_stride = stride;
}

template <typename T>
void clear_sums(Tile<T>& tile) {
  for (const auto* sums : all_sums(tile)) std::fill_n(sums->data(), sums->size(), T(0));
}

template <typename T>
void add_sums(const Tile<T>& from, Tile<T>& to) {
  const auto terms = all_sums(from), sums = all_sums(to);
  for (std::size_t k = 0; k < sums.size(); ++k) {
    const auto size = static_cast<Index>(sums[k]->size());
    BlockView<T>(sums[k]->data(), size) += ConstBlockView<T>(terms[k]->data(), size);
  }
}

template <typename T>
Sums<T> sums_of(const Tile<T>& tile) {
  return {total(tile.squared_errors), total(tile.squared_states), total(tile.states_seen)};
}

template <typename T>
void read_gradient(const Kernels<T>& kernels, Shape shape, const Network<T>& network, Tile<T>& tile,
                   Parameters<T>& gradient) {
  const Index units = network.units(), inputs = network.inputs(), outputs = network.outputs();
  const auto panel_rows = static_cast<std::size_t>(units + inputs + 1);
  if (shape != Shape::trial)
    kernels.unpack_sums(tile.units, panel_rows, tile.recurrent_sums.data(),
                        tile.unpacked_sums.data());
  const auto recurrent =
      shape == Shape::trial
          ? rows_of(tile.recurrent_sums, units, units + inputs + 1, tile.activity_stride)
          : rows_of(tile.unpacked_sums, units, units + inputs + 1, panel_rows);
  gradient.W = network.leak * recurrent.leftCols(units);
  gradient.U = network.leak * recurrent.middleCols(units, inputs);
  gradient.b = network.leak * recurrent.col(units + inputs);
  const auto lanes = static_cast<Index>(tile.lanes), rows = static_cast<Index>(tile.units);
  const auto width = tile.readout_sums.size() / static_cast<std::size_t>(outputs * rows);
  const auto readout = rows_of(tile.readout_sums, outputs * rows, static_cast<Index>(width), width);
  gradient.C.resize(outputs, units);
  for (Index p = 0; p < outputs; ++p)
    gradient.C.row(p) = readout.middleRows(p * rows, units).rowwise().sum();
  gradient.d = rows_of(tile.output_sums, outputs, lanes, tile.lanes).rowwise().sum();
}

#define INSTANTIATE(T)                                                                        \
  template Weights<T> make_weights(const Kernels<T>&, Shape, Index, Index, Index);            \
  template Tile<T> make_tile(const Kernels<T>&, Shape, std::size_t, const Weights<T>&);       \
  template void load_weights(const Network<T>&, const Feedback<T>&, const Kernels<T>&, Shape, \
                             Weights<T>&);                                                    \
  template void load_credit(const Network<T>&, Weights<T>&);                                  \
  template void load_credit(const Network<T>&, KeptJacobian, const Matrix<T>&, Weights<T>&);  \
  template Sums<T> sums_of(const Tile<T>&);                                                   \
  template void add_sums(const Tile<T>&, Tile<T>&);                                           \
  template void read_gradient(const Kernels<T>&, Shape, const Network<T>&, Tile<T>&,          \
                              Parameters<T>&);                                                \
  template void keep_states(bool, Tile<T>&);                                                  \
  template void clear_sums(Tile<T>&);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace error_forcing::kernels
