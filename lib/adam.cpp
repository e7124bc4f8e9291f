#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <error_forcing/adam.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>

namespace error_forcing {

TrainedBlocks trained_blocks(const std::vector<std::string>& names) {
  for (const auto& name : names)
    require(std::find(block_names.begin(), block_names.end(), name) != block_names.end(),
            "trained blocks: unknown '{}'; use some of {}", name, fmt::join(block_names, ", "));
  const auto has = [&](const char* block) {
    return std::find(names.begin(), names.end(), block) != names.end();
  };
  return {has("W"), has("U"), has("b"), has("C"), has("d")};
}

std::vector<std::string> names_of(const TrainedBlocks& trained) {
  std::vector<std::string> names;
  const auto flags = in_block_order(trained);
  for (std::size_t k = 0; k < flags.size(); ++k)
    if (flags[k]) names.emplace_back(block_names[k]);
  return names;
}

namespace {

template <typename Scalar>
void require_usable(const std::array<bool, 5>& trained, const Parameters<Scalar>& gradient,
                    const Adam<Scalar>& state, const Parameters<Scalar>& parameters) {
  const auto theta = blocks(parameters), g = blocks(gradient);
  const auto m = blocks(state.first), v = blocks(state.second);
  for (std::size_t k = 0; k < theta.size(); ++k) {
    const Index size = theta[k].size();
    require(g[k].size() == size && m[k].size() == size && v[k].size() == size,
            "Adam, block {}: want {} entries, as the weights have; got {} in the gradient and "
            "{} and {} in the moments",
            block_names[k], size, g[k].size(), m[k].size(), v[k].size());
    if (trained[k] && !g[k].array().square().allFinite())
      throw Divergence(fmt::format("dL/d{} holds a NaN or a number whose square is not finite: the "
                                   "gradient explodes; lower the learning rate or the weights",
                                   block_names[k]),
                       0, 0);
  }
}

}  // namespace

void validate(const AdamOptions& options) {
  const auto is_decay = [](double beta) { return beta >= 0 && beta < 1; };
  require(options.rate > 0 && std::isfinite(options.rate),
          "learning rate: want a finite value > 0, got {}", options.rate);
  require(is_decay(options.beta1) && is_decay(options.beta2),
          "Adam: want beta1 and beta2 in [0, 1), got {} and {}", options.beta1, options.beta2);
  require(options.epsilon > 0 && std::isfinite(options.epsilon),
          "Adam: want a finite epsilon > 0, got {}", options.epsilon);
}

template <typename Scalar>
void descend(const AdamOptions& options, const Parameters<Scalar>& gradient, Adam<Scalar>& state,
             Parameters<Scalar>& parameters) {
  using std::pow, std::sqrt;
  const auto trained = in_block_order(options.trained);
  validate(options);
  require_usable(trained, gradient, state, parameters);

  const auto t = static_cast<double>(++state.steps);
  const Scalar beta1(options.beta1), rest1(1 - options.beta1);
  const Scalar beta2(options.beta2), rest2(1 - options.beta2);
  const Scalar alpha(options.rate / (1 - pow(options.beta1, t)));
  const Scalar root(sqrt(1 - pow(options.beta2, t)));
  const Scalar epsilon(options.epsilon);

  auto theta = blocks(parameters), m = blocks(state.first), v = blocks(state.second);
  const auto g = blocks(gradient);
  for (std::size_t k = 0; k < theta.size(); ++k) {
    if (!trained[k]) continue;
    auto m_k = m[k].array(), v_k = v[k].array(), theta_k = theta[k].array();
    m_k = beta1 * m_k + rest1 * g[k].array();
    v_k = beta2 * v_k + rest2 * g[k].array().square();
    theta_k -= alpha * m_k / (v_k.sqrt() / root + epsilon);
  }
}

#define INSTANTIATE(Scalar)                                                           \
  template void descend(const AdamOptions&, const Parameters<Scalar>&, Adam<Scalar>&, \
                        Parameters<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
