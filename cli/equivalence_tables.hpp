#pragma once
// The numbers of `ef study equivalence`: every rule's gradient, and every part of the exact one,
// held against the gradient of the log evidence.

#include <error_forcing/alignment.hpp>
#include <error_forcing/particle_posterior.hpp>

#include "equivalence_problems.hpp"

namespace error_forcing::cli {

/// One gradient of one problem. `what` is the rule, or the part of the exact gradient.
struct GradientRow {
  std::string sweep;
  double value;
  Index draw;
  std::string what, group;
  Alignment alignment;
};

struct Comparison {
  std::vector<GradientRow> rules, parts;
};

/// Every rule at every value and draw. The exact gradient is the score for phi = identity, else an
/// estimate by particles; the row "again" holds a second, independent estimate against it.
void compare(const Sweep& sweep, Index draws, std::uint64_t seed,
             const ParticlePosterior& particles, Comparison& found);

/// How far local and reparameterised M-step are apart while MAP inference iterates (I4).
struct InferenceRow {
  std::string network;
  double noise_ratio;
  Index trial, iteration;
  double stationarity;  ///< |eps - L' lambda| / max(1, |eps|)
  double gap;           ///< |(S4) - (S2)| / |(S2)|, over W, U, b
};

void follow_inference(const std::string& network, const Problem& problem, double noise_ratio,
                      std::vector<InferenceRow>& rows);

std::string to_csv(const std::vector<GradientRow>& rows, const std::string& what);
std::string to_csv(const std::vector<InferenceRow>& rows);

}  // namespace error_forcing::cli
