// Geometry of one state: the manifold and its projections. Verified by what each must hold: it has
// full rank, and the points lie on it.

#include "alternation.hpp"
#include "manifold_case.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace zero_error_manifold_suite {

// Times call(manifold, setting), a point that must lie on the manifold.
template <typename Call>
void time_point(benchmark::State& state, const Call& call) {
  const ManifoldCase s(state.range(0));
  const ZeroErrorManifold<double> manifold(s.C, s.d);
  const double error = manifold.residual(call(manifold, s), s.target).norm() / s.target.norm();
  if (!verified(state, "residual", error, 1e-10)) return;
  alternate<double>(state, {}, [&] { benchmark::DoNotOptimize(call(manifold, s).data()); });
}

void make_manifold(benchmark::State& state) {
  const ManifoldCase s(state.range(0));
  const bool full = ZeroErrorManifold<double>(s.C, s.d).rank() == s.C.rows();
  if (!verified(state, "rank below P", full ? 0 : 1, 0)) return;
  alternate<double>(state, {},
                    [&] { benchmark::DoNotOptimize(ZeroErrorManifold<double>(s.C, s.d).rank()); });
}

void project(benchmark::State& state) {
  time_point(state, [](const auto& m, const ManifoldCase& s) { return m.project(s.h, s.target); });
}

void project_obliquely(benchmark::State& state) {
  time_point(state, [](const auto& m, const ManifoldCase& s) {
    return m.project_obliquely(s.h, s.target, s.Q);
  });
}

void minimum_norm_point(benchmark::State& state) {
  time_point(state,
             [](const auto& m, const ManifoldCase& s) { return m.minimum_norm_point(s.target); });
}

BENCHMARK(make_manifold)->Apply(some_outputs);
BENCHMARK(project)->Apply(some_outputs);
BENCHMARK(project_obliquely)->Apply(some_outputs);
BENCHMARK(minimum_norm_point)->Apply(some_outputs);

}  // namespace zero_error_manifold_suite
}  // namespace error_forcing::benchmarks
