#pragma once
// How a claim is defined: its words, its measurement in both precisions, its tolerances.

#include <cmath>
#include <cstdint>
#include <error_forcing/claims.hpp>
#include <error_forcing/finite_difference.hpp>
#include <error_forcing/matrix.hpp>
#include <error_forcing/quad.hpp>
#include <limits>
#include <string>
#include <vector>

namespace error_forcing::certification {

/// What a claim's measurement found.
struct Measurement {
  std::vector<Residual> residuals;
  std::string trouble = {};

  /// Judged by the claim's own tolerance unless another is given.
  void include(double measured, const std::string& point, double tolerance = 0) {
    residuals.push_back({point, measured, tolerance});
  }
};

/// The largest residual that counts as rounding, in double and in quad.
struct Tolerances {
  double in_double, in_quad;
};

/// Two routes through a few hundred operations: some hundred units in the last place.
inline constexpr Tolerances rounding{1e-12, 1e-29};
/// What finite differences of order 6 may add to their own error estimate.
inline constexpr Tolerances differences{1e-9, 1e-25};
/// A fitted order may miss its integer by this much.
inline constexpr Tolerances order{0.05, 0.05};

/// Includes a gradient judged by the finite differences of its objective.
template <typename Scalar>
void include_gradient(const Parameters<Scalar>& claimed,
                      const DerivativeEstimate<Parameters<Scalar>>& estimate,
                      const std::string& point, Measurement& found) {
  const double tolerance =
      std::is_same_v<Scalar, double> ? differences.in_double : differences.in_quad;
  const auto worst = compare(claimed, estimate, Scalar(tolerance));
  found.include(static_cast<double>(worst.relative), point,
                2 * static_cast<double>(worst.resolution) + tolerance);
  if (!worst.agrees()) found.trouble = point + ": " + describe(worst);
}

struct Definition {
  Claim claim;
  Tolerances tolerances;
  Measurement (*in_double)(std::uint64_t seed);
  Measurement (*in_quad)(std::uint64_t seed);  ///< null in a build without quad
  std::optional<double> expected_order = {};
};

/// Both columns of a Definition from the template of its measurement.
#ifdef ERROR_FORCING_WITHOUT_QUAD
#define IN_DOUBLE_AND_QUAD(measurement) &measurement<double>, nullptr
#else
#define IN_DOUBLE_AND_QUAD(measurement) &measurement<double>, &measurement<quad>
#endif

std::vector<Definition> gradient_claims();
std::vector<Definition> identity_claims();
std::vector<Definition> posterior_claims();
std::vector<Definition> evidence_claims();
std::vector<Definition> em_claims();
std::vector<Definition> limit_claims();
std::vector<Definition> rate_claims();
std::vector<Definition> geometry_claims();
std::vector<Definition> feedback_claims();

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
