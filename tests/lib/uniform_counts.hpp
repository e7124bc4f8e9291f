#pragma once
// Whether what a task draws is uniform, and whether two draws are the same.

#include <boost/math/distributions/chi_squared.hpp>
#include <error_forcing/history.hpp>
#include <vector>

namespace error_forcing::test {

inline double chi_squared(const std::vector<double>& counts) {
  double total = 0, sum = 0;
  for (const double count : counts) total += count;
  const double want = total / static_cast<double>(counts.size());
  for (const double count : counts) sum += (count - want) * (count - want) / want;
  return sum;
}

/// What uniform counts exceed once in a million seeds.
inline double chi_squared_limit(std::size_t cells) {
  const boost::math::chi_squared law(static_cast<double>(cells - 1));
  return boost::math::quantile(boost::math::complement(law, 1e-6));
}

inline bool equal(const History<double>& a, const History<double>& b) {
  return to_row_major<double>(a) == to_row_major<double>(b);
}

}  // namespace error_forcing::test
