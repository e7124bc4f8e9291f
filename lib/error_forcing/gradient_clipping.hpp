#pragma once
// Clipping by the global norm (Pascanu, Mikolov & Bengio 2013, Algorithm 1; PyTorch's
// torch.nn.utils.clip_grad_norm_ on the trained blocks).
//
//   norm = |g| over all entries of the trained blocks together
//   g   <- g min(1, max_norm / (norm + 1e-6))
//
// Laws: the norm is below max_norm afterwards; the direction stays; a gradient whose norm is
// max_norm - 1e-6 or less keeps its bits, and so does a block that is not trained.

#include <error_forcing/adam.hpp>

namespace error_forcing {

/// The Euclidean norm of the trained blocks together, without overflow of squares. Throws
/// Divergence (at step 0: no step of a trial) where a block or the norm is not finite.
template <typename Scalar>
double gradient_norm(const TrainedBlocks& trained, const Parameters<Scalar>& gradient);

/// Clips, in float or double, and returns the norm that the gradient had. Throws as
/// gradient_norm(), and InvalidInput unless max_norm is positive and finite; then nothing has
/// changed.
template <typename Scalar>
double clip_gradient(const TrainedBlocks& trained, double max_norm, Parameters<Scalar>& gradient);

}  // namespace error_forcing
