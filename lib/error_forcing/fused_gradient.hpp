#pragma once
// The gradient of the objective under linear feedback, fused: rollout, forcing and adjoint of a
// tile of trials in one go, at the speed of the machine's multiply-adds. The same mathematics as
// rollout_with_feedback() followed by objective_gradient_held() or _damped(), or by
// truncated_gradient(), which stay the reference it is tested against and the way to see a
// trajectory: here no history is handed out.
//
// The batch is the vector dimension. Weights are packed once a call; [phi; x] is one panel, so that
// W and U ride in the same products; each tile runs through all steps forward and back in a history
// of its own; weight gradients are added a chunk of steps at a time. The instruction set is chosen
// at run time.
//
// Laws: equals the plain path to rounding; the same bits at every call with the same number of
// threads; subnormal numbers count as zero inside a call, whose caller's setting is restored.

#include <error_forcing/feedback.hpp>
#include <error_forcing/objective.hpp>
#include <error_forcing/truncated_adjoint.hpp>
#include <memory>

namespace error_forcing {

/// The reusable memory of fused_gradient(): allocated once from the shapes. float and double.
template <typename Scalar>
class FusedWorkspace {
 public:
  /// `threads` >= 1 share the batch, a tile each.
  FusedWorkspace(const Layout& layout, Index units, Index inputs, Index outputs, int threads = 1);
  FusedWorkspace(FusedWorkspace&&) noexcept;
  FusedWorkspace& operator=(FusedWorkspace&&) noexcept;
  ~FusedWorkspace();

  struct Memory;
  Memory& memory() { return *memory_; }

 private:
  std::unique_ptr<Memory> memory_;
};

/// A workspace that fits the network and the batch.
template <typename Scalar>
FusedWorkspace<Scalar> make_fused_workspace(const Network<Scalar>& network,
                                            const Batch<Scalar>& batch, int threads = 1) {
  return {batch.layout(), network.units(), network.inputs(), network.outputs(), threads};
}

/// Whether the pull of the feedback damps the adjoint: see objective_gradient.hpp.
enum class Adjoint { held, damped };

/// Rolls out under the feedback, writes the gradient of the objective and returns its parts. Throws
/// InvalidInput unless the shapes match, and Divergence for a state that is not finite.
template <typename Scalar>
Objective<Scalar> fused_gradient(const Network<Scalar>& network, const Batch<Scalar>& batch,
                                 const Feedback<Scalar>& feedback, Adjoint adjoint,
                                 const Penalties& penalties, FusedWorkspace<Scalar>& workspace,
                                 Parameters<Scalar>& gradient);

/// The same rollout, and the gradient of a rule that keeps a part of the Jacobian: displacements
/// held, errors carried to the states by `B`, N x P. Throws as fused_gradient().
template <typename Scalar>
Objective<Scalar> fused_truncated_gradient(KeptJacobian kept, const Network<Scalar>& network,
                                           const Batch<Scalar>& batch,
                                           const Feedback<Scalar>& feedback,
                                           const Matrix<Scalar>& B, const Penalties& penalties,
                                           FusedWorkspace<Scalar>& workspace,
                                           Parameters<Scalar>& gradient);

/// The loss (M8) of the same rollout, without going back. Throws as fused_gradient().
template <typename Scalar>
Scalar fused_loss(const Network<Scalar>& network, const Batch<Scalar>& batch,
                  const Feedback<Scalar>& feedback, FusedWorkspace<Scalar>& workspace);

}  // namespace error_forcing
