#include <error_forcing/adjoint.hpp>
#include <error_forcing/eligibility_trace.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>

namespace error_forcing {

namespace {

template <typename Scalar>
void require_traces_fit(const Network<Scalar>& network, const Batch<Scalar>& batch,
                        const EligibilityTraces<Scalar>& traces) {
  const Index N = network.units(), M = N + network.inputs() + 1, lanes = batch.layout().lanes;
  require(
      traces.units == N && traces.presynaptic == M && traces.values.cols() == lanes,
      "traces: want {} units, {} presynaptic and {} lanes, got {}, {} and {}; make them for this "
      "network and batch",
      N, M, lanes, traces.units, traces.presynaptic, traces.values.cols());
}

// factors = diag J_t, (M7), lane by lane
template <typename Scalar>
void write_diagonal(const Network<Scalar>& network, const ConstPanel<Scalar>& phi,
                    Matrix<Scalar>& factors) {
  auto K = factors.leftCols(phi.cols());
  K.colwise() = network.parameters.W.diagonal();
  multiply_by_derivative<Scalar>(network.activation, phi, K);
  K.array() = network.leak * K.array() + (1 - network.leak);
}

// dL/d[W U b]_ij += sum over lanes of l_i p_ij
template <typename Scalar>
void add_signal_times_traces(const Trajectory<Scalar>& trajectory, Index lanes,
                             EligibilityTraces<Scalar>& traces) {
  const auto l = trajectory.adjoint.leftCols(lanes);
  const auto p = traces.values.leftCols(lanes);
  if (traces.kept == KeptJacobian::leak) {
    traces.sum.noalias() += l * p.transpose();
    return;
  }
  const Index M = traces.presynaptic;
  for (Index i = 0; i < traces.units; ++i)
    for (Index j = 0; j < M; ++j) traces.sum(i, j) += l.row(i).dot(p.row(i * M + j));
}

}  // namespace

template <typename Scalar>
void advance_traces(const Network<Scalar>& network, const Batch<Scalar>& batch, Index tile,
                    Index step, const Trajectory<Scalar>& trajectory,
                    EligibilityTraces<Scalar>& traces) {
  const Scalar a = network.leak;
  const auto phi = trajectory.activity.at(tile, step - 1);
  const Index lanes = phi.cols(), M = traces.presynaptic;
  auto f = traces.features.leftCols(lanes);
  f.topRows(network.units()) = phi;
  f.middleRows(network.units(), network.inputs()) = batch.inputs.at(tile, step);
  f.row(M - 1).setOnes();
  auto p = traces.values.leftCols(lanes);
  if (traces.kept == KeptJacobian::leak) {
    p = (1 - a) * p + a * f;
    return;
  }
  write_diagonal<Scalar>(network, phi, traces.factors);
  for (Index i = 0; i < network.units(); ++i) {
    const auto K = traces.factors.row(i).head(lanes).array();
    for (Index j = 0; j < M; ++j)
      p.row(i * M + j).array() = K * p.row(i * M + j).array() + a * f.row(j).array();
  }
}

template <typename Scalar>
void traced_gradient(const Network<Scalar>& network, const Batch<Scalar>& batch,
                     const Penalties& penalties, const Matrix<Scalar>& feedback,
                     Trajectory<Scalar>& trajectory, EligibilityTraces<Scalar>& traces,
                     Parameters<Scalar>& gradient) {
  require_fit(network, batch, trajectory);
  require_traces_fit(network, batch, traces);
  const auto signal = learning_signal(network, batch, penalties, feedback);
  set_zero(gradient, network.parameters);
  traces.sum.setZero();
  for (Index tile = 0; tile < batch.layout().tiles(); ++tile) {
    const Index lanes = batch.layout().lanes_in_use(tile);
    traces.values.setZero();
    for (Index step = 1; step <= batch.layout().steps; ++step) {
      advance_traces(network, batch, tile, step, trajectory, traces);
      trajectory.adjoint.setZero();
      add_learning_signal(signal, tile, step, trajectory);
      add_signal_times_traces(trajectory, lanes, traces);
      add_readout_gradient(std::as_const(trajectory.states_before).at(tile, step), trajectory,
                           gradient);
    }
  }
  gradient.W = traces.sum.leftCols(network.units());
  gradient.U = traces.sum.middleCols(network.units(), network.inputs());
  gradient.b = traces.sum.col(traces.presynaptic - 1);
  if (penalties.readout > 0)
    add_readout_penalty_gradient(network.parameters.C, Scalar(penalties.readout), gradient.C);
}

#define INSTANTIATE(Scalar)                                                                     \
  template void advance_traces(const Network<Scalar>&, const Batch<Scalar>&, Index, Index,      \
                               const Trajectory<Scalar>&, EligibilityTraces<Scalar>&);          \
  template void traced_gradient(const Network<Scalar>&, const Batch<Scalar>&, const Penalties&, \
                                const Matrix<Scalar>&, Trajectory<Scalar>&,                     \
                                EligibilityTraces<Scalar>&, Parameters<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
