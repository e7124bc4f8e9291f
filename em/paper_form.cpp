#include <error_forcing/adjoint.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/paper_form.hpp>

namespace error_forcing {

template <typename Scalar>
Parameters<Scalar> ascent_direction(const PaperForm&, const Network<Scalar>& network,
                                    const Batch<Scalar>& batch, Trajectory<Scalar>& trajectory) {
  auto direction = zero_like(network.parameters);
  const auto at_step = [&](Index tile, Index step) {
    const auto u = std::as_const(trajectory.states_before).at(tile, step);
    trajectory.output_adjoint.leftCols(u.cols()) = trajectory.errors.at(tile, step);
    add_readout_gradient(u, trajectory, direction);
    back_through_readout(network, u.cols(), trajectory);
  };
  backpropagate(network, batch, at_step, trajectory, direction);  // (S3)
  return direction;
}

#define INSTANTIATE(Scalar)                                                              \
  template Parameters<Scalar> ascent_direction(const PaperForm&, const Network<Scalar>&, \
                                               const Batch<Scalar>&, Trajectory<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
