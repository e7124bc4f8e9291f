#pragma once
// What the suites of the geometry time: a random readout of the paper's number of units, a state, a
// target and a metric.

#include <benchmark/benchmark.h>

#include <error_forcing/random.hpp>
#include <error_forcing/zero_error_manifold.hpp>

#include "alternation.hpp"

namespace error_forcing::benchmarks {

struct ManifoldCase {
  explicit ManifoldCase(Index outputs) {
    auto engine = random_engine(4);
    C = normal_matrix(engine, outputs, units);
    d = normal_matrix(engine, outputs, 1);
    h = normal_matrix(engine, units, 1);
    target = normal_matrix(engine, outputs, 1);
    const Matrix<double> L = normal_matrix(engine, units, units);
    Q = L * L.transpose() + Matrix<double>::Identity(units, units);
  }
  static constexpr Index units = 50;
  Matrix<double> C, Q;
  Vector<double> d, h, target;
};

/// For ->Apply(): one output and several.
inline void some_outputs(benchmark::internal::Benchmark* b) {
  b->ArgName("P")->Arg(1)->Arg(10)->Apply(by_turns);
}

}  // namespace error_forcing::benchmarks
