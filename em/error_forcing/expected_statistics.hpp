#pragma once
// What an M-step needs of the E-step in the centred parameterisation: the expected second moments
// of two linear regressions, taken around the current parameters.
//
//   transition   residual nu_t = h_t - F(h_{t-1}, x_t),   features f_t = [phi(h_{t-1}); x_t; 1]
//   readout      residual r_t = y*_t - C h_t - d,          features [h_t; 1], by observed outputs
//
// The expectation is over a path, weighted paths, or a Gaussian posterior (phi = identity), whose
// covariance enters through V_t and V_{t,t-1}.
//
// Laws: statistics of weights that sum to 1 are the weighted mean of the paths' statistics; those
// of a Gaussian with zero covariance are those of its mean; grad E[l_c] is a Q^-1 E[nu f'] for
// [W U b] and sum R_oo^-1 E[r [h; 1]'] for [C d] (S4).

#include <error_forcing/smoother.hpp>
#include <map>

namespace error_forcing {

/// sums over trial-steps: E[f f'], E[residual f'], E[residual residual'].
template <typename Scalar>
struct Regression {
  Matrix<Scalar> features;   ///< F x F
  Matrix<Scalar> cross;      ///< rows x F
  Matrix<Scalar> residuals;  ///< rows x rows
  Index count = 0;           ///< trial-steps
};

template <typename Scalar>
struct ExpectedStatistics {
  Regression<Scalar> transition;                          ///< F = N + I + 1
  std::map<ObservedOutputs, Regression<Scalar>> readout;  ///< F = N + 1
};

template <typename Scalar>
ExpectedStatistics<Scalar> empty_statistics(const Network<Scalar>& network);

/// Paths of one trial and their probabilities: K = 1 for a point E-step.
template <typename Scalar>
struct WeightedPaths {
  std::vector<Matrix<Scalar>> states;  ///< h_t of every path, T+1 of N x K
  Vector<Scalar> weights;              ///< K, sum 1
};

/// The path of the states, N x (T+1), with probability 1.
template <typename Scalar>
WeightedPaths<Scalar> point_path(const Matrix<Scalar>& states);

/// Adds one trial.
template <typename Scalar>
void add_paths(const Network<Scalar>& network, const ObservedTrial<Scalar>& trial,
               const WeightedPaths<Scalar>& paths, ExpectedStatistics<Scalar>& statistics);

/// Adds one trial. Throws InvalidInput unless phi = identity.
template <typename Scalar>
void add_posterior(const Network<Scalar>& network, const ObservedTrial<Scalar>& trial,
                   const GaussianPosterior<Scalar>& posterior,
                   ExpectedStatistics<Scalar>& statistics);

/// grad E[l_c] of (S4). Throws InvalidInput unless Q and the observed blocks of R are positive
/// definite.
template <typename Scalar>
Parameters<Scalar> centred_gradient(const GenerativeModel<Scalar>& model,
                                    const ExpectedStatistics<Scalar>& statistics);

}  // namespace error_forcing
