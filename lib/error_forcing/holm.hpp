#pragma once
// Many tests at once: p values adjusted by Holm's step-down (Scand. J. Stat. 6, 1979).
//
// Laws: rejecting where the adjusted p is at most a, the probability of even one false rejection is
// at most a, however the tests depend on each other; adjusting is the closed test of Bonferroni's:
// the largest size x smallest p among the sets that hold the test; the order of the tests does not
// matter; one test keeps its p.

#include <vector>

namespace error_forcing {

/// The adjusted p values, in the order of the tests. Throws InvalidInput for p outside [0, 1].
std::vector<double> holm_adjusted(const std::vector<double>& p);

}  // namespace error_forcing
