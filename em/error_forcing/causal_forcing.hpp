#pragma once
// Error forcing by the error of the step before, as the released code does it with RFLO: a learner
// that runs online has no other when it forces.
//
//   (E1) causal:  nu_1 = 0,  nu_t = c m_{t,1} C+ e_{t-1} for t >= 2
//
// The gain carries the mask of the first output at step t, the error the masks at step t-1.
//
// Laws: c = 0 leaves the trajectory free; only steps after an observed one, at which the first
// output is observed, are displaced; targets that are not observed are not read.

#include <error_forcing/trajectory.hpp>

namespace error_forcing {

template <typename Scalar>
struct CausalForcing {
  Scalar gain = Scalar(1);   ///< c, in [0, 1]
  Scalar ridge = Scalar(0);  ///< rho of C+, >= 0
};

/// The rollout displaced by it. Throws InvalidInput for a gain outside [0, 1] or a ridge below 0,
/// Divergence for a state that is not finite.
template <typename Scalar>
void infer(const CausalForcing<Scalar>& e_step, const Network<Scalar>& network,
           const Batch<Scalar>& batch, Trajectory<Scalar>& trajectory);

}  // namespace error_forcing
