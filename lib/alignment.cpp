#include <algorithm>
#include <cmath>
#include <error_forcing/alignment.hpp>
#include <error_forcing/errors.hpp>

namespace error_forcing {

const std::vector<WeightGroup>& weight_groups() {
  static const std::vector<WeightGroup> groups{{"all", {block_names.begin(), block_names.end()}},
                                               {"dynamics", {"W", "U", "b"}},
                                               {"readout", {"C", "d"}}};
  return groups;
}

const std::vector<WeightGroup>& block_groups() {
  static const std::vector<WeightGroup> groups = [] {
    std::vector<WeightGroup> all;
    for (const auto name : block_names) all.push_back({std::string(name), {name}});
    return all;
  }();
  return groups;
}

namespace {

Parameters<double> restricted(const Parameters<double>& p, const WeightGroup& group) {
  auto result = zero_like(p);
  const auto from = blocks(p);
  const auto to = blocks(result);
  for (const auto name : group.blocks) {
    const auto found = std::find(block_names.begin(), block_names.end(), name);
    require(found != block_names.end(), "weight group {}: no block is called '{}'", group.name,
            name);
    const auto k = static_cast<std::size_t>(found - block_names.begin());
    BlockView<double> view(to[k]);
    view = from[k];
  }
  return result;
}

double sign_agreement(const Parameters<double>& a, const Parameters<double>& b) {
  const auto of_a = blocks(a), of_b = blocks(b);
  double same = 0, different = 0;
  for (std::size_t k = 0; k < of_a.size(); ++k)
    for (Index i = 0; i < of_a[k].size(); ++i) {
      const double x = of_a[k](i), y = of_b[k](i);
      if (x == 0 || y == 0) continue;
      ((x > 0) == (y > 0) ? same : different) += 1;
    }
  return same / (same + different);
}

}  // namespace

Alignment alignment(const Parameters<double>& gradient, const Parameters<double>& reference,
                    const WeightGroup& group) {
  require(gradient.W.size() == reference.W.size() && gradient.U.size() == reference.U.size() &&
              gradient.C.size() == reference.C.size(),
          "alignment: want gradients of one network, got {} units and {} outputs, and {} and {}",
          gradient.units(), gradient.outputs(), reference.units(), reference.outputs());
  const auto g = restricted(gradient, group), r = restricted(reference, group);
  const double product = inner_product(g, r);
  const double g_norm = std::sqrt(inner_product(g, g)), r_norm = std::sqrt(inner_product(r, r));
  return {product / (g_norm * r_norm), g_norm / r_norm, product / (r_norm * r_norm),
          sign_agreement(g, r)};
}

}  // namespace error_forcing
