#pragma once
// The trained weights theta = (W, U, b, C, d). A gradient is the same type, and so is Adam's state.
//
//   letter  meaning                         size
//   W       recurrent weights               N x N, row = postsynaptic unit
//   U       input weights                   N x I
//   b       bias                            N
//   C       readout weights                 P x N
//   d       readout bias                    P

#include <array>
#include <error_forcing/matrix.hpp>
#include <string_view>

namespace error_forcing {

/// Names of the blocks, in the order in which blocks() returns them.
inline constexpr std::array<std::string_view, 5> block_names{"W", "U", "b", "C", "d"};

template <typename Scalar>
struct Parameters {
  Matrix<Scalar> W;
  Matrix<Scalar> U;
  Vector<Scalar> b;
  Matrix<Scalar> C;
  Vector<Scalar> d;

  Index units() const { return W.rows(); }
  Index inputs() const { return U.cols(); }
  Index outputs() const { return C.rows(); }
};

template <typename Scalar>
using BlockView = Eigen::Map<Vector<Scalar>>;
template <typename Scalar>
using ConstBlockView = Eigen::Map<const Vector<Scalar>>;

/// The five blocks as flat vectors (row-major order), for code that treats all weights alike.
template <typename Scalar>
std::array<BlockView<Scalar>, 5> blocks(Parameters<Scalar>& p) {
  const auto view = [](auto& block) { return BlockView<Scalar>(block.data(), block.size()); };
  return {view(p.W), view(p.U), view(p.b), view(p.C), view(p.d)};
}
template <typename Scalar>
std::array<ConstBlockView<Scalar>, 5> blocks(const Parameters<Scalar>& p) {
  const auto view = [](auto& block) { return ConstBlockView<Scalar>(block.data(), block.size()); };
  return {view(p.W), view(p.U), view(p.b), view(p.C), view(p.d)};
}

template <typename Scalar>
Parameters<Scalar> zero_parameters(Index units, Index inputs, Index outputs) {
  return {Matrix<Scalar>::Zero(units, units), Matrix<Scalar>::Zero(units, inputs),
          Vector<Scalar>::Zero(units), Matrix<Scalar>::Zero(outputs, units),
          Vector<Scalar>::Zero(outputs)};
}

template <typename Scalar>
Parameters<Scalar> zero_like(const Parameters<Scalar>& p) {
  return zero_parameters<Scalar>(p.units(), p.inputs(), p.outputs());
}

/// Makes p all zeros of the given shape; allocates only if its own shape is another.
template <typename Scalar>
void set_zero(Parameters<Scalar>& p, const Parameters<Scalar>& shape) {
  p.W.setZero(shape.W.rows(), shape.W.cols());
  p.U.setZero(shape.U.rows(), shape.U.cols());
  p.b.setZero(shape.b.size());
  p.C.setZero(shape.C.rows(), shape.C.cols());
  p.d.setZero(shape.d.size());
}

/// target += factor * direction, block by block; equal shapes.
template <typename Scalar>
void add_scaled(Parameters<Scalar>& target, Scalar factor, const Parameters<Scalar>& direction) {
  const auto to = blocks(target);
  const auto from = blocks(direction);
  for (std::size_t k = 0; k < to.size(); ++k) BlockView<Scalar>(to[k]) += factor * from[k];
}

template <typename To, typename From>
Parameters<To> cast(const Parameters<From>& p) {
  return {p.W.template cast<To>(), p.U.template cast<To>(), p.b.template cast<To>(),
          p.C.template cast<To>(), p.d.template cast<To>()};
}

}  // namespace error_forcing
