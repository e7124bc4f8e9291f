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

/// u_t from h = h_{t-1} and x_t.
template <typename Active, typename Data>
std::vector<Active> predict(const Problem<double>& p, const ActiveParameters<Active>& weights,
                            const std::vector<Active>& h, const Data* x) {
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

/// e_t from u_t and y*_t.
template <typename Active, typename Data>
std::vector<Active> error(const Problem<double>& p, const ActiveParameters<Active>& weights,
                          const std::vector<Active>& u, const Data* target) {
  std::vector<Active> e(std::size_t(p.outputs));
  for (long k = 0; k < p.outputs; ++k) {
    Active y = weights.d[k];
    for (long i = 0; i < p.units; ++i) y += weights.C[k * p.units + i] * u[i];
    e[k] = target[k] - y;
  }
  return e;
}

/// The trial's share in the loss, from its x (T x I) and y* (T x P). `displacement(t, i, e)` is
/// that of unit i at step t, a constant to what is recorded.
template <typename Active, typename Data, typename Displacement>
Active trial_loss(const Problem<double>& p, const ActiveParameters<Active>& weights, const Data* x,
                  const Data* target, Displacement displacement) {
  const double weight = 1.0 / double(p.trials * p.steps * p.outputs);
  Active loss = 0;
  std::vector<Active> h(std::size_t(p.units), Active(0));
  for (long t = 0; t < p.steps; ++t) {
    const auto u = predict(p, weights, h, x + t * p.inputs);
    const auto e = error(p, weights, u, target + t * p.outputs);
    for (const auto& of_output : e) loss += weight * of_output * of_output;
    for (long i = 0; i < p.units; ++i) h[i] = u[i] + displacement(t, i, e);
  }
  return loss;
}

/// (K e)_i of numbers, `value` taking them out of what holds them.
template <typename Active, typename Value>
double forced(const Problem<double>& p, long i, const std::vector<Active>& e, Value value) {
  double sum = 0;
  for (long k = 0; k < p.outputs; ++k) sum += p.K[i * p.outputs + k] * value(e[k]);
  return sum;
}

}  // namespace peers
