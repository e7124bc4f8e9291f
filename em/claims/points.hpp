#pragma once
// Where the claims about networks are measured: generic, degenerate, chaotic, and the task's own.

#include <error_forcing/batch.hpp>
#include <error_forcing/noise.hpp>
#include <error_forcing/random.hpp>
#include <string>
#include <vector>

namespace error_forcing::certification {

template <typename Scalar>
struct Point {
  std::string name;
  Network<Scalar> network;
  Batch<Scalar> batch;
  Noise<Scalar> noise;  ///< full Q and R, positive definite
};

/// The same points in every precision: drawn in double, cast exactly.
template <typename Scalar>
std::vector<Point<Scalar>> points(std::uint64_t seed);

/// A A'/n + floor I for A ~ N(0, 1): symmetric positive definite, n x n.
Matrix<double> random_covariance(RandomEngine& engine, Index n, double floor);

}  // namespace error_forcing::certification
