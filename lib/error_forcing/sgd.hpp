#pragma once
// Stochastic gradient descent with momentum (Polyak 1964, as PyTorch's torch.optim.SGD defines it:
// no dampening, no Nesterov, no weight decay).
//
//   letter  meaning                            here
//   g       gradient of what is minimised      argument
//   v       velocity, zero at first            Sgd::velocity
//   mu      momentum                           SgdOptions::momentum
//   alpha   learning rate                      SgdOptions::rate
//
//   v = mu v + g         theta -= alpha v
//
// Laws: without momentum every step is -alpha g; under a constant g the steps grow towards
// -alpha g / (1 - mu); a step is linear in the objective's scale; a block that is not trained keeps
// its bits.

#include <error_forcing/adam.hpp>

namespace error_forcing {

struct SgdOptions {
  double rate = 1e-3;   ///< alpha > 0
  double momentum = 0;  ///< mu, in [0, 1)
  TrainedBlocks trained = {};
};

/// Throws InvalidInput for a rate or a momentum outside its range.
void validate(const SgdOptions& options);

/// What SGD remembers from step to step.
template <typename Scalar>
struct Sgd {
  Parameters<Scalar> velocity;  ///< v
  long steps = 0;
};

/// At rest, in the shapes of the weights.
template <typename Scalar>
Sgd<Scalar> make_sgd(const Parameters<Scalar>& parameters) {
  return {zero_like(parameters), 0};
}

/// One step of descent, in float or double: changes `parameters` and `state`. Changing neither,
/// throws InvalidInput for options out of range or shapes that differ, and Divergence (at step 0:
/// no step of a trial) for a gradient of a trained block that is not finite.
template <typename Scalar>
void descend(const SgdOptions& options, const Parameters<Scalar>& gradient, Sgd<Scalar>& state,
             Parameters<Scalar>& parameters);

}  // namespace error_forcing
