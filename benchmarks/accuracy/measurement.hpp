#pragma once
// How near each rule's gradient comes to that of the task, and what it costs.
//
//   exact      the gradient of the un-forced objective: BPTT by the plain path, in double
//   rule       the gradient that training would use: in float, by the engine that the rule picks
//   cosine     of the angle between the two, over all weights, and over W alone
//   cost       time of the rule beside bptt, by turns in one run: independent of the machine
//
// On a batch of delayed XOR and the network that training starts from. Before it is timed, a rule's
// gradient is verified against the plain path in double.

#include <optional>
#include <string>
#include <vector>

namespace error_forcing::benchmarks {

struct Accuracy {
  std::string rule;
  std::optional<double> gain = {};  ///< none for bptt
  double cosine = 0, cosine_W = 0;
  double us_per_step = 0;  ///< of one batch
  double cost = 0;         ///< relative to bptt

  double cosine_per_us() const { return cosine / us_per_step; }
};

/// Every rule at every gain, bptt first. Throws std::runtime_error if a gradient is wrong.
std::vector<Accuracy> measure_accuracy(const std::vector<double>& gains);

}  // namespace error_forcing::benchmarks
