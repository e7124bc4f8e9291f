#pragma once
// The figures of `ef study equivalence`: means over draws, and their standard errors.

#include "equivalence_tables.hpp"

namespace error_forcing::cli {

/// Cosine above, norm ratio below, a column a sweep, a curve a rule; over W, U, b.
std::string draw_rules(const std::vector<Sweep>& sweeps, const std::vector<GradientRow>& rows);

/// What each part of the exact gradient covers of it, a panel a sweep; over W, U, b.
std::string draw_parts(const std::vector<Sweep>& sweeps, const std::vector<GradientRow>& rows);

/// Gap of local and reparameterised M-step against the stationarity residual.
std::string draw_inference(const std::vector<InferenceRow>& rows);

}  // namespace error_forcing::cli
