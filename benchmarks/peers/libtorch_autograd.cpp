// libtorch's automatic differentiation of the loop that its user would write. What does not wait
// for the step before, the inputs and the loss, is done for all steps at once.

#include <torch/csrc/autograd/autograd.h>

#include "libtorch.hpp"

namespace {

using at::Tensor;

// Held fixed, hence without a history.
Tensor displacement(const Tensor& u, const libtorch::Tensors& p, const Tensor& target) {
  const at::NoGradGuard held;
  return at::linear(target - at::linear(u, p.C, p.d), p.K);
}

template <typename Scalar>
peers::Gradient<Scalar> prepare(const peers::Problem<Scalar>& problem) {
  const auto tensors = libtorch::tensors_of(problem);
  for (const auto& weight : tensors.weights()) weight.requires_grad_();
  return [=, a = double(problem.leak)](peers::Parameters<Scalar>& gradient) {
    const auto& [W, U, b, C, d, K, x, target] = tensors;
    const auto drive = at::linear(x, U, b).unbind(), targets = target.unbind();
    const auto W_transposed = W.t();
    std::vector<Tensor> states;
    auto h = at::zeros({x.size(1), W.size(0)}, x.options());
    for (std::size_t t = 0; t < drive.size(); ++t) {
      const auto u = h.lerp(at::addmm(drive[t], h.tanh(), W_transposed), a);
      h = u + displacement(u.detach(), tensors, targets[t]);
      states.push_back(u);
    }
    const auto loss = at::mse_loss(at::linear(at::stack(states), C, d), target);
    libtorch::copy(torch::autograd::grad({loss}, tensors.weights()), gradient);
  };
}

[[maybe_unused]] const bool added = peers::add<float>("libtorch autograd", prepare<float>) &&
                                    peers::add<double>("libtorch autograd", prepare<double>);

}  // namespace
