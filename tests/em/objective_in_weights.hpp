#pragma once
// A gradient judged by the finite differences of a function of the weights.

#include <gtest/gtest.h>
#include <error_forcing/finite_difference.hpp>
#include <error_forcing/network.hpp>
#include <error_forcing/quad.hpp>

namespace error_forcing::test {

/// Expects `claimed` to be the gradient of value_of(network) in the weights of `network`. What is
/// allowed beside the oracle's own error is 1e-10 of a block's largest entry, 1e-25 in quad.
template <typename Scalar, typename ValueOf>
void expect_gradient(const Parameters<Scalar>& claimed, const Network<Scalar>& network,
                     ValueOf value_of) {
  const auto value_at = [&](const Parameters<Scalar>& p) -> Scalar {
    auto moved = network;
    moved.parameters = p;
    return value_of(moved);
  };
  const Scalar tolerance(std::is_same_v<Scalar, quad> ? 1e-25 : 1e-10);
  const auto verdict =
      compare(claimed, finite_difference<Scalar>(value_at, network.parameters), tolerance);
  EXPECT_TRUE(verdict.agrees()) << describe(verdict);
}

}  // namespace error_forcing::test
