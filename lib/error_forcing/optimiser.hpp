#pragma once
// Adam or SGD behind one name: the options say which, the state follows them.
//
// Laws: each step is the one of adam.hpp or sgd.hpp, bit for bit; a state that was made for one
// algorithm is refused by the other.

#include <error_forcing/sgd.hpp>
#include <string>
#include <variant>

namespace error_forcing {

using OptimiserOptions = std::variant<AdamOptions, SgdOptions>;

/// What the algorithm remembers from step to step.
template <typename Scalar>
using Optimiser = std::variant<Adam<Scalar>, Sgd<Scalar>>;

/// "adam" or "sgd".
std::string name_of(const OptimiserOptions& options);

/// Throws InvalidInput for options outside their ranges.
void validate(const OptimiserOptions& options);

/// The state before the first step, in the shapes of the weights.
template <typename Scalar>
Optimiser<Scalar> make_optimiser(const OptimiserOptions& options,
                                 const Parameters<Scalar>& parameters);

/// Steps taken.
template <typename Scalar>
long steps_of(const Optimiser<Scalar>& state);

/// One step, in float or double; throws as the algorithm does, and InvalidInput for a state of the
/// other one.
template <typename Scalar>
void descend(const OptimiserOptions& options, const Parameters<Scalar>& gradient,
             Optimiser<Scalar>& state, Parameters<Scalar>& parameters);

}  // namespace error_forcing
