#pragma once
// The ascent direction of every rule on one model and batch, in the units of the log evidence, so
// that they can be held against its gradient.
//
//   bptt          free-running            (S2)
//   tf            (E2), c = 1             (S3) / sigma_y^2
//   ef .2, ef 1   (E1), c = .2 and 1      (S3) / sigma_y^2
//   ef through    (E1), c = 1             the same loss, differentiated through the correction
//   greedy        (E3)                    (S2)
//   local         (E3)                    (S4), no recursion in time
//   filter        (E4)                    (S2)
//   map           (E5)                    (S2); (S4) is the same (I4)
//
// sigma_y^2 is the mean variance of R.
//
// Laws: as sigma_h -> 0 greedy, filter and map tend to bptt (R1); with whole-step masks local is
// the immediate part of greedy (I2); for phi = identity map is the plug-in part of the exact score.

#include <error_forcing/inference.hpp>

namespace error_forcing {

struct NamedGradient {
  std::string rule;
  Parameters<double> ascent;
};

/// Throws InvalidInput unless Q and R are positive definite, Divergence where a rule leaves the
/// finite numbers.
std::vector<NamedGradient> rule_gradients(const GenerativeModel<double>& model,
                                          const Batch<double>& batch);

}  // namespace error_forcing
