#include "error_forcing/claims.hpp"

#include <fmt/ranges.h>

#include <error_forcing/errors.hpp>
#include <exception>

#include "claims/definition.hpp"
#include "claims/points.hpp"

namespace error_forcing {

bool ClaimResult::holds() const {
  if (!trouble.empty()) return false;
  return expected_order ? std::abs(measured - *expected_order) <= tolerance : measured <= tolerance;
}

namespace {

std::vector<certification::Definition> definitions() {
  std::vector<certification::Definition> all;
  for (const auto& family : {certification::gradient_claims(), certification::identity_claims(),
                             certification::rate_claims(), certification::geometry_claims()})
    all.insert(all.end(), family.begin(), family.end());
  return all;
}

certification::Measurement measure(const certification::Definition& definition, Precision precision,
                                   std::uint64_t seed) {
  try {
    return (precision == Precision::real_quad ? definition.in_quad : definition.in_double)(seed);
  } catch (const std::exception& error) {
    return {std::nan(""), "", error.what()};
  }
}

}  // namespace

std::vector<Claim> claims() {
  std::vector<Claim> result;
  for (const auto& definition : definitions()) result.push_back(definition.claim);
  return result;
}

ClaimResult certify(const std::string& label, Precision precision, std::uint64_t seed) {
  std::vector<std::string> known;
  for (const auto& definition : definitions()) {
    known.push_back(definition.claim.label);
    if (definition.claim.label != label) continue;
    const auto& [claim, tolerances, in_double, in_quad, expected_order] = definition;
    const auto found = measure(definition, precision, seed);
    return {claim.label,
            claim.statement,
            claim.routes,
            found.at,
            found.value,
            precision == Precision::real_quad ? tolerances.in_quad : tolerances.in_double,
            expected_order,
            found.trouble};
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
