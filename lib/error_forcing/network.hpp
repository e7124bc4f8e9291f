#pragma once
// The network of (M1)-(M2), (M4): constant while anything computes.
//
//   (M1) z_t = W phi(h_{t-1}) + U x_t + b
//   (M2) u_t = (1-a) h_{t-1} + a z_t          leak a = dt/tau in (0, 1]
//   (M4) y_t = C u_t + d
//
// Leaky units as in Sagtekin, Bredenberg, Savin, Error Forcing in Recurrent Neural Networks,
// NeurIPS 2025.

#include <cstdint>
#include <error_forcing/activation.hpp>
#include <error_forcing/parameters.hpp>

namespace error_forcing {

template <typename Scalar>
struct Network {
  Parameters<Scalar> parameters;
  Scalar leak = Scalar(1);                   ///< a, in (0, 1]
  Activation activation = Activation::tanh;  ///< phi
  Vector<Scalar> initial_state = {};         ///< h_0, N; empty means zero. Never updated.

  Index units() const { return parameters.units(); }
  Index inputs() const { return parameters.inputs(); }
  Index outputs() const { return parameters.outputs(); }
};

/// Throws InvalidInput unless shapes agree, every weight is finite and the leak is in (0, 1].
template <typename Scalar>
void validate(const Network<Scalar>& network);

/// How the initial weights of the paper's networks are drawn: W ~ N(0, recurrent_gain^2/N),
/// U ~ N(0, 1), C ~ N(0, 1/N^2), b = d = 0.
struct RandomNetwork {
  Index units = 50;             ///< N >= 1
  Index inputs = 3;             ///< I >= 0
  Index outputs = 1;            ///< P >= 1
  double leak = 0.1;            ///< (0, 1]
  double recurrent_gain = 1.5;  ///< >= 0
  Activation activation = Activation::tanh;
};

/// The same seed draws the same network on every machine; float and quad are casts of double.
Network<double> random_network(const RandomNetwork& options, std::uint64_t seed);

template <typename To, typename From>
Network<To> cast(const Network<From>& network) {
  return {cast<To>(network.parameters), static_cast<To>(network.leak), network.activation,
          network.initial_state.template cast<To>()};
}

}  // namespace error_forcing
