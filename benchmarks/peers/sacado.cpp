// Sacado's reverse mode, by operator overloading. A trial is recorded and swept back before the
// next, because its record holds two nodes for every product. The next record reuses the memory,
// which makes every earlier variable stale: the weights are made anew for each trial.

#include <Sacado_trad.hpp>

#include "trial_loss.hpp"

namespace {

using Active = Sacado::Rad::ADvar<double>;

std::vector<Active> active(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

void add_adjoints(const std::vector<Active>& weights, std::vector<double>& gradient) {
  for (std::size_t i = 0; i < weights.size(); ++i) gradient[i] += weights[i].adj();
}

void add_trial(const peers::Problem<double>& p, long trial, peers::Parameters<double>& gradient) {
  const auto& [W, U, b, C, d] = p.weights;
  const peers::ActiveParameters<Active> weights{active(W), active(U), active(b), active(C),
                                                active(d)};
  const auto displacement = [&](long, long i, const std::vector<Active>& e) {
    return peers::forced(p, i, e, [](const Active& error) { return error.val(); });
  };
  Active loss = trial_loss(p, weights, &p.x[trial * p.steps * p.inputs],
                           &p.y[trial * p.steps * p.outputs], displacement);
  Active::Outvar_Gradcomp(loss);
  add_adjoints(weights.W, gradient.W);
  add_adjoints(weights.U, gradient.U);
  add_adjoints(weights.b, gradient.b);
  add_adjoints(weights.C, gradient.C);
  add_adjoints(weights.d, gradient.d);
}

peers::Gradient<double> prepare(const peers::Problem<double>& problem) {
  return [&](peers::Parameters<double>& gradient) {
    gradient = peers::zero_gradient(problem);
    for (long trial = 0; trial < problem.trials; ++trial) add_trial(problem, trial, gradient);
  };
}

[[maybe_unused]] const bool added = peers::add<double>("Sacado", prepare);

}  // namespace
