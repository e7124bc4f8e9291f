// libtorch's automatic differentiation of the loop that its user would write. Inputs enter all
// steps at once, as its own recurrent layers do it: one large product instead of T small ones.

#include <torch/csrc/autograd/autograd.h>

#include "libtorch.hpp"

namespace {

using at::Tensor;

template <typename Scalar>
peers::Gradient<Scalar> prepare(const peers::Problem<Scalar>& problem) {
  const auto tensors = libtorch::tensors_of(problem);
  for (const auto& weight : tensors.weights()) weight.requires_grad_();
  return [=, a = double(problem.leak)](peers::Parameters<Scalar>& gradient) {
    const auto& [W, U, b, C, d, K, x, target] = tensors;
    const auto drive = at::linear(x, U, b).unbind();
    const auto targets = target.unbind();
    std::vector<Tensor> errors;
    auto h = at::zeros({x.size(1), W.size(0)}, W.options().requires_grad(false));
    for (std::size_t t = 0; t < drive.size(); ++t) {
      const auto u = (1 - a) * h + a * (at::linear(h.tanh(), W) + drive[t]);
      errors.push_back(targets[t] - at::linear(u, C, d));
      h = u + at::linear(errors.back().detach(), K);
    }
    const auto loss = at::stack(errors).square().mean();
    libtorch::copy(torch::autograd::grad({loss}, tensors.weights()), gradient);
  };
}

[[maybe_unused]] const bool added = peers::add<float>("libtorch autograd", prepare<float>) &&
                                    peers::add<double>("libtorch autograd", prepare<double>);

}  // namespace
