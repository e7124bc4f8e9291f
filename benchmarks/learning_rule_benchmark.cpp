// Every learning rule in each of its routings, as training calls it: the engine is the rule's
// choice. Verified against the plain path in double, and where the gradient is that of the rule's
// whole objective (bptt, through), also against the objective's slope along it: there the engine is
// the plain path.

#include <error_forcing/learning_rule.hpp>

#include "alternation.hpp"
#include "paper_case.hpp"
#include "rules.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace learning_rule_suite {

constexpr Index units = 50, trials = 128, steps = 110;

// The plain path in double.
Parameters<double> plain_gradient(const RuleOptions& options, const PaperCase<double>& c) {
  auto trajectory = make_trajectory(c.network, c.batch);
  auto gradient = zero_like(c.network.parameters);
  objective_gradient(make_rule<double>(options), c.network, c.batch, {}, trajectory, gradient);
  return gradient;
}

// The relative miss of a gradient that is exact for the rule's own objective: its slope along the
// gradient by a central difference.
double miss_of_slope(const RuleOptions& options, const PaperCase<double>& c,
                     const Parameters<double>& gradient) {
  double square = 0;
  for (const auto& block : blocks(gradient)) square += block.squaredNorm();
  const double h = 1e-5 / std::sqrt(square);
  auto trajectory = make_trajectory(c.network, c.batch);
  auto ignored = zero_like(gradient);
  const auto objective_at = [&](double distance) {
    auto network = c.network;
    add_scaled(network.parameters, distance, gradient);
    return objective_gradient(make_rule<double>(options), network, c.batch, {}, trajectory, ignored)
        .total();
  };
  return std::abs((objective_at(h) - objective_at(-h)) / (2 * h * square) - 1);
}

template <typename Scalar>
bool right(benchmark::State& state, const RuleOptions& options,
           const Parameters<Scalar>& gradient) {
  const auto c = paper_case<double>(units, trials, steps);
  const auto want = plain_gradient(options, c);
  const bool exact = options.routing == Routing::through || options.name == "bptt";
  return verified(state, "gradient", relative_error(cast<double>(gradient), want),
                  gradient_tolerance<Scalar>) &&
         (!exact || verified(state, "slope", miss_of_slope(options, c, want), 1e-6));
}

// Of the three products of a step, a rule that drops the off-diagonal part of J needs two.
template <typename Scalar>
int products(const LearningRule<Scalar>& rule) {
  return rule.credit == Credit::back_propagation ? 3 : 2;
}

template <typename Scalar>
void gradient_of_rule(benchmark::State& state, const RuleOptions& options) {
  const auto rule = make_rule<Scalar>(options);
  const auto c = paper_case<Scalar>(units, trials, steps);
  auto memory = make_gradient_memory(rule, c.batch.layout(), units, 3, 1);
  auto gradient = zero_like(c.network.parameters);
  const auto call = [&] { objective_gradient(rule, c.network, c.batch, {}, memory, gradient); };
  call();
  if (!right(state, options, gradient)) return;
  alternate<Scalar>(
      state, {.flops = products(rule) * useful_flops(units, trials) / 3 * steps, .steps = steps},
      call);
}

template <typename Scalar>
void register_rules(const std::string& scalar) {
  for (const NamedRule& rule : named_rules(0.5))
    benchmark::RegisterBenchmark(
        ("gradient_of_rule/" + scalar + "/" + rule.name).c_str(),
        [rule](benchmark::State& state) { gradient_of_rule<Scalar>(state, rule.options); })
        ->Apply(by_turns);
}

const bool registered = (register_rules<float>("float"), register_rules<double>("double"), true);

}  // namespace learning_rule_suite
}  // namespace error_forcing::benchmarks
