#pragma once
// How a claim is defined: its words, its measurement in both precisions, its tolerances.

#include <cmath>
#include <cstdint>
#include <error_forcing/claims.hpp>
#include <error_forcing/matrix.hpp>
#include <limits>
#include <string>
#include <vector>

namespace error_forcing::certification {

/// The largest residual over the points measured so far, or a fitted order.
struct Measurement {
  double value = 0;
  std::string at;
  std::string trouble = {};

  /// Keeps the worse of the two; NaN is worst of all.
  void include(double residual, const std::string& point) {
    if (std::isnan(value) || residual <= value) return;
    value = residual;
    at = point;
  }
};

/// The largest residual that counts as rounding, in double and in quad.
struct Tolerances {
  double in_double, in_quad;
};

/// Two routes through a few hundred operations: some hundred units in the last place.
inline constexpr Tolerances rounding{1e-12, 1e-29};
/// Finite differences of order 6: eps^(6/7) with the size of the derivatives. Each entry is judged
/// by the oracle's own error estimate besides.
inline constexpr Tolerances differences{1e-8, 1e-24};
/// A fitted order may miss its integer by this much.
inline constexpr Tolerances order{0.05, 0.05};

struct Definition {
  Claim claim;
  Tolerances tolerances;
  Measurement (*in_double)(std::uint64_t seed);
  Measurement (*in_quad)(std::uint64_t seed);
  std::optional<double> expected_order = {};
};

std::vector<Definition> gradient_claims();
std::vector<Definition> identity_claims();
std::vector<Definition> rate_claims();
std::vector<Definition> geometry_claims();

/// max |a - b| / max |b|, NaN if either holds one.
template <typename A, typename B>
double distance(const Eigen::MatrixBase<A>& a, const Eigen::MatrixBase<B>& b) {
  using Scalar = typename A::Scalar;
  if (!a.allFinite() || !b.allFinite()) return std::numeric_limits<double>::quiet_NaN();
  const Scalar size = b.cwiseAbs().maxCoeff();
  const Scalar gap = (a - b).cwiseAbs().maxCoeff();
  return static_cast<double>(size > 0 ? gap / size : gap);
}

}  // namespace error_forcing::certification
