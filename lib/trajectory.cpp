#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/trajectory.hpp>

namespace error_forcing {

namespace {

template <typename Scalar>
void require_fit(const History<Scalar>& history, const char* name, Index rows,
                 const Layout& layout) {
  require(history.rows() == rows && history.layout() == layout,
          "{}: want {} trials x {} steps x {} values, got {} x {} x {}; batch and trajectory must "
          "be made for the network",
          name, layout.trials, layout.steps, rows, history.layout().trials, history.layout().steps,
          history.rows());
}

}  // namespace

template <typename Scalar>
void require_fit(const Network<Scalar>& network, const Batch<Scalar>& batch,
                 const Trajectory<Scalar>& trajectory) {
  const Layout& layout = batch.layout();
  require_fit(batch.inputs, "inputs", network.inputs(), layout);
  require_fit(batch.targets, "targets", network.outputs(), layout);
  require_fit(batch.mask, "mask", network.outputs(), layout);
  require_fit(trajectory.states, "trajectory states", network.units(), layout);
  require_fit(trajectory.outputs, "trajectory outputs", network.outputs(), layout);
}

#define INSTANTIATE(Scalar)                                               \
  template void require_fit(const Network<Scalar>&, const Batch<Scalar>&, \
                            const Trajectory<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
