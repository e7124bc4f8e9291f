#include <error_forcing/adjoint.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/objective_gradient.hpp>

namespace error_forcing {

namespace {

// The backward pass of the objective; `through_forcing(tile, step)` turns dL/dh_t into dL/du_t.
template <typename Scalar, typename ThroughForcing>
void objective_gradient(const Network<Scalar>& network, const Batch<Scalar>& batch,
                        const Penalties& penalties, ThroughForcing through_forcing,
                        Trajectory<Scalar>& trajectory, Parameters<Scalar>& gradient) {
  const Layout& layout = batch.layout();
  const Scalar error_weight = Scalar(-2) / static_cast<Scalar>(observed_entries(batch));
  const Scalar activity_weight =
      Scalar(2 * penalties.activity) /
      static_cast<Scalar>(layout.trials * layout.steps * network.units());
  const auto at_step = [&](Index tile, Index step) {
    const auto u = std::as_const(trajectory.states_before).at(tile, step);
    trajectory.output_adjoint.leftCols(u.cols()) = error_weight * trajectory.errors.at(tile, step);
    trajectory.adjoint.leftCols(u.cols()) += activity_weight * trajectory.states.at(tile, step);
    through_forcing(tile, step);
    add_readout_gradient(u, trajectory, gradient);
    back_through_readout(network, u.cols(), trajectory);
  };
  set_zero(gradient, network.parameters);
  backpropagate(network, batch, at_step, trajectory, gradient);
  if (penalties.readout > 0)
    add_readout_penalty_gradient(network.parameters.C, Scalar(penalties.readout), gradient.C);
}

}  // namespace

template <typename Scalar>
void objective_gradient_held(const Network<Scalar>& network, const Batch<Scalar>& batch,
                             const Penalties& penalties, Trajectory<Scalar>& trajectory,
                             Parameters<Scalar>& gradient) {
  const auto constant = [](Index, Index) {};
  objective_gradient(network, batch, penalties, constant, trajectory, gradient);
}

template <typename Scalar>
void objective_gradient_damped(const Network<Scalar>& network, const Batch<Scalar>& batch,
                               const Feedback<Scalar>& feedback, const Penalties& penalties,
                               Trajectory<Scalar>& trajectory, Parameters<Scalar>& gradient) {
  const auto damped = [&](Index tile, Index step) {
    damp_by_pull(feedback, batch, tile, step, trajectory);
  };
  objective_gradient(network, batch, penalties, damped, trajectory, gradient);
}

template <typename Scalar>
void objective_gradient_through(const Network<Scalar>& network, const Batch<Scalar>& batch,
                                const Feedback<Scalar>& feedback, const Penalties& penalties,
                                Trajectory<Scalar>& trajectory, Parameters<Scalar>& gradient,
                                Matrix<Scalar>& dL_dK) {
  const auto differentiated = [&](Index tile, Index step) {
    differentiate_feedback(feedback, network, batch, tile, step, trajectory, dL_dK, gradient.d);
  };
  dL_dK.setZero(network.units(), network.outputs());
  objective_gradient(network, batch, penalties, differentiated, trajectory, gradient);
}

#define INSTANTIATE(Scalar)                                                                    \
  template void objective_gradient_held(const Network<Scalar>&, const Batch<Scalar>&,          \
                                        const Penalties&, Trajectory<Scalar>&,                 \
                                        Parameters<Scalar>&);                                  \
  template void objective_gradient_damped(const Network<Scalar>&, const Batch<Scalar>&,        \
                                          const Feedback<Scalar>&, const Penalties&,           \
                                          Trajectory<Scalar>&, Parameters<Scalar>&);           \
  template void objective_gradient_through(                                                    \
      const Network<Scalar>&, const Batch<Scalar>&, const Feedback<Scalar>&, const Penalties&, \
      Trajectory<Scalar>&, Parameters<Scalar>&, Matrix<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
