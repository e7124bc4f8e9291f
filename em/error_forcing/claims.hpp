#pragma once
// The theory certified in numbers: every claim is a statement, two independent routes to the same
// number, and a verdict.
//
// A residual is the relative distance between the two routes at one point; an identity is one only
// if it falls with the precision, from about 1e-14 in double to about 1e-31 in quad. Against finite
// differences the tolerance is the oracle's own error at that point, and every entry of the
// gradient is judged by its own. A rate is the order fitted to the distance over at least five
// decades of the small parameter.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace error_forcing {

enum class Precision { real_double, real_quad };

/// Throws InvalidInput for quad in a build without it (ERROR_FORCING_QUAD=OFF).
void require_available(Precision precision);

/// The distance between the two routes at one point.
struct Residual {
  std::string point;     ///< which network, readout or limit
  double measured = 0;   ///< relative distance, or fitted order
  double tolerance = 0;  ///< largest distance, or largest miss of the expected order
};

/// What was found for one claim.
struct ClaimResult {
  std::string label;      ///< of the theory, e.g. "I3"
  std::string statement;  ///< what must hold
  std::string routes;     ///< how it was measured, "one route | the other"
  std::vector<Residual> residuals;
  std::optional<double> expected_order = {};  ///< for a rate
  std::string trouble = {};                   ///< why the measurement itself failed, if it did

  /// The residual that takes the largest share of its tolerance; NaN is worst of all.
  const Residual& worst() const;
  /// True where there is at least one residual and all are within their tolerances.
  bool holds() const;
};

struct Claim {
  std::string label;
  std::string statement;
  std::string routes;
  bool double_only = false;  ///< measured in double whatever the precision asked for
};

/// Every claim, in the order of the theory: gradients, identities, rates, geometry.
std::vector<Claim> claims();

/// Measures the claim with that label. The seed draws every network, batch and matrix.
/// Throws InvalidInput, listing the labels, for an unknown one, or for a precision that this build
/// lacks.
ClaimResult certify(const std::string& label, Precision precision, std::uint64_t seed);

/// A point at which the claims about networks are measured.
struct PointDescription {
  std::string name;
  long units, inputs, outputs, trials, steps;
  double leak;
  std::string activation;
};
std::vector<PointDescription> certification_points(std::uint64_t seed);

}  // namespace error_forcing
