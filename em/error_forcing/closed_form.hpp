#pragma once
// The closed-form M-step: the maximum of E[l_c] over the trained parameters, the leak kept.
//
//   (S5) [W U b] += a^-1 (sum E[nu f']) (sum E[f f'])^-1
//        [C d]   += (sum E[r h~']) (sum E[h~ h~'])^-1,  h~ = [h; 1], over observed steps
//        then at the new weights  Q = mean E[nu nu'],  R = mean E[r r'] over observed trial-steps
//
// A subset of W, U, b (or of C, d) is the regression on its own features. Masks that differ
// between outputs: row by row for a diagonal R, else the normal equations sum R_oo^-1 x E[h~ h~'];
// R itself can then be trained only if it is diagonal from the start (or isotropic: the mean over
// observed entries), because the residuals of unseen outputs are not in the sums.
//
// Laws: exact EM with it never lowers the log evidence (I7); its step is the preconditioned
// gradient a^-2 Q grad (sum E[f f'])^-1 (I6); a second update from the same statistics, moved to
// the new parameters, is zero.

#include <error_forcing/expected_statistics.hpp>
#include <optional>

namespace error_forcing {

enum class CovarianceStructure { full, diagonal, isotropic };

/// What EM trains.
struct TrainedModel {
  bool W = true, U = true, b = true, C = true, d = true, Q = false, R = false;
};

template <typename Scalar>
struct ClosedForm {
  TrainedModel trained = {};
  CovarianceStructure Q_structure = CovarianceStructure::full;
  CovarianceStructure R_structure = CovarianceStructure::full;
  /// kappa >= 0 added to sums of features; by default 0, and 1e-8 of their mean diagonal where
  /// they are singular (always at T = 1 with h_0 = 0).
  std::optional<Scalar> damping = {};
  /// Eigenvalues of Q and R are kept above this share of their mean, >= 0: with few data the
  /// likelihood is unbounded.
  Scalar floor = Scalar(1e-12);
};

/// The model after the M-step. Throws InvalidInput for options out of range and for an
/// R that is not diagonal to be trained where masks differ between outputs.
template <typename Scalar>
GenerativeModel<Scalar> update(const ClosedForm<Scalar>& m_step,
                               const GenerativeModel<Scalar>& model,
                               const ExpectedStatistics<Scalar>& statistics);

}  // namespace error_forcing
