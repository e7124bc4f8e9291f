#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/gradient_clipping.hpp>

namespace error_forcing {

namespace {

[[noreturn]] void throw_exploded(std::string_view block) {
  throw Divergence(fmt::format("dL/d{} holds a number that is not finite: the gradient explodes "
                               "beyond clipping; lower the learning rate or the weights",
                               block),
                   0, 0);
}

}  // namespace

template <typename Scalar>
double gradient_norm(const TrainedBlocks& trained, const Parameters<Scalar>& gradient) {
  const auto counts = in_block_order(trained);
  const auto g = blocks(gradient);
  double norm = 0;
  for (std::size_t k = 0; k < g.size(); ++k) {
    if (!counts[k]) continue;
    if (!g[k].allFinite()) throw_exploded(block_names[k]);
    norm = std::hypot(norm, g[k].template cast<double>().stableNorm());
    if (!std::isfinite(norm)) throw_exploded(block_names[k]);
  }
  return norm;
}

template <typename Scalar>
double clip_gradient(const TrainedBlocks& trained, double max_norm, Parameters<Scalar>& gradient) {
  require(max_norm > 0 && std::isfinite(max_norm), "clipping norm: want a finite value > 0, got {}",
          max_norm);
  const double norm = gradient_norm(trained, gradient);
  const double factor = max_norm / (norm + 1e-6);
  if (factor >= 1) return norm;
  const auto counts = in_block_order(trained);
  auto g = blocks(gradient);
  for (std::size_t k = 0; k < g.size(); ++k)
    if (counts[k]) g[k] *= static_cast<Scalar>(factor);
  return norm;
}

#define INSTANTIATE(Scalar)                                                       \
  template double gradient_norm(const TrainedBlocks&, const Parameters<Scalar>&); \
  template double clip_gradient(const TrainedBlocks&, double, Parameters<Scalar>&);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace error_forcing
