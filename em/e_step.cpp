#include <cmath>
#include <error_forcing/e_step.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/rollout.hpp>

namespace error_forcing {

namespace {

template <typename Scalar>
void infer(const FreeRunning&, const Network<Scalar>& network, const Batch<Scalar>& batch,
           Trajectory<Scalar>& trajectory) {
  run_free(network, batch, trajectory);
}

// Where output 0 is observed the released code forces every output, also one whose own mask is 0.
template <typename Scalar>
void require_targets_as_released(const Batch<Scalar>& batch) {
  using std::isfinite;
  const Layout& layout = batch.layout();
  for (Index output = 1; output < batch.targets.rows(); ++output)
    for (Index trial = 0; trial < layout.trials; ++trial)
      for (Index step = 1; step <= layout.steps; ++step)
        require(
            batch.mask(trial, step, 0) == Scalar(0) || isfinite(batch.targets(trial, step, output)),
            "targets: not finite at trial {}, step {}, output {} (all from 0), which forcing as "
            "released reads because output 0 is observed there; give a number or drop "
            "--as-released",
            trial, step - 1, output);
}

template <typename Forcing, typename Scalar>
void force(const Forcing& e_step, const Network<Scalar>& network, const Batch<Scalar>& batch,
           Trajectory<Scalar>& trajectory) {
  if (e_step.as_released) require_targets_as_released(batch);
  rollout_with_feedback(network, batch, feedback(e_step, network), trajectory);
}

template <typename Scalar>
void infer(const TeacherForcing<Scalar>& e_step, const Network<Scalar>& network,
           const Batch<Scalar>& batch, Trajectory<Scalar>& trajectory) {
  force(e_step, network, batch, trajectory);
}

template <typename Scalar>
void infer(const ErrorForcing<Scalar>& e_step, const Network<Scalar>& network,
           const Batch<Scalar>& batch, Trajectory<Scalar>& trajectory) {
  force(e_step, network, batch, trajectory);
}

}  // namespace

template <typename Scalar>
void infer(const EStep<Scalar>& e_step, const Network<Scalar>& network, const Batch<Scalar>& batch,
           Trajectory<Scalar>& trajectory) {
  std::visit([&](const auto& chosen) { infer(chosen, network, batch, trajectory); }, e_step);
}

#define INSTANTIATE(Scalar)                                                               \
  template void infer(const EStep<Scalar>&, const Network<Scalar>&, const Batch<Scalar>&, \
                      Trajectory<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
