#pragma once
// What a minibatch of trials brings: inputs x_t, targets y*_t and the mask m_t of observed outputs.

#include <error_forcing/history.hpp>
#include <error_forcing/network.hpp>

namespace error_forcing {

template <typename Scalar>
struct Batch {
  History<Scalar> inputs;   ///< x_t, I rows, steps 1..T
  History<Scalar> targets;  ///< y*_t, P rows; may be NaN where unobserved
  History<Scalar> mask;     ///< m_t, P rows, 1 where the output is observed and 0 elsewhere

  const Layout& layout() const { return targets.layout(); }
};

/// All zeros, nothing observed.
template <typename Scalar>
Batch<Scalar> zero_batch(const Layout& layout, Index inputs, Index outputs) {
  return {History<Scalar>(layout, inputs), History<Scalar>(layout, outputs),
          History<Scalar>(layout, outputs)};
}

/// The number of observed entries, sum of m over trials, steps and outputs.
template <typename Scalar>
Index observed_entries(const Batch<Scalar>& batch);

/// Throws InvalidInput unless the batch fits the network, its inputs and observed targets are
/// finite, its mask holds only 0 and 1, and something is observed.
template <typename Scalar>
void validate(const Batch<Scalar>& batch, const Network<Scalar>& network);

template <typename To, typename From>
Batch<To> cast(const Batch<From>& batch) {
  return {cast<To>(batch.inputs), cast<To>(batch.targets), cast<To>(batch.mask)};
}

}  // namespace error_forcing
