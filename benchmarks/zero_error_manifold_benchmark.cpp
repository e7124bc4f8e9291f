// Geometry of one state: manifold, projections and split. Verified by what each must hold.

#include <error_forcing/displacement_split.hpp>
#include <error_forcing/random.hpp>

#include "alternation.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace {

struct Setting {
  explicit Setting(Index outputs) {
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

// Times call(manifold, setting), a point that must lie on the manifold.
template <typename Call>
void time_point(benchmark::State& state, const Call& call) {
  const Setting s(state.range(0));
  const ZeroErrorManifold<double> manifold(s.C, s.d);
  const double error = manifold.residual(call(manifold, s), s.target).norm() / s.target.norm();
  if (!verified(state, "residual", error, 1e-10)) return;
  alternate<double>(state, {}, [&] { benchmark::DoNotOptimize(call(manifold, s).data()); });
}

void make_manifold(benchmark::State& state) {
  const Setting s(state.range(0));
  const bool full = ZeroErrorManifold<double>(s.C, s.d).rank() == s.C.rows();
  if (!verified(state, "rank below P", full ? 0 : 1, 0)) return;
  alternate<double>(state, {},
                    [&] { benchmark::DoNotOptimize(ZeroErrorManifold<double>(s.C, s.d).rank()); });
}

void project(benchmark::State& state) {
  time_point(state, [](const auto& m, const Setting& s) { return m.project(s.h, s.target); });
}

void project_obliquely(benchmark::State& state) {
  time_point(state, [](const auto& m, const Setting& s) {
    return m.project_obliquely(s.h, s.target, s.Q);
  });
}

void minimum_norm_point(benchmark::State& state) {
  time_point(state, [](const auto& m, const Setting& s) { return m.minimum_norm_point(s.target); });
}

void split(benchmark::State& state) {
  const Setting s(state.range(0));
  const ZeroErrorManifold<double> manifold(s.C, s.d);
  const auto parts = split_displacement(manifold, s.h);
  const double error = (parts.normal + parts.tangent - s.h).norm() + (s.C * parts.tangent).norm();
  if (!verified(state, "parts", error, 1e-11)) return;
  alternate<double>(state, {}, [&] {
    benchmark::DoNotOptimize(split_displacement(manifold, s.h).normal.data());
  });
}

void outputs(benchmark::internal::Benchmark* b) {
  b->ArgName("P")->Arg(1)->Arg(10)->Apply(by_turns);
}

BENCHMARK(make_manifold)->Apply(outputs);
BENCHMARK(project)->Apply(outputs);
BENCHMARK(project_obliquely)->Apply(outputs);
BENCHMARK(minimum_norm_point)->Apply(outputs);
BENCHMARK(split)->Apply(outputs);

}  // namespace
}  // namespace error_forcing::benchmarks
