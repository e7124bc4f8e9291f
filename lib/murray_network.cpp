#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/murray_network.hpp>
#include <error_forcing/rtrl.hpp>
#include <vector>

namespace error_forcing {

namespace {

// One trial, [step]; step 0 has h_0 alone.
template <typename Scalar>
struct MurrayTrial {
  std::vector<Vector<Scalar>> features;  // f_t = [h_{t-1}; x_t; 1]
  std::vector<Vector<Scalar>> slopes;    // phi'(u_t)
  std::vector<Vector<Scalar>> states;    // h_t
  std::vector<Vector<Scalar>> errors;    // e_t, masked
};

template <typename Scalar>
Vector<Scalar> masked_error(const Network<Scalar>& network, const Batch<Scalar>& batch, Index trial,
                            Index step, const Vector<Scalar>& h) {
  const auto& [W, U, b, C, d] = network.parameters;
  Vector<Scalar> e = -(C * h + d);
  for (Index k = 0; k < e.size(); ++k) {
    const bool observed = batch.mask(trial, step, k) > Scalar(0);
    e(k) = observed ? Scalar(batch.targets(trial, step, k) + e(k)) : Scalar(0);
  }
  return e;
}

template <typename Scalar>
MurrayTrial<Scalar> run_murray_trial(const Network<Scalar>& network, const Batch<Scalar>& batch,
                                     Index trial) {
  const auto& [W, U, b, C, d] = network.parameters;
  const Index N = network.units(), I = network.inputs();
  Vector<Scalar> h = network.initial_state;
  if (h.size() == 0) h = Vector<Scalar>::Zero(N);
  MurrayTrial<Scalar> run{{{}}, {{}}, {h}, {{}}};
  for (Index step = 1; step <= batch.layout().steps; ++step) {
    Vector<Scalar> f(N + I + 1);
    f.head(N) = h;
    for (Index k = 0; k < I; ++k) f(N + k) = batch.inputs(trial, step, k);
    f(N + I) = Scalar(1);
    const Matrix<Scalar> u = W * h + U * f.segment(N, I) + b;
    Matrix<Scalar> phi(N, 1), slope = Matrix<Scalar>::Ones(N, 1);
    activate<Scalar>(network.activation, u, phi);
    multiply_by_derivative<Scalar>(network.activation, phi, slope);
    h = (Scalar(1) - network.leak) * h + network.leak * phi;
    run.features.push_back(f);
    run.slopes.push_back(slope);
    run.states.push_back(h);
    run.errors.push_back(masked_error(network, batch, trial, step, h));
  }
  return run;
}

// Adds sum_t dL/d[W U b] of one trial to an N x M matrix; l_t = weight B e_t.
template <typename Scalar>
void back_propagate(const Network<Scalar>& network, const MurrayTrial<Scalar>& run,
                    const Matrix<Scalar>& weighted_feedback, Matrix<Scalar>& sum) {
  const Scalar a = network.leak;
  Vector<Scalar> carried = Vector<Scalar>::Zero(network.units());
  for (std::size_t step = run.errors.size() - 1; step >= 1; --step) {
    const Vector<Scalar> z = weighted_feedback * run.errors[step] + carried;
    const Vector<Scalar> delta = a * run.slopes[step].cwiseProduct(z);
    sum += delta * run.features[step].transpose();
    carried = (Scalar(1) - a) * z + network.parameters.W.transpose() * delta;
  }
}

template <typename Scalar>
void carry_sensitivities(const Network<Scalar>& network, const MurrayTrial<Scalar>& run,
                         const Matrix<Scalar>& weighted_feedback, Matrix<Scalar>& sum) {
  const Scalar a = network.leak;
  const Index N = sum.rows(), M = sum.cols();
  Matrix<Scalar> S = Matrix<Scalar>::Zero(N, N * M);  // dh_t / d[W U b], row by row
  for (std::size_t step = 1; step < run.errors.size(); ++step) {
    Matrix<Scalar> J = a * (run.slopes[step].asDiagonal() * network.parameters.W);
    J.diagonal().array() += Scalar(1) - a;
    S = Matrix<Scalar>(J * S);
    for (Index i = 0; i < N; ++i)
      S.row(i).segment(i * M, M) += a * run.slopes[step](i) * run.features[step].transpose();
    const Vector<Scalar> found = S.transpose() * (weighted_feedback * run.errors[step]);
    for (Index i = 0; i < N; ++i) sum.row(i) += found.segment(i * M, M).transpose();
  }
}

template <typename Scalar>
void carry_traces(const Network<Scalar>& network, const MurrayTrial<Scalar>& run,
                  const Matrix<Scalar>& weighted_feedback, Matrix<Scalar>& sum) {
  const Scalar a = network.leak;
  Matrix<Scalar> p = Matrix<Scalar>::Zero(sum.rows(), sum.cols());
  for (std::size_t step = 1; step < run.errors.size(); ++step) {
    p = (Scalar(1) - a) * p + a * run.slopes[step] * run.features[step].transpose();
    sum += (weighted_feedback * run.errors[step]).asDiagonal() * p;
  }
}

template <typename Scalar>
void assign_murray_credit(MurrayCredit credit, const Network<Scalar>& network,
                          const MurrayTrial<Scalar>& run, const Matrix<Scalar>& weighted_feedback,
                          Matrix<Scalar>& sum) {
  switch (credit) {
    case MurrayCredit::rtrl: return carry_sensitivities(network, run, weighted_feedback, sum);
    case MurrayCredit::rflo: return carry_traces(network, run, weighted_feedback, sum);
    default: back_propagate(network, run, weighted_feedback, sum);
  }
}

}  // namespace

template <typename Scalar>
Scalar murray_loss(const Network<Scalar>& network, const Batch<Scalar>& batch) {
  validate(network);
  validate(batch, network);
  Scalar sum(0);
  for (Index trial = 0; trial < batch.layout().trials; ++trial) {
    const auto run = run_murray_trial(network, batch, trial);
    for (std::size_t step = 1; step < run.errors.size(); ++step)
      sum += run.errors[step].squaredNorm();
  }
  return sum / static_cast<Scalar>(observed_entries(batch));
}

template <typename Scalar>
Parameters<Scalar> murray_gradient(MurrayCredit credit, const Network<Scalar>& network,
                                   const Batch<Scalar>& batch, const Matrix<Scalar>& feedback) {
  validate(network);
  validate(batch, network);
  const Index N = network.units(), I = network.inputs(), P = network.outputs();
  require(feedback.rows() == N && feedback.cols() == P,
          "feedback: want {} units x {} outputs, got {} x {}", N, P, feedback.rows(),
          feedback.cols());
  if (credit == MurrayCredit::rtrl) require_small_enough_for_rtrl(N, I);
  const Scalar weight = Scalar(-2) / static_cast<Scalar>(observed_entries(batch));
  const Matrix<Scalar> weighted_feedback = weight * feedback;
  auto gradient = zero_like(network.parameters);
  Matrix<Scalar> sum = Matrix<Scalar>::Zero(N, N + I + 1);
  for (Index trial = 0; trial < batch.layout().trials; ++trial) {
    const auto run = run_murray_trial(network, batch, trial);
    assign_murray_credit(credit, network, run, weighted_feedback, sum);
    for (std::size_t step = 1; step < run.errors.size(); ++step) {
      gradient.C += weight * run.errors[step] * run.states[step].transpose();
      gradient.d += weight * run.errors[step];
    }
  }
  gradient.W = sum.leftCols(N);
  gradient.U = sum.middleCols(N, I);
  gradient.b = sum.col(N + I);
  return gradient;
}

#define INSTANTIATE(Scalar)                                                         \
  template Scalar murray_loss(const Network<Scalar>&, const Batch<Scalar>&);        \
  template Parameters<Scalar> murray_gradient(MurrayCredit, const Network<Scalar>&, \
                                              const Batch<Scalar>&, const Matrix<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
