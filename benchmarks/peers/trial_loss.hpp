#pragma once
// The loss of one trial, written once for every type that records its own operations.

#include <cmath>

#include "peer.hpp"

namespace peers {

/// W, U, b, C, d of a type that records.
template <typename Active>
struct ActiveParameters {
  std::vector<Active> W, U, b, C, d;
};

/// u_t from h = h_{t-1}.
template <typename Active>
std::vector<Active> predict(const Problem<double>& p, const ActiveParameters<Active>& weights,
                            const std::vector<Active>& h, const double* x) {
  using std::tanh;
  std::vector<Active> phi(h.size()), u(h.size());
  for (std::size_t i = 0; i < h.size(); ++i) phi[i] = tanh(h[i]);
  for (long i = 0; i < p.units; ++i) {
    Active z = weights.b[i];
    for (long j = 0; j < p.units; ++j) z += weights.W[i * p.units + j] * phi[j];
    for (long j = 0; j < p.inputs; ++j) z += weights.U[i * p.inputs + j] * x[j];
    u[i] = (1 - p.leak) * h[i] + p.leak * z;
  }
  return u;
}

/// e_t of one output.
template <typename Active>
Active error(const ActiveParameters<Active>& weights, const std::vector<Active>& u, long output,
             double target) {
  Active y = weights.d[output];
  for (std::size_t i = 0; i < u.size(); ++i) y += weights.C[output * u.size() + i] * u[i];
  return target - y;
}

/// Its share in the loss. `value(e)` is the number that e holds, free of its history.
template <typename Active, typename Value>
Active trial_loss(const Problem<double>& p, const ActiveParameters<Active>& weights, long trial,
                  Value value) {
  const double weight = 1.0 / double(p.trials * p.steps * p.outputs);
  Active loss = 0;
  std::vector<Active> h(std::size_t(p.units), Active(0));
  for (long step = trial * p.steps; step < (trial + 1) * p.steps; ++step) {
    const auto u = predict(p, weights, h, &p.x[step * p.inputs]);
    h = u;
    for (long k = 0; k < p.outputs; ++k) {
      const Active e = error(weights, u, k, p.y[step * p.outputs + k]);
      loss += weight * e * e;
      for (long i = 0; i < p.units; ++i) h[i] += p.K[i * p.outputs + k] * value(e);
    }
  }
  return loss;
}

}  // namespace peers
