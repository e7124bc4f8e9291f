#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/sgd.hpp>

namespace error_forcing {

namespace {

template <typename Scalar>
void require_descent(const std::array<bool, 5>& trained, const Parameters<Scalar>& gradient,
                     const Sgd<Scalar>& state, const Parameters<Scalar>& parameters) {
  const auto theta = blocks(parameters), g = blocks(gradient), v = blocks(state.velocity);
  for (std::size_t k = 0; k < theta.size(); ++k) {
    const Index size = theta[k].size();
    require(g[k].size() == size && v[k].size() == size,
            "SGD, block {}: want {} entries, as the weights have; got {} in the gradient and {} in "
            "the velocity",
            block_names[k], size, g[k].size(), v[k].size());
    if (trained[k] && !g[k].allFinite())
      throw Divergence(fmt::format("dL/d{} holds a number that is not finite: the gradient "
                                   "explodes; lower the learning rate or the weights",
                                   block_names[k]),
                       0, 0);
  }
}

}  // namespace

void validate(const SgdOptions& options) {
  require(options.rate > 0 && std::isfinite(options.rate),
          "learning rate: want a finite value > 0, got {}", options.rate);
  require(options.momentum >= 0 && options.momentum < 1, "momentum: want a value in [0, 1), got {}",
          options.momentum);
}

template <typename Scalar>
void descend(const SgdOptions& options, const Parameters<Scalar>& gradient, Sgd<Scalar>& state,
             Parameters<Scalar>& parameters) {
  const auto trained = in_block_order(options.trained);
  validate(options);
  require_descent(trained, gradient, state, parameters);

  const Scalar mu(options.momentum), alpha(options.rate);
  ++state.steps;
  auto theta = blocks(parameters), v = blocks(state.velocity);
  const auto g = blocks(gradient);
  for (std::size_t k = 0; k < theta.size(); ++k) {
    if (!trained[k]) continue;
    v[k] = mu * v[k] + g[k];
    theta[k] -= alpha * v[k];
  }
}

#define INSTANTIATE(Scalar)                                                         \
  template void descend(const SgdOptions&, const Parameters<Scalar>&, Sgd<Scalar>&, \
                        Parameters<Scalar>&);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace error_forcing
