#pragma once
// The network and the batch that peers and engine share, in the types of each.

#include <error_forcing/batch.hpp>

#include "peer.hpp"

namespace error_forcing::benchmarks {

/// B trials of T steps.
struct Size {
  Index trials, steps;
};

template <typename Scalar>
struct Case {
  Network<Scalar> network;
  Batch<Scalar> batch;
  Scalar gain;
};

/// The paper's network under gain 1/2, and inputs and targets drawn from N(0, 1).
template <typename Scalar>
Case<Scalar> random_case(const Size& size);

/// The same for a peer.
template <typename Scalar>
peers::Problem<Scalar> problem_of(const Case<Scalar>& which);

/// Throws unless the arrays have the sizes of the problem.
template <typename Scalar>
Parameters<Scalar> gradient_of(const peers::Parameters<Scalar>& arrays,
                               const Parameters<Scalar>& shape);

}  // namespace error_forcing::benchmarks
