#pragma once
// The project's own engine: the one place that says what the peers are compared with.

#include <error_forcing/batch.hpp>
#include <functional>

namespace error_forcing::benchmarks {

/// Error forcing with gain c: prepares, as the peers do, and returns what computes the gradient.
template <typename Scalar>
std::function<void(Parameters<Scalar>&)> our_gradient(const Network<Scalar>& network,
                                                      const Batch<Scalar>& batch, Scalar gain);

}  // namespace error_forcing::benchmarks
