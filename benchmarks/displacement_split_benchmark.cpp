// The split of a displacement into what is normal and what is tangent to the manifold, and the
// effect of forcing, measured and predicted. Verified by the laws at the head of
// displacement_split.hpp: the parts add up, the tangent one moves no output, (G4) predicts.

#include <error_forcing/displacement_split.hpp>

#include "alternation.hpp"
#include "manifold_case.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace displacement_split_suite {

void split(benchmark::State& state) {
  const ManifoldCase s(state.range(0));
  const ZeroErrorManifold<double> manifold(s.C, s.d);
  const auto parts = split_displacement(manifold, s.h);
  const double error = (parts.normal + parts.tangent - s.h).norm() + (s.C * parts.tangent).norm();
  if (!verified(state, "parts", error, 1e-11)) return;
  alternate<double>(state, {}, [&] {
    benchmark::DoNotOptimize(split_displacement(manifold, s.h).normal.data());
  });
}

double distance(const ForcingEffect<double>& a, const ForcingEffect<double>& b) {
  return std::max({std::abs(a.normal - b.normal), std::abs(a.tangent - b.tangent),
                   std::abs(a.error_after - b.error_after)});
}

// Times `call`, an effect that must be both what was measured and what (G4) says.
template <typename Call>
void time_effect(benchmark::State& state, const Call& call) {
  constexpr double gain = 0.5;
  const ManifoldCase s(state.range(0));
  const ZeroErrorManifold<double> manifold(s.C, s.d);
  const Vector<double> h = (1 - gain) * s.h + gain * manifold.minimum_norm_point(s.target);
  const auto measured = measure_forcing(manifold, s.h, h, s.target);
  const auto predicted = predict_teacher_forcing(manifold, s.h, s.target, gain);
  if (!verified(state, "effect", distance(measured, predicted), 1e-11)) return;
  alternate<double>(state, {},
                    [&] { benchmark::DoNotOptimize(call(manifold, s, h, gain).tangent); });
}

void measure(benchmark::State& state) {
  time_effect(state, [](const auto& manifold, const ManifoldCase& s, const auto& h, double) {
    return measure_forcing(manifold, s.h, h, s.target);
  });
}

void predict(benchmark::State& state) {
  time_effect(state, [](const auto& manifold, const ManifoldCase& s, const auto&, double gain) {
    return predict_teacher_forcing(manifold, s.h, s.target, gain);
  });
}

BENCHMARK(split)->Apply(some_outputs);
BENCHMARK(measure)->Apply(some_outputs);
BENCHMARK(predict)->Apply(some_outputs);

}  // namespace displacement_split_suite
}  // namespace error_forcing::benchmarks
