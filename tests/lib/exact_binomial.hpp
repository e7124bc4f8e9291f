#pragma once
// Probabilities of a binomial by their definition, with no code shared with the library's.

#include <cmath>

namespace error_forcing::test {

/// P(Bin(n, p) = k).
inline double binomial_probability(int k, int n, double p) {
  double value = 1;
  for (int i = 1; i <= k; ++i) value *= static_cast<double>(n - k + i) / i;
  return value * std::pow(p, k) * std::pow(1 - p, n - k);
}

/// P(from <= Bin(n, p) <= to).
inline double binomial_sum(int from, int to, int n, double p) {
  double sum = 0;
  for (int k = from; k <= to; ++k) sum += binomial_probability(k, n, p);
  return sum;
}

}  // namespace error_forcing::test
