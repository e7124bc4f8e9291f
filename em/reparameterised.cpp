#include <error_forcing/adjoint.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/reparameterised.hpp>
#include <error_forcing/residual.hpp>

namespace error_forcing {

template <typename Scalar>
Scalar non_centred_log_likelihood(const Reparameterised<Scalar>& m_step,
                                  const Network<Scalar>& network, const Batch<Scalar>& batch,
                                  Trajectory<Scalar>& trajectory) {
  const auto precision = observation_precision(m_step.R, batch);
  Scalar sum(0);
  for (Index tile = 0; tile < batch.layout().tiles(); ++tile)
    for (Index step = 1; step <= batch.layout().steps; ++step) {
      const Index lanes = batch.layout().lanes_in_use(tile);
      read_residual(precision, network, batch, tile, step, trajectory);
      sum += trajectory.signal.leftCols(lanes)
                 .cwiseProduct(trajectory.output_adjoint.leftCols(lanes))
                 .sum();
    }
  return -sum / 2;  // (S1)
}

template <typename Scalar>
Parameters<Scalar> ascent_direction(const Reparameterised<Scalar>& m_step,
                                    const Network<Scalar>& network, const Batch<Scalar>& batch,
                                    Trajectory<Scalar>& trajectory) {
  const auto precision = observation_precision(m_step.R, batch);
  auto direction = zero_like(network.parameters);
  const auto at_step = [&](Index tile, Index step) {
    read_residual(precision, network, batch, tile, step, trajectory);
    const auto h = std::as_const(trajectory.states).at(tile, step);
    add_readout_gradient(h, trajectory, direction);
    back_through_readout(network, h.cols(), trajectory);
  };
  backpropagate(network, batch, at_step, trajectory, direction);  // (S2)
  return direction;
}

#define INSTANTIATE(Scalar)                                                                  \
  template Scalar non_centred_log_likelihood(const Reparameterised<Scalar>&,                 \
                                             const Network<Scalar>&, const Batch<Scalar>&,   \
                                             Trajectory<Scalar>&);                           \
  template Parameters<Scalar> ascent_direction(const Reparameterised<Scalar>&,               \
                                               const Network<Scalar>&, const Batch<Scalar>&, \
                                               Trajectory<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
