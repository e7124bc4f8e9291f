#include <error_forcing/adjoint.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/truncated_adjoint.hpp>

namespace error_forcing {

template <typename Scalar>
void back_through_kept(KeptJacobian kept, const Network<Scalar>& network, Index tile, Index step,
                       Trajectory<Scalar>& trajectory) {
  const Scalar a = network.leak;
  const auto phi = std::as_const(trajectory.activity).at(tile, step - 1);
  auto lambda = trajectory.adjoint.leftCols(phi.cols());
  if (kept == KeptJacobian::leak) {
    lambda *= 1 - a;
    return;
  }
  auto through = trajectory.scratch.leftCols(phi.cols());
  for (Index i = 0; i < phi.rows(); ++i)
    through.row(i) = network.parameters.W(i, i) * lambda.row(i);
  multiply_by_derivative<Scalar>(network.activation, phi, through);
  lambda = (1 - a) * lambda + a * through;  // diag J_t lambda_t
}

template <typename Scalar>
void truncated_gradient(KeptJacobian kept, const Network<Scalar>& network,
                        const Batch<Scalar>& batch, const Penalties& penalties,
                        const Matrix<Scalar>& feedback, Trajectory<Scalar>& trajectory,
                        Parameters<Scalar>& gradient) {
  require_fit(network, batch, trajectory);
  const auto signal = learning_signal(network, batch, penalties, feedback);
  set_zero(gradient, network.parameters);
  for (Index tile = 0; tile < batch.layout().tiles(); ++tile) {
    trajectory.adjoint.setZero();
    for (Index step = batch.layout().steps; step >= 1; --step) {
      add_learning_signal(signal, tile, step, trajectory);
      add_readout_gradient(std::as_const(trajectory.states_before).at(tile, step), trajectory,
                           gradient);
      add_recurrent_gradient(network, batch, tile, step, trajectory, gradient);
      back_through_kept(kept, network, tile, step, trajectory);
    }
  }
  if (penalties.readout > 0)
    add_readout_penalty_gradient(network.parameters.C, Scalar(penalties.readout), gradient.C);
}

#define INSTANTIATE(Scalar)                                                                      \
  template void back_through_kept(KeptJacobian, const Network<Scalar>&, Index, Index,            \
                                  Trajectory<Scalar>&);                                          \
  template void truncated_gradient(KeptJacobian, const Network<Scalar>&, const Batch<Scalar>&,   \
                                   const Penalties&, const Matrix<Scalar>&, Trajectory<Scalar>&, \
                                   Parameters<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
