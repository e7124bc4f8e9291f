#pragma once
// Linear feedback of the output error into the state: the form that error forcing (E1), teacher
// forcing (E2) and the isotropic greedy posterior (E3) share, so that one rollout and one adjoint
// serve all of them.
//
//   nu_t = K s_t - p u_t   on trials with an observed output at step t, 0 elsewhere
//
//   anchor             s_t                         with observed outputs only
//   error              e_t                         EF and greedy: K = c C+, p = 0
//   target             e_t + C u_t                 TF and GTF: K = c C+, p = c
//   target_with_bias   e_t + C u_t + d             GTF as released: the target is C+ y*, not C+ (y*
//   - d)
//
// Laws: p = 0 and s_t = 0 leaves the trajectory free; with K = c C+, rank C = P, every anchor
// `error` or `target` leaves C h_t + d = y_t + c e_t.

#include <error_forcing/trajectory.hpp>

namespace error_forcing {

enum class Anchor { error, target, target_with_bias };

template <typename Scalar>
struct Feedback {
  Matrix<Scalar> gain;      ///< K, N x P; empty where nothing is fed back
  Scalar pull = Scalar(0);  ///< p, in [0, 1]
  Anchor anchor = Anchor::error;
  bool first_mask_channel = false;  ///< force every output where the first one is observed
};

/// Feedback that does nothing, whatever the error: the network runs free.
template <typename Scalar>
Feedback<Scalar> no_feedback() {
  return {};
}

/// Writes s_t into trajectory.signal and the trials it acts on into trajectory.observed.
template <typename Scalar>
void read_signal(const Feedback<Scalar>& feedback, const Network<Scalar>& network,
                 const Batch<Scalar>& batch, Index tile, Index step,
                 Trajectory<Scalar>& trajectory);

/// Throws InvalidInput where the forcing, reading the mask of the first output for all, would read
/// a target that is not finite.
template <typename Scalar>
void require_readable_targets(const Feedback<Scalar>& feedback, const Batch<Scalar>& batch);

/// The rollout in which every displacement is the feedback's. Throws InvalidInput for targets that
/// cannot be read, Divergence for a state that is not finite.
template <typename Scalar>
void rollout_with_feedback(const Network<Scalar>& network, const Batch<Scalar>& batch,
                           const Feedback<Scalar>& feedback, Trajectory<Scalar>& trajectory);

/// Multiplies trajectory.adjoint, dL/dh_t, by dh_t/du_t = 1 - p at the trials that are pulled, with
/// s_t and K held fixed: a target that is a constant.
template <typename Scalar>
void damp_by_pull(const Feedback<Scalar>& feedback, const Batch<Scalar>& batch, Index tile,
                  Index step, Trajectory<Scalar>& trajectory);

/// One step of the adjoint of that rollout, the displacement depending on u_t, C, d and K.
/// On entry trajectory.adjoint is dL/dh_t and trajectory.output_adjoint the direct dL/dy_t. On
/// return they are the total dL/dy_t and the direct dL/du_t, to which C' dL/dy_t is still to be
/// added. Adds dL/dK, and the part of dL/dd that does not pass through y_t, to the last two.
template <typename Scalar>
void differentiate_feedback(const Feedback<Scalar>& feedback, const Network<Scalar>& network,
                            const Batch<Scalar>& batch, Index tile, Index step,
                            Trajectory<Scalar>& trajectory, Matrix<Scalar>& dL_dK,
                            Vector<Scalar>& dL_dd);

}  // namespace error_forcing
