#pragma once
// What every peer computes: one minibatch gradient of the loss under error forcing, every output
// observed, the displacements held fixed.
//
//   u_t = (1-a) h_{t-1} + a (W tanh(h_{t-1}) + U x_t + b),  h_0 = 0       (M1), (M2)
//   e_t = y*_t - C u_t - d                                                 (M4), (M6)
//   h_t = u_t + K e_t, the displacement K e_t a constant of the gradient   (M3), (E1)
//   loss = sum e^2 / (B T P)                                               (M8)
//
// Arrays are plain and row-major, as NumPy and PyTorch write them, so that a peer needs nothing of
// the project, and can be compiled for other instructions than the rest of the program.
//
// A peer is a file of its own that registers itself: the others do not know it.
//
//   const bool added = peers::add<double>("name", prepare);
//
// `prepare` copies the problem into whatever layout the peer likes and allocates; it is not timed.
// What depends on the weights is computed in every call, as in training.

#include <array>
#include <functional>
#include <string>
#include <vector>

namespace peers {

template <typename Scalar>
struct Parameters {
  std::vector<Scalar> W, U, b, C, d;  ///< N x N, N x I, N, P x N, P
};

template <typename Scalar>
struct Problem {
  long trials, steps, units, inputs, outputs;  ///< B, T, N, I, P
  Scalar leak;                                 ///< a
  Parameters<Scalar> weights;
  std::vector<Scalar> K;  ///< c C+, N x P
  std::vector<Scalar> x;  ///< B x T x I
  std::vector<Scalar> y;  ///< targets y*, B x T x P
};

/// All zeros.
template <typename Scalar>
Parameters<Scalar> zero_gradient(const Problem<Scalar>& problem) {
  const auto zeros = [](long size) { return std::vector<Scalar>(std::size_t(size), Scalar(0)); };
  const auto [N, I, P] = std::array{problem.units, problem.inputs, problem.outputs};
  return {zeros(N * N), zeros(N * I), zeros(N), zeros(P * N), zeros(P)};
}

/// Writes the gradient of the problem that it was prepared for.
template <typename Scalar>
using Gradient = std::function<void(Parameters<Scalar>& gradient)>;

/// The problem outlives what is prepared from it.
template <typename Scalar>
using Prepare = std::function<Gradient<Scalar>(const Problem<Scalar>& problem)>;

template <typename Scalar>
struct Peer {
  std::string name;
  Prepare<Scalar> prepare;
};

/// Every peer that computes in this scalar, float or double.
template <typename Scalar>
std::vector<Peer<Scalar>>& registered() {
  static std::vector<Peer<Scalar>> peers;
  return peers;
}

template <typename Scalar>
bool add(const std::string& name, const Prepare<Scalar>& prepare) {
  registered<Scalar>().push_back({name, prepare});
  return true;
}

}  // namespace peers
