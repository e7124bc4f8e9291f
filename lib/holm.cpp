#include <algorithm>
#include <error_forcing/errors.hpp>
#include <error_forcing/holm.hpp>
#include <numeric>

namespace error_forcing {

std::vector<double> holm_adjusted(const std::vector<double>& p) {
  for (const double value : p) require(value >= 0 && value <= 1, "p: want [0, 1], got {}", value);
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    const auto still_open = static_cast<double>(p.size() - k);
    largest = std::max(largest, std::min(1.0, still_open * p[order[k]]));
    adjusted[order[k]] = largest;
  }
  return adjusted;
}

}  // namespace error_forcing
