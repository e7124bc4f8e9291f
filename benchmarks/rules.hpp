#pragma once
// The learning rules that the suites time, in every routing that has a meaning. A rule to come is
// one line more.

#include <error_forcing/learning_rule.hpp>

namespace error_forcing::benchmarks {

struct NamedRule {
  const char* name;
  RuleOptions options;
  bool has_gain = true;
};

/// At one gain; teacher forcing is gtf at gain 1.
inline std::vector<NamedRule> named_rules(double gain) {
  return {{"bptt", {.name = "bptt"}, false},
          {"gtf_held", {.name = "gtf", .gain = gain}},
          {"gtf_damped", {.name = "gtf", .gain = gain, .routing = Routing::damped}},
          {"gtf_through", {.name = "gtf", .gain = gain, .routing = Routing::through}},
          {"ef_held", {.name = "ef", .gain = gain}},
          {"ef_through", {.name = "ef", .gain = gain, .routing = Routing::through}},
          {"rflo", {.name = "rflo"}, false},
          {"ef_rflo", {.name = "ef-rflo", .gain = gain}},
          {"snap1", {.name = "snap1"}, false},
          {"ef_snap1", {.name = "ef-snap1", .gain = gain}},
          {"ef_rflo_as_released", {.name = "ef-rflo", .gain = gain, .as_released = true}}};
}

}  // namespace error_forcing::benchmarks
