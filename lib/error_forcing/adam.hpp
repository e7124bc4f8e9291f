#pragma once
// Adam (Kingma & Ba 2015, Algorithm 1; PyTorch's torch.optim.Adam without weight decay): descent
// with a step per weight that is set by running moments of its gradient.
//
//   letter  meaning                            here
//   g       gradient of what is minimised      argument
//   m, v    running means of g and g^2         Adam::first, Adam::second
//   t       steps taken, this one included     Adam::steps
//   alpha   learning rate                      AdamOptions::rate
//
//   m = beta1 m + (1 - beta1) g         v = beta2 v + (1 - beta2) g^2
//   theta -= alpha m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)
//
// Laws: the first step of every weight is -alpha g / (|g| + epsilon); a block that is not trained
// keeps its bits; scaling the objective by a factor changes no step but through epsilon.

#include <error_forcing/parameters.hpp>
#include <string>
#include <vector>

namespace error_forcing {

/// Which blocks an optimiser may change.
struct TrainedBlocks {
  bool W = true, U = true, b = true, C = true, d = true;
};

/// In the order of blocks().
inline std::array<bool, 5> in_block_order(const TrainedBlocks& trained) {
  return {trained.W, trained.U, trained.b, trained.C, trained.d};
}

/// Those named, of W, U, b, C and d; names_of() is its inverse. Throws InvalidInput for another
/// name.
TrainedBlocks trained_blocks(const std::vector<std::string>& names);
std::vector<std::string> names_of(const TrainedBlocks& trained);

struct AdamOptions {
  double rate = 1e-3;     ///< alpha > 0
  double beta1 = 0.9;     ///< [0, 1)
  double beta2 = 0.999;   ///< [0, 1)
  double epsilon = 1e-8;  ///< > 0
  TrainedBlocks trained = {};
};

/// Throws InvalidInput for a rate, beta or epsilon outside its range.
void validate(const AdamOptions& options);

/// What Adam remembers from step to step.
template <typename Scalar>
struct Adam {
  Parameters<Scalar> first;   ///< m
  Parameters<Scalar> second;  ///< v
  long steps = 0;             ///< t
};

/// Moments of zero in the shapes of the weights.
template <typename Scalar>
Adam<Scalar> make_adam(const Parameters<Scalar>& parameters) {
  return {zero_like(parameters), zero_like(parameters), 0};
}

/// One step of descent: changes `parameters` and `state`. Changing neither, throws InvalidInput for
/// options out of range or shapes that differ, and Divergence (at step 0: no step of a trial) for
/// a gradient of a trained block that holds a NaN or a number whose square is not finite.
template <typename Scalar>
void descend(const AdamOptions& options, const Parameters<Scalar>& gradient, Adam<Scalar>& state,
             Parameters<Scalar>& parameters);

}  // namespace error_forcing
