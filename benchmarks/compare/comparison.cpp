#include "comparison.hpp"

#include <algorithm>
#include <error_forcing/errors.hpp>

#include "../clock.hpp"

namespace error_forcing::benchmarks {

namespace {

constexpr std::size_t enough_repetitions = 3;
constexpr double least_noise = 0.03, assumed_noise = 0.10;

double relative_range(const std::vector<double>& values) {
  const auto [least, largest] = std::minmax_element(values.begin(), values.end());
  return (*largest - *least) / median(values);
}

double noise(const std::vector<double>& before, const std::vector<double>& after) {
  if (std::min(before.size(), after.size()) < enough_repetitions) return assumed_noise;
  return std::max(least_noise, relative_range(before) + relative_range(after));
}

}  // namespace

std::vector<Change> changes(const Ratios& before, const Ratios& after) {
  std::vector<Change> result;
  for (const auto& [name, old_values] : before.values) {
    const auto found = after.values.find(name);
    if (found == after.values.end()) continue;
    const auto& new_values = found->second;
    result.push_back({name, median(old_values), median(new_values), noise(old_values, new_values)});
  }
  require(!result.empty() || !newly_withheld(before, after).empty(),
          "the two files have no ratio in common; run the same benchmarks for both");
  return result;
}

std::vector<std::string> newly_withheld(const Ratios& before, const Ratios& after) {
  std::vector<std::string> names;
  for (const auto& [name, values] : before.values)
    if (std::count(after.withheld.begin(), after.withheld.end(), name.first) > 0 &&
        (names.empty() || names.back() != name.first))
      names.push_back(name.first);
  return names;
}

}  // namespace error_forcing::benchmarks
