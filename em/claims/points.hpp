#pragma once
// Where the claims about networks are measured: generic, degenerate, chaotic, and the task's own.

#include <error_forcing/noise.hpp>
#include <error_forcing/random.hpp>
#include <error_forcing/trajectory.hpp>
#include <string>
#include <vector>

#include "definition.hpp"

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

/// Measures a claim at every point: visit(point, a workspace that fits it, what was found so far).
template <typename Scalar, typename Visit>
Measurement at_every_point(std::uint64_t seed, Visit visit) {
  Measurement found;
  for (const auto& point : points<Scalar>(seed)) {
    auto trajectory = make_trajectory(point.network, point.batch);
    visit(point, trajectory, found);
  }
  return found;
}

/// The column of one trial and step.
template <typename Scalar>
Vector<Scalar> column(const History<Scalar>& history, Index trial, Index step) {
  const Index lanes = history.layout().lanes;
  return history.at(trial / lanes, step).col(trial % lanes);
}

/// A A'/n + floor I for A ~ N(0, 1): symmetric positive definite, n x n.
Matrix<double> random_covariance(RandomEngine& engine, Index n, double floor);

}  // namespace error_forcing::certification
