#pragma once
// Readouts of known singular value decomposition, built from reflections, so that every law can be
// held against an answer that no decomposition computed.

#include <error_forcing/random.hpp>

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "precision.hpp"

namespace error_forcing::test {

/// C = left diag(values) normals' and d; `normals` and `tangents` together are orthogonal.
template <typename Scalar>
struct KnownReadout {
  Matrix<Scalar> C;         ///< P x N
  Vector<Scalar> d;         ///< P
  Matrix<Scalar> left;      ///< P x rank
  Vector<Scalar> values;    ///< rank
  Matrix<Scalar> normals;   ///< N x rank, the row space of C
  Matrix<Scalar> tangents;  ///< N x (N - rank), its kernel

  Matrix<Scalar> inverse() const {
    return normals * values.cwiseInverse().asDiagonal() * left.transpose();
  }
};

struct ReadoutShape {
  Index outputs, units, rank;
};

inline std::string description(const ReadoutShape& s, std::uint64_t seed) {
  return fmt::format("seed {}: P {} N {} rank {}", seed, s.outputs, s.units, s.rank);
}

/// One output and several, full and deficient rank, as many outputs as units and more.
inline const std::vector<ReadoutShape> readout_shapes{{1, 1, 1}, {1, 2, 1}, {1, 6, 1}, {2, 5, 2},
                                                      {3, 7, 3}, {2, 5, 1}, {4, 6, 2}, {4, 4, 4},
                                                      {3, 3, 2}, {5, 3, 3}, {4, 3, 2}};

template <typename Scalar>
Matrix<Scalar> random_matrix(RandomEngine& engine, Index rows, Index cols) {
  return normal_matrix(engine, rows, cols).template cast<Scalar>();
}

template <typename Scalar>
Vector<Scalar> random_vector(RandomEngine& engine, Index size) {
  return random_matrix<Scalar>(engine, size, 1);
}

/// I - 2 v v' / v'v.
template <typename Scalar>
Matrix<Scalar> random_reflection(RandomEngine& engine, Index size) {
  const Vector<Scalar> v = random_vector<Scalar>(engine, size);
  return Matrix<Scalar>::Identity(size, size) - v * v.transpose() * (2 / v.squaredNorm());
}

template <typename Scalar>
Matrix<Scalar> random_rotation(RandomEngine& engine, Index size) {
  return random_reflection<Scalar>(engine, size) * random_reflection<Scalar>(engine, size);
}

template <typename Scalar>
KnownReadout<Scalar> readout_with(RandomEngine& engine, Index outputs, Index units,
                                  const Vector<Scalar>& values) {
  const Index rank = values.size();
  const Matrix<Scalar> G = random_rotation<Scalar>(engine, units);
  const Matrix<Scalar> left = random_rotation<Scalar>(engine, outputs).leftCols(rank);
  const Matrix<Scalar> normals = G.leftCols(rank);
  return {left * values.asDiagonal() * normals.transpose(),
          random_vector<Scalar>(engine, outputs),
          left,
          values,
          normals,
          G.rightCols(units - rank)};
}

/// Singular values 2, 2/1.5, 2/1.5^2, ...
template <typename Scalar>
KnownReadout<Scalar> random_readout(RandomEngine& engine, const ReadoutShape& shape) {
  Vector<Scalar> values(shape.rank);
  Scalar value = 2;
  for (Scalar& v : values) v = std::exchange(value, value * 2 / 3);
  return readout_with<Scalar>(engine, shape.outputs, shape.units, values);
}

/// A symmetric positive definite matrix and its inverse, of condition 16.
template <typename Scalar>
struct KnownMetric {
  Matrix<Scalar> Q, inverse;
};

template <typename Scalar>
KnownMetric<Scalar> random_metric(RandomEngine& engine, Index size) {
  const Matrix<Scalar> G = random_rotation<Scalar>(engine, size);
  Vector<Scalar> values(size);
  for (Index i = 0; i < size; ++i) values(i) = Scalar(1 + 15 * i) / Scalar(size);
  return {G * values.asDiagonal() * G.transpose(),
          G * values.cwiseInverse().asDiagonal() * G.transpose()};
}

template <typename Derived>
double size_of(const Eigen::MatrixBase<Derived>& difference) {
  return static_cast<double>(difference.norm());
}

/// The difference of two arrays of size `scale` that should be equal.
template <typename Scalar>
double allowed(double scale) {
  return static_cast<double>(rounding<Scalar>()) * scale;
}

/// Scalars compared in their own precision.
template <typename Scalar>
void expect_near(const Scalar& a, const Scalar& b, double scale) {
  using std::abs;
  EXPECT_LE(static_cast<double>(abs(a - b)), allowed<Scalar>(scale)) << a << " and " << b;
}

/// Calls check(readout, engine) for every shape and three seeds.
template <typename Scalar, typename Check>
void for_each_readout(Check check) {
  for (const ReadoutShape& shape : readout_shapes)
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      SCOPED_TRACE(description(shape, seed));
      auto engine = random_engine(seed, 21);
      const auto readout = random_readout<Scalar>(engine, shape);
      check(readout, engine);
    }
}

}  // namespace error_forcing::test
