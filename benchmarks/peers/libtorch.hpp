#pragma once
// What the two libtorch peers share: the problem as tensors, time first, and the gradient back.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "peer.hpp"

namespace libtorch {

struct Tensors {
  at::Tensor W, U, b, C, d;
  at::Tensor K;          // N x P
  at::Tensor x, target;  // T x B x I, T x B x P

  std::vector<at::Tensor> weights() const { return {W, U, b, C, d}; }
};

template <typename Scalar>
at::Tensor tensor_of(const std::vector<Scalar>& values, at::IntArrayRef shape) {
  const auto type = at::dtype(c10::CppTypeToScalarType<Scalar>::value);
  return at::from_blob(const_cast<Scalar*>(values.data()), shape, type).clone();
}

template <typename Scalar>
Tensors tensors_of(const peers::Problem<Scalar>& problem) {
  at::set_num_threads(1);
  const auto& [B, T, N, I, P, a, weights, K, x, target] = problem;
  const auto time_first = [&, B = B, T = T](const std::vector<Scalar>& values, long rows) {
    return tensor_of(values, {B, T, rows}).transpose(0, 1).contiguous();
  };
  return {tensor_of(weights.W, {N, N}),
          tensor_of(weights.U, {N, I}),
          tensor_of(weights.b, {N}),
          tensor_of(weights.C, {P, N}),
          tensor_of(weights.d, {P}),
          tensor_of(K, {N, P}),
          time_first(x, I),
          time_first(target, P)};
}

template <typename Scalar>
void copy(const std::vector<at::Tensor>& blocks, peers::Parameters<Scalar>& gradient) {
  std::vector<Scalar>* arrays[] = {&gradient.W, &gradient.U, &gradient.b, &gradient.C, &gradient.d};
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    const auto block = blocks[k].contiguous();
    const Scalar* values = block.data_ptr<Scalar>();
    arrays[k]->assign(values, values + block.numel());
  }
}

}  // namespace libtorch
