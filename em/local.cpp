#include <error_forcing/adjoint.hpp>
#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/local.hpp>
#include <error_forcing/residual.hpp>

namespace error_forcing {

template <typename Scalar>
Parameters<Scalar> ascent_direction(const Local<Scalar>& m_step, const Network<Scalar>& network,
                                    const Batch<Scalar>& batch, Trajectory<Scalar>& trajectory) {
  validate(m_step.noise, network.units(), network.outputs());
  const auto Q = cholesky(m_step.noise.Q);
  require(Q.positive_definite,
          "Q: not positive definite, so displacements have no precision Q^-1; raise sigma_h or use "
          "the reparameterised M-step");
  const auto precision = observation_precision(m_step.noise.R, batch);
  auto direction = zero_like(network.parameters);
  for (Index tile = 0; tile < batch.layout().tiles(); ++tile)
    for (Index step = 1; step <= batch.layout().steps; ++step) {
      const auto h = std::as_const(trajectory.states).at(tile, step);
      auto delta = trajectory.adjoint.leftCols(h.cols());
      delta = trajectory.displacements.at(tile, step);
      Q.solve_in_place(delta);  // delta_t = Q^-1 nu_t, (S4)
      add_recurrent_gradient(network, batch, tile, step, trajectory, direction);
      read_residual(precision, network, batch, tile, step, trajectory);
      add_readout_gradient(h, trajectory, direction);
    }
  return direction;
}

#define INSTANTIATE(Scalar)                                                                  \
  template Parameters<Scalar> ascent_direction(const Local<Scalar>&, const Network<Scalar>&, \
                                               const Batch<Scalar>&, Trajectory<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
