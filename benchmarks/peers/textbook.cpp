// Back-propagation through time as the textbooks write it: one trial at a time, loops over scalars.

#include <cmath>

#include "peer.hpp"

namespace {

template <typename Scalar>
class Textbook {
 public:
  explicit Textbook(const peers::Problem<Scalar>& problem)
      : p_(problem),
        phi_(std::size_t(p_.steps * p_.units)),
        u_(phi_.size()),
        e_(std::size_t(p_.steps * p_.outputs)),
        h_(std::size_t(p_.units)),
        lambda_(h_.size()),
        through_weights_(h_.size()) {}

  void operator()(peers::Parameters<Scalar>& gradient) {
    gradient = peers::zero_gradient(p_);
    for (long trial = 0; trial < p_.trials; ++trial) {
      roll_out(trial);
      back_propagate(trial, gradient);
    }
  }

 private:
  void roll_out(long trial) {
    std::fill(h_.begin(), h_.end(), Scalar(0));
    for (long t = 0; t < p_.steps; ++t) {
      predict(inputs(trial, t), row(phi_, t), row(u_, t));
      force(&p_.y[std::size_t((trial * p_.steps + t) * p_.outputs)], row(u_, t), t);
    }
  }

  void predict(const Scalar* x, Scalar* phi, Scalar* u) {
    const auto& [W, U, b, C, d] = p_.weights;
    const long N = p_.units, I = p_.inputs;
    for (long i = 0; i < N; ++i) phi[i] = std::tanh(h_[i]);
    for (long i = 0; i < N; ++i) {
      Scalar z = b[i];
      for (long j = 0; j < N; ++j) z += W[i * N + j] * phi[j];
      for (long j = 0; j < I; ++j) z += U[i * I + j] * x[j];
      u[i] = (1 - p_.leak) * h_[i] + p_.leak * z;
    }
  }

  void force(const Scalar* target, const Scalar* u, long t) {
    const long N = p_.units, P = p_.outputs;
    for (long i = 0; i < N; ++i) h_[i] = u[i];
    for (long k = 0; k < P; ++k) {
      Scalar y = p_.weights.d[k];
      for (long i = 0; i < N; ++i) y += p_.weights.C[k * N + i] * u[i];
      const Scalar e = e_[t * P + k] = target[k] - y;
      for (long i = 0; i < N; ++i) h_[i] += p_.K[i * P + k] * e;
    }
  }

  void back_propagate(long trial, peers::Parameters<Scalar>& gradient) {
    std::fill(lambda_.begin(), lambda_.end(), Scalar(0));
    for (long t = p_.steps - 1; t >= 0; --t) {
      through_readout(t, row(u_, t), gradient);
      add_recurrent_gradient(inputs(trial, t), row(phi_, t), gradient);
      through_dynamics(row(phi_, t));
    }
  }

  void through_readout(long t, const Scalar* u, peers::Parameters<Scalar>& gradient) {
    const long N = p_.units, P = p_.outputs;
    for (long k = 0; k < P; ++k) {
      const Scalar dL_dy = Scalar(-2) / Scalar(p_.trials * p_.steps * P) * e_[t * P + k];
      gradient.d[k] += dL_dy;
      for (long i = 0; i < N; ++i) gradient.C[k * N + i] += dL_dy * u[i];
      for (long i = 0; i < N; ++i) lambda_[i] += p_.weights.C[k * N + i] * dL_dy;
    }
  }

  void add_recurrent_gradient(const Scalar* x, const Scalar* phi,
                              peers::Parameters<Scalar>& gradient) {
    const long N = p_.units, I = p_.inputs;
    for (long i = 0; i < N; ++i) {
      const Scalar dL_dz = p_.leak * lambda_[i];
      gradient.b[i] += dL_dz;
      for (long j = 0; j < N; ++j) gradient.W[i * N + j] += dL_dz * phi[j];
      for (long j = 0; j < I; ++j) gradient.U[i * I + j] += dL_dz * x[j];
    }
  }

  void through_dynamics(const Scalar* phi) {
    const long N = p_.units;
    std::fill(through_weights_.begin(), through_weights_.end(), Scalar(0));
    for (long i = 0; i < N; ++i)
      for (long j = 0; j < N; ++j) through_weights_[j] += p_.weights.W[i * N + j] * lambda_[i];
    for (long j = 0; j < N; ++j)
      lambda_[j] =
          (1 - p_.leak) * lambda_[j] + p_.leak * (1 - phi[j] * phi[j]) * through_weights_[j];
  }

  const Scalar* inputs(long trial, long t) const {
    return p_.x.data() + (trial * p_.steps + t) * p_.inputs;
  }
  Scalar* row(std::vector<Scalar>& history, long t) { return history.data() + t * p_.units; }

  const peers::Problem<Scalar>& p_;
  std::vector<Scalar> phi_, u_, e_;  // of one trial: phi_{t-1}, u_t and e_t of every step
  std::vector<Scalar> h_, lambda_, through_weights_;
};

template <typename Scalar>
peers::Gradient<Scalar> prepare(const peers::Problem<Scalar>& problem) {
  return Textbook<Scalar>(problem);
}

[[maybe_unused]] const bool added = peers::add<float>("textbook loops", prepare<float>) &&
                                    peers::add<double>("textbook loops", prepare<double>);

}  // namespace
