#pragma once
// Evidence, posterior and score of one unit by quadrature: the exact reference for phi that is not
// the identity.
//
// N = 1 makes the model a chain of scalars, so its integrals are taken step by step: forward
// messages p(h_t, y*_{1:t}) and backward messages p(y*_{t+1:T} | h_t) at Gauss-Legendre nodes
// (Boost.Math) on panels narrower than every density, split at 0 where relu has its kink.
//
// Laws: phi = identity gives the Kalman filter's evidence; the score is the derivative of the log
// evidence (I5), taken as E[grad l_c].

#include <error_forcing/trial.hpp>

namespace error_forcing {

/// E-step.
struct Quadrature {
  double reach = 12;   ///< standard deviations covered on each side, > 0
  double panel = 1.5;  ///< width of a panel of 20 nodes in standard deviations, > 0
};

struct QuadraturePosterior {
  double log_evidence = 0;
  Vector<double> mean;          ///< of h_t, T+1
  Vector<double> variance;      ///< T+1
  Vector<double> displacement;  ///< E[nu_t], T+1
  Parameters<double> score;     ///< gradient of the log evidence
  Index nodes = 0;              ///< the most at a step
};

/// Throws InvalidInput unless N = 1, Q > 0 and R is positive definite, where more than 20000 nodes
/// would be needed at a step, and where its standard deviation is below 1e-5 of the states.
QuadraturePosterior quadrature_posterior(const Quadrature& e_step,
                                         const GenerativeModel<double>& model,
                                         const ObservedTrial<double>& trial);

}  // namespace error_forcing
