#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/rollout.hpp>

namespace error_forcing {

template <typename Scalar>
void start(const Network<Scalar>& network, Index tile, Trajectory<Scalar>& trajectory) {
  auto h0 = trajectory.states.at(tile, 0);
  if (network.initial_state.size() == 0)
    h0.setZero();
  else
    h0.colwise() = network.initial_state;
}

template <typename Scalar>
void predict(const Network<Scalar>& network, const Batch<Scalar>& batch, Index tile, Index step,
             Trajectory<Scalar>& trajectory) {
  const auto& [W, U, b, C, d] = network.parameters;
  const Scalar a = network.leak;
  const auto x = batch.inputs.at(tile, step);
  const auto h = trajectory.states.at(tile, step - 1);
  auto phi = trajectory.activity.at(tile, step - 1);
  auto u = trajectory.states_before.at(tile, step);
  auto y = trajectory.outputs.at(tile, step);

  activate<Scalar>(network.activation, h, phi);
  u.noalias() = W * phi;
  u.noalias() += U * x;
  u.colwise() += b;         // (M1)
  u = (1 - a) * h + a * u;  // (M2)
  y.noalias() = C * u;
  y.colwise() += d;  // (M4)
  const auto observed = batch.mask.at(tile, step).array() > Scalar(0);
  trajectory.errors.at(tile, step) =
      observed.select(batch.targets.at(tile, step) - y, Scalar(0));  // (M6), selecting past NaN
}

namespace {

template <typename Scalar>
[[noreturn]] void throw_divergence(const ConstPanel<Scalar>& h, Index first_trial, Index step) {
  using std::isfinite;
  Index lane = 0;
  while (h.col(lane).allFinite()) ++lane;
  throw Divergence(fmt::format("the state is not finite from step {} of trial {} on: the network "
                               "diverges; lower its weights, its leak or the learning rate",
                               step, first_trial + lane),
                   step, first_trial + lane);
}

}  // namespace

template <typename Scalar>
void displace(Index tile, Index step, Trajectory<Scalar>& trajectory) {
  auto h = trajectory.states.at(tile, step);
  h = trajectory.states_before.at(tile, step) + trajectory.displacements.at(tile, step);  // (M3)
  if (!h.allFinite())
    throw_divergence<Scalar>(std::as_const(trajectory.states).at(tile, step),
                             tile * trajectory.states.layout().lanes, step);
}

#define INSTANTIATE(Scalar)                                                         \
  template void start(const Network<Scalar>&, Index, Trajectory<Scalar>&);          \
  template void predict(const Network<Scalar>&, const Batch<Scalar>&, Index, Index, \
                        Trajectory<Scalar>&);                                       \
  template void displace(Index, Index, Trajectory<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
