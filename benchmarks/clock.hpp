#pragma once
// Seconds and medians, for whatever is timed by turns.

#include <algorithm>
#include <chrono>
#include <vector>

namespace error_forcing::benchmarks {

inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Seconds of a call, repeated until the clock is fine enough.
template <typename Call>
double seconds_of(Call&& call, long repetitions) {
  const double start = seconds_now();
  for (long k = 0; k < repetitions; ++k) call();
  return (seconds_now() - start) / static_cast<double>(repetitions);
}

}  // namespace error_forcing::benchmarks
