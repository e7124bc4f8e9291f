#pragma once
// The EM loop: an E-step, an M-step, again. One function for every pairing, and the trace of what
// happened.
//
// Laws: with the exact posterior and the closed form the log evidence never falls (I7); a gradient
// M-step moves along the score when the E-step is exact (I5); iterating m and then n times is
// iterating m + n times.

#include <error_forcing/adam.hpp>
#include <error_forcing/closed_form.hpp>
#include <error_forcing/inference.hpp>
#include <functional>

namespace error_forcing {

/// Which log-likelihood a gradient M-step ascends, with the E-step's posterior held fixed.
enum class Centring {
  reparameterised,  ///< E[l_nc] (S2): the noises are fixed
  local             ///< E[l_c] (S4): the states are fixed
};

/// The generalised M-step: a few steps of Adam, from fresh moments, on the weights in
/// `adam.trained`; Q and R stay.
struct GradientMStep {
  Centring centring = Centring::reparameterised;
  AdamOptions adam = {.rate = 1e-2};
  Index steps = 1;  ///< >= 1
};

using EmMStep = std::variant<ClosedForm<double>, GradientMStep>;

struct EmOptions {
  InferenceMethod e_step = ExactPosterior{};
  EmMStep m_step = ClosedForm<double>{};
  Index iterations = 10;  ///< at most, >= 0
  /// Stops when the weights move by less than this share of their norm; 0 never stops.
  double tolerance = 0;
  ParticlePosterior evidence = {};  ///< for the trace, where the evidence is not exact
};

/// Before the first iteration (0) and after every one.
struct EmRecord {
  Index iteration = 0;
  double log_evidence = 0;
  double log_evidence_error = 0;    ///< 0 where it is exact
  InferenceQuality quality = {};    ///< worst over trials, of the E-step that led here
  double step = 0;                  ///< norm of the change of the weights / their norm
  double sigma_h = 0, sigma_y = 0;  ///< root mean variances of Q and R
  double gain = 0;                  ///< implied: mean of c_i = s_i^2 Q / (s_i^2 Q + R), (R3)
  std::string warning = {};         ///< why the evidence fell, where it did
};

struct EmResult {
  GenerativeModel<double> model;
  std::vector<EmRecord> trace;
  bool converged = false;  ///< the tolerance was met
};

/// Sees every record; returns whether to go on.
using EmObserver = std::function<bool(const EmRecord&, const GenerativeModel<double>&)>;

/// Throws InvalidInput for a pairing without meaning, with the reason.
EmResult expectation_maximisation(
    const EmOptions& options, GenerativeModel<double> model, const Batch<double>& batch,
    const EmObserver& observer = [](const auto&, const auto&) { return true; });

}  // namespace error_forcing
