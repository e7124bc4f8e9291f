// Every learning rule in each of its routings, as training calls it: the engine is the rule's
// choice. Verified against the trajectory's path.

#include <error_forcing/learning_rule.hpp>

#include "alternation.hpp"
#include "paper_case.hpp"
#include "verdict.hpp"

namespace error_forcing::benchmarks {
namespace {

constexpr Index units = 50, trials = 128, steps = 110;

template <typename Scalar>
void gradient_of_rule(benchmark::State& state, const RuleOptions& options) {
  const auto rule = make_rule<Scalar>(options);
  const auto c = paper_case<Scalar>(units, trials, steps);
  auto trajectory = make_trajectory(c.network, c.batch);
  auto memory = make_gradient_memory(rule, c.batch.layout(), units, 3, 1);
  auto want = zero_like(c.network.parameters), gradient = want;
  objective_gradient(rule, c.network, c.batch, {}, trajectory, want);
  const auto call = [&] { objective_gradient(rule, c.network, c.batch, {}, memory, gradient); };
  call();
  if (!verified(state, "gradient", relative_error(gradient, want), gradient_tolerance<Scalar>))
    return;
  alternate<Scalar>(state, {.flops = useful_flops(units, trials) * steps, .steps = steps}, call);
}

struct NamedRule {
  const char* name;
  RuleOptions options;
};

template <typename Scalar>
void register_rules(const std::string& scalar) {
  for (const NamedRule& rule :
       {NamedRule{"bptt", {.name = "bptt"}},
        {"gtf_held", {.name = "gtf", .gain = 0.5}},
        {"gtf_damped", {.name = "gtf", .gain = 0.5, .routing = Routing::damped}},
        {"gtf_through", {.name = "gtf", .gain = 0.5, .routing = Routing::through}},
        {"ef_held", {.name = "ef", .gain = 0.5}},
        {"ef_through", {.name = "ef", .gain = 0.5, .routing = Routing::through}}})
    benchmark::RegisterBenchmark(
        ("gradient_of_rule/" + scalar + "/" + rule.name).c_str(),
        [rule](benchmark::State& state) { gradient_of_rule<Scalar>(state, rule.options); })
        ->Apply(by_turns);
}

const bool registered = (register_rules<float>("float"), register_rules<double>("double"), true);

}  // namespace
}  // namespace error_forcing::benchmarks
