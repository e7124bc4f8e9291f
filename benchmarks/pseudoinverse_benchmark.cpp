// What one C+ costs: it is computed once a training step, beside a rollout of T steps. Checked by
// C C+ = I (full row rank) before it is timed.

#include <error_forcing/pseudoinverse.hpp>
#include <error_forcing/random.hpp>

#include "alternation.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace pseudoinverse_suite {

template <typename Scalar>
constexpr double tolerance = sizeof(Scalar) == sizeof(float) ? 1e-4 : 1e-12;

template <typename Scalar>
void pseudoinverse_of_readout(benchmark::State& state) {
  const Index outputs = state.range(0), units = state.range(1);
  auto engine = random_engine(3);
  const Matrix<Scalar> C = normal_matrix(engine, outputs, units).cast<Scalar>();
  const Matrix<Scalar> one = Matrix<Scalar>::Identity(outputs, outputs);
  const double error = double((C * pseudoinverse(C).inverse - one).norm());
  if (!verified(state, "C C+ - I", error, tolerance<Scalar>)) return;
  alternate<Scalar>(state, {}, [&] { benchmark::DoNotOptimize(pseudoinverse(C).inverse.data()); });
}

void shapes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"P", "N"})->Args({1, 50})->Args({10, 50})->Args({10, 500});
  benchmark->Apply(by_turns);
}

BENCHMARK_TEMPLATE(pseudoinverse_of_readout, float)->Apply(shapes);
BENCHMARK_TEMPLATE(pseudoinverse_of_readout, double)->Apply(shapes);

}  // namespace pseudoinverse_suite
}  // namespace error_forcing::benchmarks
