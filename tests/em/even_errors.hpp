#pragma once
// Errors and a readout without a preferred direction, so that the noise of the errors is one
// number.

#include <error_forcing/noise_update.hpp>

#include <cmath>

#include "dense.hpp"
#include "random_case.hpp"

namespace error_forcing::test {

inline constexpr Index even_units = 4, even_outputs = 2;

/// A readout whose rows are orthogonal and of length s.
template <typename Scalar>
Matrix<Scalar> even_readout(std::uint64_t seed, Scalar s) {
  auto engine = random_engine(seed, 51);
  return s * random_rotation<Scalar>(engine, even_units).topRows(even_outputs);
}

/// Errors of three trials of ten steps, in which steps 1..seen observe both outputs.
template <typename Scalar>
struct EvenErrors {
  History<Scalar> mask{tiled(3, 10), even_outputs}, values{tiled(3, 10), even_outputs};

  EvenErrors(std::uint64_t seed, Index seen) {
    auto engine = random_engine(seed, 52);
    values = cast<Scalar>(random_history(engine, mask.layout(), even_outputs, 0.8));
    for (Index step = 1; step <= seen; ++step) mask.at(0, step).setOnes();
  }
  ErrorMoments<Scalar> moments() const { return error_moments(mask, values); }
};

/// <e^2>, the mean over observed entries.
template <typename Scalar>
Scalar mean_square(const EvenErrors<Scalar>& errors) {
  Scalar sum(0), count(0);
  for (Index trial = 0; trial < 3; ++trial)
    for (Index step = 1; step <= 10; ++step)
      for (Index row = 0; row < even_outputs; ++row) {
        const Scalar m = errors.mask(trial, step, row), e = errors.values(trial, step, row);
        sum += m * e * e;
        count += m;
      }
  return sum / count;
}

/// Noise of gain c with s^2 sigma_h^2 + sigma_y^2 = S.
template <typename Scalar>
IsotropicNoise<Scalar> noise_of(Scalar c, Scalar S, Scalar s) {
  using std::sqrt;
  return {sqrt(c * S) / s, sqrt((1 - c) * S)};
}

template <typename Scalar>
Scalar gain_of(const IsotropicNoise<Scalar>& noise, Scalar s) {
  const Scalar power = s * s * noise.sigma_h * noise.sigma_h;
  return power / (power + noise.sigma_y * noise.sigma_y);
}

}  // namespace error_forcing::test
