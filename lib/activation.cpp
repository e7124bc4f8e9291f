#include <fmt/ranges.h>
#include <algorithm>
#include <cmath>
#include <error_forcing/activation.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>

namespace error_forcing {

const std::vector<std::string>& activation_names() {
  static const std::vector<std::string> names{"identity", "tanh", "relu", "softplus", "logistic"};
  return names;
}

std::string to_string(Activation activation) {
  return activation_names()[static_cast<std::size_t>(activation)];
}

Activation parse_activation(std::string_view name) {
  const auto& names = activation_names();
  const auto found = std::find(names.begin(), names.end(), name);
  require(found != names.end(), "activation: unknown name '{}'; use one of {}", name,
          fmt::join(names, ", "));
  return static_cast<Activation>(found - names.begin());
}

namespace {

// log(1 + exp(x)) without overflow for large x or cancellation for small
template <typename Scalar>
Scalar softplus(Scalar x) {
  using std::abs, std::exp, std::log1p, std::max;
  return max(x, Scalar(0)) + log1p(exp(-abs(x)));
}

template <typename Scalar>
Scalar softplus_derivative(Scalar phi) {
  using std::expm1;
  return -expm1(-phi);
}

}  // namespace

template <typename Scalar>
void activate(Activation activation, const ConstMatrixRef<Scalar>& state,
              MatrixRef<Scalar> result) {
  const auto x = state.array();
  switch (activation) {
    case Activation::identity: result = state; break;
    case Activation::tanh: result.array() = x.tanh(); break;
    case Activation::relu: result.array() = (x <= Scalar(0)).select(Scalar(0), x); break;
    case Activation::softplus: result = state.unaryExpr(&softplus<Scalar>); break;
    case Activation::logistic: result.array() = Scalar(1) / (Scalar(1) + (-x).exp()); break;
  }
}

template <typename Scalar>
void multiply_by_derivative(Activation activation, const ConstMatrixRef<Scalar>& activity,
                            MatrixRef<Scalar> adjoint) {
  const auto phi = activity.array();
  switch (activation) {
    case Activation::identity: break;
    case Activation::tanh: adjoint.array() *= Scalar(1) - phi * phi; break;
    case Activation::relu: adjoint.array() *= (phi > Scalar(0)).template cast<Scalar>(); break;
    case Activation::softplus:
      adjoint.array() *= phi.unaryExpr(&softplus_derivative<Scalar>);
      break;
    case Activation::logistic: adjoint.array() *= phi * (Scalar(1) - phi); break;
  }
}

#define INSTANTIATE(Scalar)                                                             \
  template void activate(Activation, const ConstMatrixRef<Scalar>&, MatrixRef<Scalar>); \
  template void multiply_by_derivative(Activation, const ConstMatrixRef<Scalar>&,       \
                                       MatrixRef<Scalar>);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
