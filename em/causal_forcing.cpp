#include <error_forcing/causal_forcing.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/readout_gain.hpp>
#include <error_forcing/rollout.hpp>

namespace error_forcing {

template <typename Scalar>
void infer(const CausalForcing<Scalar>& e_step, const Network<Scalar>& network,
           const Batch<Scalar>& batch, Trajectory<Scalar>& trajectory) {
  const Matrix<Scalar> K = readout_gain(network.parameters.C, e_step.gain, e_step.ridge);  // c C+
  const auto displacement = [&](Index tile, Index step) {
    auto nu = trajectory.displacements.at(tile, step);
    if (step == 1) {
      nu.setZero();
      return;
    }
    const auto mask = batch.mask.at(tile, step);
    auto s = trajectory.signal.leftCols(nu.cols());
    s = trajectory.errors.at(tile, step - 1);
    for (Index output = 0; output < s.rows(); ++output)
      s.row(output).array() *= mask.row(0).array();
    nu.noalias() = K * s;
  };
  rollout(network, batch, displacement, trajectory);
}

#define INSTANTIATE(Scalar)                                                                       \
  template void infer(const CausalForcing<Scalar>&, const Network<Scalar>&, const Batch<Scalar>&, \
                      Trajectory<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
