#pragma once
// RFLO and SnAp-1 forward in time, as an online learner runs them: each weight has a trace of what
// it did to its own unit, and the learning signal of the step meets it there (S6).
//
//   p_ij(0) = 0    p_ij(t) = K_ii(t) p_ij(t-1) + a f_j(t)    f_t = [phi(h_{t-1}); x_t; 1]
//   dL/d[W U b]_ij = sum_t l_i(t) p_ij(t)
//
//   kept       K_ii(t)                            rule
//   leak       1-a: p does not depend on i        RFLO (Murray 2019), for phi inside the sum
//   diagonal   (1-a) + a W_ii phi'(h_i(t-1))      SnAp-1 (Menick et al. 2020); the released "RFLO"
//
// The network here has phi inside the sum (M1), so traces carry no phi' of the unit's own output;
// Murray's has it outside. Weights are constant within the trial.
//
// Law: equals truncated_gradient() to rounding (I10).

#include <error_forcing/truncated_adjoint.hpp>

namespace error_forcing {

/// The reusable memory of the traces: of one tile, lanes side by side.
template <typename Scalar>
struct EligibilityTraces {
  EligibilityTraces() = default;
  EligibilityTraces(KeptJacobian kept_part, const Layout& layout, Index units, Index inputs)
      : kept(kept_part),
        units(units),
        presynaptic(units + inputs + 1),
        values(Matrix<Scalar>::Zero((kept_part == KeptJacobian::leak ? 1 : units) * presynaptic,
                                    layout.lanes)),
        features(Matrix<Scalar>::Zero(presynaptic, layout.lanes)),
        factors(Matrix<Scalar>::Zero(units, layout.lanes)),
        sum(Matrix<Scalar>::Zero(units, presynaptic)) {}

  KeptJacobian kept = KeptJacobian::leak;
  Index units = 0;
  Index presynaptic = 0;    ///< M = N + I + 1
  Matrix<Scalar> values;    ///< p: row i M + j (leak: row j), one column a lane
  Matrix<Scalar> features;  ///< f_t, M x lanes
  Matrix<Scalar> factors;   ///< diagonal: K_ii(t), N x lanes
  Matrix<Scalar> sum;       ///< dL/d[W U b], N x M
};

template <typename Scalar>
EligibilityTraces<Scalar> make_eligibility_traces(KeptJacobian kept, const Network<Scalar>& network,
                                                  const Batch<Scalar>& batch) {
  return {kept, batch.layout(), network.units(), network.inputs()};
}

/// Takes the traces of one tile from step - 1 to step.
template <typename Scalar>
void advance_traces(const Network<Scalar>& network, const Batch<Scalar>& batch, Index tile,
                    Index step, const Trajectory<Scalar>& trajectory,
                    EligibilityTraces<Scalar>& traces);

/// The same gradient as truncated_gradient() for the kept part of the traces, forward in time.
/// Throws InvalidInput unless the shapes match.
template <typename Scalar>
void traced_gradient(const Network<Scalar>& network, const Batch<Scalar>& batch,
                     const Penalties& penalties, const Matrix<Scalar>& feedback,
                     Trajectory<Scalar>& trajectory, EligibilityTraces<Scalar>& traces,
                     Parameters<Scalar>& gradient);

}  // namespace error_forcing
