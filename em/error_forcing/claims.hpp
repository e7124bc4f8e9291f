#pragma once
// The theory certified in numbers: every claim is a statement, two independent routes to the same
// number, and a verdict.
//
// A residual is the largest relative distance between the two routes over all points; an identity
// is one only if it falls with the precision, from about 1e-14 in double to about 1e-31 in quad.
// A rate is the order fitted to the distance over at least five decades of the small parameter.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace error_forcing {

enum class Precision { real_double, real_quad };

/// What was found for one claim.
struct ClaimResult {
  std::string label;      ///< of the theory, e.g. "I3"
  std::string statement;  ///< what must hold
  std::string routes;     ///< how it was measured, "one route | the other"
  std::string worst_at;   ///< the point where the residual is largest
  double measured = 0;    ///< the residual, or the fitted order
  double tolerance = 0;   ///< largest residual, or largest distance from the expected order
  std::optional<double> expected_order = {};  ///< for a rate
  std::string trouble = {};                   ///< why the measurement itself failed, if it did

  /// NaN never holds.
  bool holds() const;
};

struct Claim {
  std::string label;
  std::string statement;
  std::string routes;
};

/// Every claim, in the order of the theory: gradients, identities, rates, geometry.
std::vector<Claim> claims();

/// Measures the claim with that label. The seed draws every network, batch and matrix.
/// Throws InvalidInput, listing the labels, for an unknown one.
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
