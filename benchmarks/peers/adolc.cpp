// ADOL-C, by operator overloading. A trial is recorded on tape and swept back before the next: a
// tape of the whole batch does not fit in memory.

#include <adolc/adolc.h>

#include "trial_loss.hpp"

namespace {

constexpr short tape = 1;

std::vector<adouble> independent(const std::vector<double>& values) {
  std::vector<adouble> weights(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) weights[i] <<= values[i];
  return weights;
}

void record(const peers::Problem<double>& p, long trial) {
  const auto& [W, U, b, C, d] = p.weights;
  trace_on(tape, /*keep the values for the sweep back=*/1);
  {
    const peers::ActiveParameters<adouble> weights{independent(W), independent(U), independent(b),
                                                   independent(C), independent(d)};
    double value = 0;
    trial_loss(p, weights, trial, [](const adouble& e) { return e.value(); }) >>= value;
  }
  trace_off();
}

// Splits what lies one after the other on the tape.
void add(const std::vector<double>& adjoints, peers::Parameters<double>& gradient) {
  auto from = adjoints.begin();
  for (auto* block : {&gradient.W, &gradient.U, &gradient.b, &gradient.C, &gradient.d})
    for (double& entry : *block) entry += *from++;
}

peers::Gradient<double> prepare(const peers::Problem<double>& p) {
  const auto& [W, U, b, C, d] = p.weights;
  std::vector<double> adjoints(W.size() + U.size() + b.size() + C.size() + d.size());
  return [&p, adjoints](peers::Parameters<double>& gradient) mutable {
    gradient = peers::zero_gradient(p);
    double one = 1;
    for (long trial = 0; trial < p.trials; ++trial) {
      record(p, trial);
      reverse(tape, 1, int(adjoints.size()), 0, &one, adjoints.data());
      add(adjoints, gradient);
    }
  };
}

[[maybe_unused]] const bool added = peers::add<double>("ADOL-C", prepare);

}  // namespace
