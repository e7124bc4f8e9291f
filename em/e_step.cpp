#include <error_forcing/e_step.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/rollout.hpp>

namespace error_forcing {

namespace {

template <typename Scalar>
void infer(const FreeRunning&, const Network<Scalar>& network, const Batch<Scalar>& batch,
           Trajectory<Scalar>& trajectory) {
  run_free(network, batch, trajectory);
}

template <typename Scalar>
void infer(const TeacherForcing<Scalar>& e_step, const Network<Scalar>& network,
           const Batch<Scalar>& batch, Trajectory<Scalar>& trajectory) {
  rollout_with_feedback(network, batch, feedback(e_step, network), trajectory);
}

template <typename Scalar>
void infer(const ErrorForcing<Scalar>& e_step, const Network<Scalar>& network,
           const Batch<Scalar>& batch, Trajectory<Scalar>& trajectory) {
  rollout_with_feedback(network, batch, feedback(e_step, network), trajectory);
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
