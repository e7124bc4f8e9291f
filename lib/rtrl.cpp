#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/rtrl.hpp>

namespace error_forcing {

void require_small_enough_for_rtrl(Index units, Index inputs) {
  require(units <= largest_rtrl_network,
          "rtrl: {} units need {} numbers a trial and as many times {} operations a step; want at "
          "most {} units, or bptt, which gives the same gradient",
          units, units * units * (units + inputs + 1), units, largest_rtrl_network);
}

template <typename Scalar>
Sensitivity<Scalar>::Sensitivity(Index units, Index inputs) {
  require_small_enough_for_rtrl(units, inputs);
  const Index M = units + inputs + 1;
  S.setZero(units, units * M);
  next.setZero(units, units * M);
  J.setZero(units, units);
  features.setZero(M);
  sum.setZero(units * M);
}

namespace {

// J_t, (M7), and f_t of one trial. The slope is found in `next`, which is free here.
template <typename Scalar>
void linearise(const Network<Scalar>& network, const Batch<Scalar>& batch, Index tile, Index lane,
               Index step, const Trajectory<Scalar>& trajectory, Sensitivity<Scalar>& s) {
  const Scalar a = network.leak;
  const Index N = network.units();
  const auto phi = trajectory.activity.at(tile, step - 1).col(lane);
  s.features.head(N) = phi;
  s.features.segment(N, network.inputs()) = batch.inputs.at(tile, step).col(lane);
  s.features(s.features.size() - 1) = Scalar(1);
  s.J = a * network.parameters.W;
  auto slopes = s.next.leftCols(N);
  slopes.rowwise() = s.features.head(N).transpose();
  multiply_by_derivative<Scalar>(network.activation, slopes, s.J);
  s.J.diagonal().array() += 1 - a;
}

template <typename Scalar>
void advance(Scalar leak, Sensitivity<Scalar>& s) {
  const Index M = s.features.size();
  s.next.noalias() = s.J * s.S;
  s.S.swap(s.next);
  for (Index i = 0; i < s.J.rows(); ++i)
    s.S.row(i).segment(i * M, M) += leak * s.features.transpose();
}

// Steps 1..T of one trial; l_t of all lanes is in `signals`, which leaves the readout's part.
template <typename Scalar>
void run_trial(const Network<Scalar>& network, const Batch<Scalar>& batch,
               const LearningSignal<Scalar>& signal, Index tile, Index lane,
               Trajectory<Scalar>& trajectory, Sensitivity<Scalar>& s,
               Parameters<Scalar>& gradient) {
  s.S.setZero();
  for (Index step = 1; step <= batch.layout().steps; ++step) {
    linearise(network, batch, tile, lane, step, trajectory, s);
    advance(network.leak, s);
    trajectory.adjoint.setZero();
    add_learning_signal(signal, tile, step, trajectory);
    s.sum.noalias() += s.S.transpose() * trajectory.adjoint.col(lane);
    const auto dL_dy = trajectory.output_adjoint.col(lane);
    gradient.C.noalias() += dL_dy * trajectory.states_before.at(tile, step).col(lane).transpose();
    gradient.d += dL_dy;
  }
}

}  // namespace

template <typename Scalar>
void rtrl_gradient(const Network<Scalar>& network, const Batch<Scalar>& batch,
                   const Penalties& penalties, const Matrix<Scalar>& feedback,
                   Trajectory<Scalar>& trajectory, Sensitivity<Scalar>& s,
                   Parameters<Scalar>& gradient) {
  require_fit(network, batch, trajectory);
  const Index N = network.units(), I = network.inputs(), M = N + I + 1;
  require(s.J.rows() == N && s.features.size() == M,
          "sensitivity: want {} units and {} inputs, got {} and {}; make it for this network", N, I,
          s.J.rows(), s.features.size() - s.J.rows() - 1);
  const auto signal = learning_signal(network, batch, penalties, feedback);
  set_zero(gradient, network.parameters);
  s.sum.setZero();
  for (Index tile = 0; tile < batch.layout().tiles(); ++tile)
    for (Index lane = 0; lane < batch.layout().lanes_in_use(tile); ++lane)
      run_trial(network, batch, signal, tile, lane, trajectory, s, gradient);
  const Eigen::Map<const Matrix<Scalar>> theta(s.sum.data(), N, M);
  gradient.W = theta.leftCols(N);
  gradient.U = theta.middleCols(N, I);
  gradient.b = theta.col(M - 1);
  if (penalties.readout > 0)
    add_readout_penalty_gradient(network.parameters.C, Scalar(penalties.readout), gradient.C);
}

#define INSTANTIATE(Scalar)                                                                     \
  template struct Sensitivity<Scalar>;                                                          \
  template void rtrl_gradient(const Network<Scalar>&, const Batch<Scalar>&, const Penalties&,   \
                              const Matrix<Scalar>&, Trajectory<Scalar>&, Sensitivity<Scalar>&, \
                              Parameters<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
