#include "measurement.hpp"

#include <fmt/format.h>

#include <cmath>
#include <error_forcing/alignment.hpp>
#include <error_forcing/delayed_xor.hpp>
#include <stdexcept>

#include "../clock.hpp"
#include "../rules.hpp"
#include "../run_mode.hpp"

namespace error_forcing::benchmarks {

namespace {

constexpr DelayedXor task{.delay = 50};
constexpr Index trials = 128;
constexpr int calls = 3;

struct Setting {
  Network<double> network = random_network({}, 1);
  Batch<double> batch;
  Network<float> network_in_float = cast<float>(network);
  Batch<float> batch_in_float;

  Setting() {
    auto engine = random_engine(1, 1);
    batch = delayed_xor<double>(task, trials, engine);
    batch_in_float = cast<float>(batch);
  }
};

template <typename Scalar>
Parameters<double> plain_gradient(const RuleOptions& options, const Network<Scalar>& network,
                                  const Batch<Scalar>& batch) {
  auto trajectory = make_trajectory(network, batch);
  auto gradient = zero_like(network.parameters);
  objective_gradient(make_rule<Scalar>(options), network, batch, {}, trajectory, gradient);
  return cast<double>(gradient);
}

// A rule as training calls it: memory once, then a gradient a call.
class Engine {
 public:
  Engine(const Setting& at, const RuleOptions& options)
      : at_(at),
        rule_(make_rule<float>(options)),
        memory_(make_gradient_memory(rule_, at.batch.layout(), at.network.units(),
                                     at.network.inputs(), at.network.outputs())),
        gradient_(zero_like(at.network_in_float.parameters)) {}

  void operator()() {
    objective_gradient(rule_, at_.network_in_float, at_.batch_in_float, {}, memory_, gradient_);
  }
  Parameters<double> gradient() const { return cast<double>(gradient_); }

 private:
  const Setting& at_;
  LearningRule<float> rule_;
  GradientMemory<float> memory_;
  Parameters<float> gradient_;
};

// Throws unless the gradient is off the plain path in double by at most ten times what that path in
// float is off, block by block: dL/dd is a sum that may cancel, and is then coarse on every path.
void require_right(const Setting& at, const NamedRule& rule, const Parameters<double>& gradient) {
  const auto want = plain_gradient(rule.options, at.network, at.batch);
  const auto plain = plain_gradient(rule.options, at.network_in_float, at.batch_in_float);
  const auto ours = blocks(gradient), theirs = blocks(plain), right = blocks(want);
  for (std::size_t k = 0; k < right.size(); ++k) {
    const double error = (ours[k] - right[k]).norm() / right[k].norm();
    const double allowed = std::max(1e-5, 10 * (theirs[k] - right[k]).norm() / right[k].norm());
    if (!(error <= allowed))
      throw std::runtime_error(
          fmt::format("{} at gain {}: dL/d{} is off by {:.1e}, want {:.1e}; not timed", rule.name,
                      rule.options.gain, block_names[k], error, allowed));
  }
}

void time_by_turns(Engine& engine, Engine& bptt, Accuracy& result) {
  std::vector<double> seconds, costs;
  for (int turn = 0; turn < (smoke_run() ? 1 : 15); ++turn) {
    const double reference = seconds_of(bptt, calls);
    seconds.push_back(seconds_of(engine, calls));
    costs.push_back(seconds.back() / reference);
  }
  result.us_per_step = 1e6 * median(seconds) / static_cast<double>(trial_steps(task));
  result.cost = median(costs);
}

Accuracy measure(const Setting& at, const NamedRule& rule, const Parameters<double>& exact,
                 Engine& bptt) {
  Engine engine(at, rule.options);
  engine();
  const auto gradient = engine.gradient();
  require_right(at, rule, gradient);
  Accuracy result{.rule = rule.name};
  if (rule.has_gain) result.gain = rule.options.gain;
  result.cosine = alignment(gradient, exact, weight_groups()[0]).cosine;
  result.cosine_W = alignment(gradient, exact, {"W", {"W"}}).cosine;
  time_by_turns(engine, bptt, result);
  return result;
}

}  // namespace

std::vector<Accuracy> measure_accuracy(const std::vector<double>& gains) {
  const Setting at;
  const RuleOptions free{.name = "bptt"};
  const auto exact = plain_gradient(free, at.network, at.batch);
  Engine bptt(at, free);
  bptt();
  std::vector<Accuracy> table;
  const std::size_t rules = named_rules(0).size();
  for (std::size_t k = 0; k < rules; ++k)
    for (const double gain : gains) {
      const NamedRule rule = named_rules(gain)[k];
      table.push_back(measure(at, rule, exact, bptt));
      if (!rule.has_gain) break;
    }
  return table;
}

}  // namespace error_forcing::benchmarks
