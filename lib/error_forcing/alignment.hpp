#pragma once
// How a gradient points and how long it is, compared with another: what "approximate" means for a
// learning rule.
//
// Laws: the cosine is in [-1, 1] and the norm ratio >= 0; both are 1 between equal gradients;
// scaling the gradient by k > 0 leaves the cosine and multiplies the ratio; shares of parts that
// sum to the reference sum to 1. The sign agreement is in [0, 1], 1 between equal gradients and one
// minus it of the opposite one, whatever the scale of each entry.

#include <error_forcing/parameters.hpp>
#include <string>
#include <vector>

namespace error_forcing {

/// Which weights are compared, taken as one vector.
struct WeightGroup {
  std::string name;
  std::vector<std::string_view> blocks;  ///< of block_names
};

/// All five blocks; the dynamics W, U, b; the readout C, d.
const std::vector<WeightGroup>& weight_groups();

/// Each of the five blocks on its own.
const std::vector<WeightGroup>& block_groups();

struct Alignment {
  double cosine;      ///< NaN where either is zero
  double norm_ratio;  ///< |gradient| / |reference|
  double share;       ///< <gradient, reference> / |reference|^2: what it covers of the reference
  /// Of the entries that are 0 in neither, the share whose signs agree; NaN if there are none. A
  /// step of Adam's size everywhere sees nothing else of a gradient.
  double sign_agreement;
};

/// Throws InvalidInput unless the shapes agree and the group names blocks that exist.
Alignment alignment(const Parameters<double>& gradient, const Parameters<double>& reference,
                    const WeightGroup& group);

/// <a, b> over all five blocks.
template <typename Scalar>
Scalar inner_product(const Parameters<Scalar>& a, const Parameters<Scalar>& b) {
  const auto of_a = blocks(a), of_b = blocks(b);
  Scalar sum(0);
  for (std::size_t k = 0; k < of_a.size(); ++k) sum += of_a[k].dot(of_b[k]);
  return sum;
}

}  // namespace error_forcing
