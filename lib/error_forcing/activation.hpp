#pragma once
// The unit's nonlinearity phi and its derivative.
//
// Laws: the derivative is a function of phi alone for every activation here, so a rollout keeps
// phi and nothing else:
//   identity 1     tanh 1 - phi^2     relu [phi > 0]     softplus 1 - exp(-phi)     logistic phi (1
//   - phi)
// relu has derivative 0 at 0.

#include <error_forcing/matrix.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace error_forcing {

enum class Activation { identity, tanh, relu, softplus, logistic };

/// The five names, in the order of the enumeration.
const std::vector<std::string>& activation_names();

std::string to_string(Activation activation);

/// Throws InvalidInput, listing the known names, for any other.
Activation parse_activation(std::string_view name);

/// result = phi(state), entry by entry; same shape.
template <typename Scalar>
void activate(Activation activation, const ConstMatrixRef<Scalar>& state, MatrixRef<Scalar> result);

/// adjoint *= phi'(state) where `activity` holds phi(state); same shape.
template <typename Scalar>
void multiply_by_derivative(Activation activation, const ConstMatrixRef<Scalar>& activity,
                            MatrixRef<Scalar> adjoint);

}  // namespace error_forcing
