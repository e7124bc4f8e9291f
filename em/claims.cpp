#include "error_forcing/claims.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <error_forcing/errors.hpp>
#include <exception>
#include <limits>

#include "claims/definition.hpp"
#include "claims/points.hpp"

namespace error_forcing {

namespace {

// The share of its tolerance that a residual takes; above 1 the claim fails.
double share(const ClaimResult& result, const Residual& residual) {
  const double miss = std::abs(residual.measured - result.expected_order.value_or(0));
  return std::isnan(miss) ? std::numeric_limits<double>::infinity() : miss / residual.tolerance;
}

}  // namespace

const Residual& ClaimResult::worst() const {
  static const Residual none{"nowhere", std::nan(""), 0};
  const auto by_share = [this](const Residual& a, const Residual& b) {
    return share(*this, a) < share(*this, b);
  };
  const auto found = std::max_element(residuals.begin(), residuals.end(), by_share);
  return found == residuals.end() ? none : *found;
}

bool ClaimResult::holds() const { return trouble.empty() && share(*this, worst()) <= 1; }

namespace {

std::vector<certification::Definition> definitions() {
  std::vector<certification::Definition> all;
  for (const auto& family :
       {certification::gradient_claims(), certification::identity_claims(),
        certification::posterior_claims(), certification::evidence_claims(),
        certification::em_claims(), certification::limit_claims(), certification::rate_claims(),
        certification::geometry_claims(), certification::feedback_claims()})
    all.insert(all.end(), family.begin(), family.end());
  return all;
}

}  // namespace

void require_available(Precision precision) {
#ifdef ERROR_FORCING_WITHOUT_QUAD
  require(
      precision != Precision::real_quad,
      "precision: this build does not compute in quad; configure with -D ERROR_FORCING_QUAD=ON");
#else
  static_cast<void>(precision);
#endif
}

namespace {

certification::Measurement measure(const certification::Definition& definition, Precision precision,
                                   std::uint64_t seed) {
  try {
    return (precision == Precision::real_quad ? definition.in_quad : definition.in_double)(seed);
  } catch (const std::exception& error) {
    return {{}, error.what()};
  }
}

}  // namespace

std::vector<Claim> claims() {
  std::vector<Claim> result;
  for (const auto& definition : definitions()) {
    result.push_back(definition.claim);
    result.back().double_only = definition.in_quad == definition.in_double;
  }
  return result;
}

ClaimResult certify(const std::string& label, Precision precision, std::uint64_t seed) {
  require_available(precision);
  std::vector<std::string> known;
  for (const auto& definition : definitions()) {
    known.push_back(definition.claim.label);
    if (definition.claim.label != label) continue;
    auto found = measure(definition, precision, seed);
    const auto& [in_double, in_quad] = definition.tolerances;
    for (auto& residual : found.residuals)
      if (residual.tolerance == 0)
        residual.tolerance = precision == Precision::real_quad ? in_quad : in_double;
    const auto& claim = definition.claim;
    return {claim.label,     claim.statement,           claim.routes,
            found.residuals, definition.expected_order, found.trouble};
  }
  throw InvalidInput(
      fmt::format("claim: unknown label '{}'; use one of {}", label, fmt::join(known, " ")));
}

std::vector<PointDescription> certification_points(std::uint64_t seed) {
  std::vector<PointDescription> result;
  for (const auto& [name, network, batch, noise] : certification::points<double>(seed))
    result.push_back({name, network.units(), network.inputs(), network.outputs(),
                      batch.layout().trials, batch.layout().steps, network.leak,
                      to_string(network.activation)});
  return result;
}

}  // namespace error_forcing
