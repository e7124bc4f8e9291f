#include <error_forcing/adjoint.hpp>
#include <error_forcing/instantiate.hpp>

namespace error_forcing {

template <typename Scalar>
void add_recurrent_gradient(const Network<Scalar>& network, const Batch<Scalar>& batch, Index tile,
                            Index step, Trajectory<Scalar>& trajectory,
                            Parameters<Scalar>& gradient) {
  const Scalar a = network.leak;
  const auto phi = trajectory.activity.at(tile, step - 1);
  const auto x = batch.inputs.at(tile, step);
  auto scaled = trajectory.scratch.leftCols(phi.cols());
  scaled = a * trajectory.adjoint.leftCols(phi.cols());
  gradient.W.noalias() += scaled * phi.transpose();
  gradient.U.noalias() += scaled * x.transpose();
  gradient.b += scaled.rowwise().sum();
}

template <typename Scalar>
void add_readout_gradient(const ConstPanel<Scalar>& state, const Trajectory<Scalar>& trajectory,
                          Parameters<Scalar>& gradient) {
  const auto dL_dy = trajectory.output_adjoint.leftCols(state.cols());
  gradient.C.noalias() += dL_dy * state.transpose();
  gradient.d += dL_dy.rowwise().sum();
}

template <typename Scalar>
void back_through_dynamics(const Network<Scalar>& network, Index tile, Index step,
                           Trajectory<Scalar>& trajectory) {
  const Scalar a = network.leak;
  const auto phi = trajectory.activity.at(tile, step - 1);
  auto lambda = trajectory.adjoint.leftCols(phi.cols());
  auto scratch = trajectory.scratch.leftCols(phi.cols());
  scratch.noalias() = network.parameters.W.transpose() * lambda;
  multiply_by_derivative<Scalar>(network.activation, phi, scratch);
  lambda = (1 - a) * lambda + a * scratch;  // J_t' lambda_t, (M7)
}

template <typename Scalar>
void back_through_readout(const Network<Scalar>& network, Index lanes,
                          Trajectory<Scalar>& trajectory) {
  trajectory.adjoint.leftCols(lanes).noalias() +=
      network.parameters.C.transpose() * trajectory.output_adjoint.leftCols(lanes);
}

#define INSTANTIATE(Scalar)                                                                        \
  template void add_recurrent_gradient(const Network<Scalar>&, const Batch<Scalar>&, Index, Index, \
                                       Trajectory<Scalar>&, Parameters<Scalar>&);                  \
  template void add_readout_gradient(const ConstPanel<Scalar>&, const Trajectory<Scalar>&,         \
                                     Parameters<Scalar>&);                                         \
  template void back_through_dynamics(const Network<Scalar>&, Index, Index, Trajectory<Scalar>&);  \
  template void back_through_readout(const Network<Scalar>&, Index, Trajectory<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
