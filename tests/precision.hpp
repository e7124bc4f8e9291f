#pragma once
// The precisions in which an identity is tried: its residual must fall with the precision.

#include <gtest/gtest.h>
#include <error_forcing/quad.hpp>

#include <type_traits>

namespace error_forcing::test {

#ifdef ERROR_FORCING_WITHOUT_QUAD
using DoubleAndQuad = ::testing::Types<double>;
using Widest = double;
#ifdef ERROR_FORCING_SANITIZED
using AllPrecisions = ::testing::Types<double>;  // errors of memory do not depend on it
#else
using AllPrecisions = ::testing::Types<float, double>;
#endif
#else
using DoubleAndQuad = ::testing::Types<double, quad>;
using AllPrecisions = ::testing::Types<float, double, quad>;
using Widest = quad;  // for what holds in every precision and is tried in one
#endif

struct PrecisionName {
  template <typename Scalar>
  static std::string GetName(int) {
    if (std::is_same_v<Scalar, float>) return "float";
    return std::is_same_v<Scalar, double> ? "double" : "quad";
  }
};

/// What an identity may miss by: rounding, 450 times the spacing of the numbers near 1.
/// 5e-5 in float, 1e-13 in double, 9e-32 in quad.
template <typename Scalar>
Scalar rounding() {
  return 450 * std::numeric_limits<Scalar>::epsilon();
}

}  // namespace error_forcing::test
