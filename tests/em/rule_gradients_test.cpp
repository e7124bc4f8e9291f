#include <error_forcing/alignment.hpp>
#include <error_forcing/gradient_parts.hpp>
#include <error_forcing/rule_gradients.hpp>
#include <error_forcing/statistics.hpp>

#include "linear_gaussian.hpp"

namespace error_forcing {
namespace {

using namespace test;

Parameters<double> of_rule(const std::string& rule, const std::vector<NamedGradient>& all) {
  for (const auto& [name, ascent] : all)
    if (name == rule) return ascent;
  throw std::runtime_error("no rule " + rule);
}

ModelCase isotropic_case(std::uint64_t seed, double sigma_h, double sigma_y,
                         CaseOptions options = linear_case) {
  auto drawn = model_case(options, seed);
  drawn.model.noise = isotropic_noise<double>(options.units, options.outputs, sigma_h, sigma_y);
  return drawn;
}

// (R1): at order two, so that a tenth of sigma_h leaves a hundredth.
TEST(RuleGradientsLaw, SmallStateNoiseLeavesBackPropagation) {
  for (const auto* rule : {"greedy", "filter", "map"}) {
    const auto distance = [&](double sigma_h) {
      const auto [model, batch] = isotropic_case(1, sigma_h, 0.5);
      const auto all = rule_gradients(model, batch);
      return relative_distance(of_rule(rule, all), of_rule("bptt", all));
    };
    EXPECT_NEAR(distance(1e-2) / distance(1e-3), 100, 1) << rule;
  }
}

TEST(RuleGradientsLaw, LocalIsTheImmediatePartOfGreedy) {
  const auto [model, batch] = model_case({.same_for_outputs = true}, 2);
  const auto parts = gradient_parts(model, batch, infer(Greedy{}, model, batch));
  const auto all = rule_gradients(model, batch);
  expect_close(of_rule("local", all), parts.plug_in.immediate);
}

TEST(RuleGradientsLaw, LinearMapIsThePlugInPartOfTheScore) {
  const auto [model, batch] = model_case(linear_case, 3);
  const auto parts = gradient_parts(model, batch, infer(ExactPosterior{}, model, batch));
  auto plug_in = parts.plug_in.immediate;
  add_scaled(plug_in, 1.0, parts.plug_in.temporal);
  expect_close(of_rule("map", rule_gradients(model, batch)), plug_in, 1e-8);
}

// In the units of the log evidence: halving every variance of R doubles what the paper's form says.
TEST(RuleGradientsLaw, ThePaperFormIsWeightedByTheOutputNoise) {
  const auto one = isotropic_case(4, 0.3, 1), half = isotropic_case(4, 0.3, std::sqrt(0.5));
  for (const auto* rule : {"bptt", "tf", "ef .2", "ef 1", "ef through"}) {
    auto doubled = of_rule(rule, rule_gradients(one.model, one.batch));
    add_scaled(doubled, 1.0, Parameters<double>(doubled));
    expect_close(of_rule(rule, rule_gradients(half.model, half.batch)), doubled);
  }
}

// Without dynamics no state is felt later: EF held fixed sees the whole loss of W, U, b and d, and
// through the correction no other.
TEST(RuleGradientsLaw, WithoutDynamicsThroughIsHeld) {
  CaseOptions options = linear_case;
  options.leak = 1;
  auto [model, batch] = isotropic_case(5, 0.3, 0.5, options);
  model.network.parameters.W.setZero();
  const auto all = rule_gradients(model, batch);
  for (const auto& group :
       {WeightGroup{"inputs", {"U", "b"}}, WeightGroup{"readout", {"C", "d"}}}) {
    const auto found = alignment(of_rule("ef through", all), of_rule("ef 1", all), group);
    EXPECT_NEAR(found.cosine, 1, 1e-12) << group.name;
    EXPECT_NEAR(found.norm_ratio, 1, 1e-12) << group.name;
  }
}

TEST(RuleGradients, EveryRuleHasItsOwnName) {
  const auto [model, batch] = model_case({}, 6);
  std::vector<std::string> names;
  for (const auto& [name, ascent] : rule_gradients(model, batch)) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"bptt", "tf", "ef .2", "ef 1", "ef through", "greedy",
                                             "local", "filter", "map"}));
}

}  // namespace
}  // namespace error_forcing
