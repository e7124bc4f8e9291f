#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/reference_bptt.hpp>

namespace error_forcing {

namespace {

template <typename Scalar>
Scalar phi(Activation activation, Scalar x) {
  using std::exp, std::log1p, std::tanh;
  switch (activation) {
    case Activation::identity: return x;
    case Activation::tanh: return tanh(x);
    case Activation::relu: return x > 0 ? x : Scalar(0);
    case Activation::softplus: return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
    case Activation::logistic: return 1 / (1 + exp(-x));
  }
  throw InvalidInput("activation: not one of the enumeration");
}

template <typename Scalar>
Scalar phi_prime(Activation activation, Scalar x) {
  using std::cosh, std::exp;
  switch (activation) {
    case Activation::identity: return Scalar(1);
    case Activation::tanh: return 1 / (cosh(x) * cosh(x));
    case Activation::relu: return Scalar(x > 0 ? 1 : 0);
    case Activation::softplus: return 1 / (1 + exp(-x));
    case Activation::logistic: return 1 / ((1 + exp(-x)) * (1 + exp(x)));
  }
  throw InvalidInput("activation: not one of the enumeration");
}

// The solution of A x = r by Gaussian elimination with row exchanges.
template <typename Scalar>
std::vector<Scalar> solve(std::vector<std::vector<Scalar>> A, std::vector<Scalar> r) {
  using std::abs;
  const std::size_t n = r.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i)
      if (abs(A[i][k]) > abs(A[pivot][k])) pivot = i;
    std::swap(A[k], A[pivot]);
    std::swap(r[k], r[pivot]);
    require(abs(A[k][k]) > 0, "R: its block for {} observed outputs is singular", n);
    for (std::size_t i = k + 1; i < n; ++i) {
      const Scalar factor = A[i][k] / A[k][k];
      for (std::size_t j = k; j < n; ++j) A[i][j] -= factor * A[k][j];
      r[i] -= factor * r[k];
    }
  }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j) r[k] -= A[k][j] * r[j];
    r[k] /= A[k][k];
  }
  return r;
}

// g_t = R_oo^-1 (y*_t - C s_t - d) on the observed outputs, 0 on the others.
template <typename Scalar>
std::vector<Scalar> weighted_residual(const Parameters<Scalar>& p, const Trial<Scalar>& trial,
                                      std::size_t step, const std::vector<Scalar>& s,
                                      const Matrix<Scalar>& R) {
  std::vector<Index> observed;
  std::vector<Scalar> residual;
  for (Index k = 0; k < p.outputs(); ++k) {
    if (trial.mask[step][k] == 0) continue;
    Scalar prediction = p.d(k);
    for (Index j = 0; j < p.units(); ++j) prediction += p.C(k, j) * s[j];
    observed.push_back(k);
    residual.push_back(trial.targets[step][k] - prediction);
  }
  if (R.size() > 0) {
    Series<Scalar> R_oo;
    for (Index row : observed) {
      R_oo.emplace_back();
      for (Index column : observed) R_oo.back().push_back(R(row, column));
    }
    residual = solve(R_oo, residual);
  }
  std::vector<Scalar> g(static_cast<std::size_t>(p.outputs()), Scalar(0));
  for (std::size_t k = 0; k < observed.size(); ++k) g[observed[k]] = residual[k];
  return g;
}

template <typename Scalar>
std::vector<Scalar> initial_state(const Network<Scalar>& network) {
  std::vector<Scalar> h0(static_cast<std::size_t>(network.units()), Scalar(0));
  for (Index i = 0; i < network.initial_state.size(); ++i) h0[i] = network.initial_state(i);
  return h0;
}

template <typename Scalar>
Series<Scalar> series_of(const History<Scalar>& history, Index trial) {
  Series<Scalar> series;
  for (Index step = 1; step <= history.layout().steps; ++step) {
    series.emplace_back();
    for (Index row = 0; row < history.rows(); ++row)
      series.back().push_back(history(trial, step, row));
  }
  return series;
}

}  // namespace

template <typename Scalar>
Trial<Scalar> trial_of(const Batch<Scalar>& batch, const History<Scalar>& displacements,
                       Index trial) {
  return {series_of(batch.inputs, trial), series_of(batch.targets, trial),
          series_of(batch.mask, trial), series_of(displacements, trial)};
}

template <typename Scalar>
ReferenceStates<Scalar> reference_rollout(const Network<Scalar>& network,
                                          const Trial<Scalar>& trial) {
  const auto& [W, U, b, C, d] = network.parameters;
  const Scalar a = network.leak;
  ReferenceStates<Scalar> states;
  std::vector<Scalar> h = initial_state(network);
  for (std::size_t t = 0; t < trial.inputs.size(); ++t) {
    std::vector<Scalar> u(h.size());
    for (Index i = 0; i < network.units(); ++i) {
      Scalar z = b(i);
      for (Index j = 0; j < network.units(); ++j) z += W(i, j) * phi(network.activation, h[j]);
      for (Index j = 0; j < network.inputs(); ++j) z += U(i, j) * trial.inputs[t][j];  // (M1)
      u[i] = (1 - a) * h[i] + a * z;                                                   // (M2)
    }
    for (std::size_t i = 0; i < h.size(); ++i) h[i] = u[i] + trial.displacements[t][i];  // (M3)
    states.before.push_back(u);
    states.after.push_back(h);
  }
  return states;
}

template <typename Scalar>
Parameters<Scalar> reference_gradient(const Network<Scalar>& network, const Trial<Scalar>& trial,
                                      ReadFrom read_from, const Matrix<Scalar>& R) {
  const auto& p = network.parameters;
  const Scalar a = network.leak;
  const Index N = network.units(), I = network.inputs(), P = network.outputs();
  require(R.size() == 0 || (R.rows() == P && R.cols() == P), "R: want {} x {}, got {} x {}", P, P,
          R.rows(), R.cols());
  const auto states = reference_rollout(network, trial);
  auto gradient = zero_like(p);
  std::vector<Scalar> future(static_cast<std::size_t>(N), Scalar(0));  // J_{t+1}' lambda_{t+1}
  for (std::size_t t = trial.inputs.size(); t-- > 0;) {
    const auto h = t > 0 ? states.after[t - 1] : initial_state(network);  // h_{t-1}
    const auto& s = read_from == ReadFrom::before_forcing ? states.before[t] : states.after[t];
    const auto g = weighted_residual(p, trial, t, s, R);
    auto lambda = future;
    for (Index k = 0; k < P; ++k) {
      gradient.d(k) += g[k];
      for (Index i = 0; i < N; ++i) gradient.C(k, i) += g[k] * s[i];
      for (Index i = 0; i < N; ++i) lambda[i] += p.C(k, i) * g[k];
    }
    for (Index i = 0; i < N; ++i) {
      gradient.b(i) += a * lambda[i];
      for (Index j = 0; j < N; ++j)
        gradient.W(i, j) += a * lambda[i] * phi(network.activation, h[j]);
      for (Index j = 0; j < I; ++j) gradient.U(i, j) += a * lambda[i] * trial.inputs[t][j];
    }
    for (Index j = 0; j < N; ++j) {
      Scalar through_weights(0);
      for (Index i = 0; i < N; ++i) through_weights += p.W(i, j) * lambda[i];
      future[j] =
          (1 - a) * lambda[j] + a * phi_prime(network.activation, h[j]) * through_weights;  // (M7)
    }
  }
  return gradient;
}

template <typename Scalar>
Parameters<Scalar> reference_gradient(const Network<Scalar>& network, const Batch<Scalar>& batch,
                                      const History<Scalar>& displacements, ReadFrom read_from,
                                      const Matrix<Scalar>& R) {
  auto sum = zero_like(network.parameters);
  for (Index trial = 0; trial < batch.layout().trials; ++trial)
    add_scaled(sum, Scalar(1),
               reference_gradient(network, trial_of(batch, displacements, trial), read_from, R));
  return sum;
}

#define INSTANTIATE(Scalar)                                                                    \
  template Trial<Scalar> trial_of(const Batch<Scalar>&, const History<Scalar>&, Index);        \
  template ReferenceStates<Scalar> reference_rollout(const Network<Scalar>&,                   \
                                                     const Trial<Scalar>&);                    \
  template Parameters<Scalar> reference_gradient(const Network<Scalar>&, const Trial<Scalar>&, \
                                                 ReadFrom, const Matrix<Scalar>&);             \
  template Parameters<Scalar> reference_gradient(const Network<Scalar>&, const Batch<Scalar>&, \
                                                 const History<Scalar>&, ReadFrom,             \
                                                 const Matrix<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
