#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/learning_signal.hpp>
#include <error_forcing/random.hpp>
#include <limits>

namespace error_forcing {

template <typename Scalar>
Matrix<Scalar> symmetric_feedback(const Network<Scalar>& network) {
  return network.parameters.C.transpose();
}

template <typename Scalar>
Matrix<Scalar> random_feedback(Index units, Index outputs, std::uint64_t seed) {
  const auto stream = std::numeric_limits<std::uint64_t>::max();  // no network, no trial has it
  auto engine = random_engine(seed, stream);
  const double scale = 1 / std::sqrt(static_cast<double>(units));
  return normal_matrix(engine, units, outputs, scale).template cast<Scalar>();
}

template <typename Scalar>
void require_feedback_fits(const Network<Scalar>& network, const Matrix<Scalar>& feedback) {
  const Index units = network.units(), outputs = network.outputs();
  require(feedback.rows() == units && feedback.cols() == outputs,
          "feedback: want {} units x {} outputs, got {} x {}", units, outputs, feedback.rows(),
          feedback.cols());
}

template <typename Scalar>
LearningSignal<Scalar> learning_signal(const Network<Scalar>& network, const Batch<Scalar>& batch,
                                       const Penalties& penalties, Matrix<Scalar> feedback) {
  require_feedback_fits(network, feedback);
  const Layout& layout = batch.layout();
  return {std::move(feedback), Scalar(-2) / static_cast<Scalar>(observed_entries(batch)),
          Scalar(2 * penalties.activity) /
              static_cast<Scalar>(layout.trials * layout.steps * network.units())};
}

template <typename Scalar>
void add_learning_signal(const LearningSignal<Scalar>& signal, Index tile, Index step,
                         Trajectory<Scalar>& trajectory) {
  const auto e = trajectory.errors.at(tile, step);
  auto dL_dy = trajectory.output_adjoint.leftCols(e.cols());
  auto adjoint = trajectory.adjoint.leftCols(e.cols());
  dL_dy = signal.error_weight * e;
  adjoint.noalias() += signal.feedback * dL_dy;
  adjoint += signal.activity_weight * trajectory.states.at(tile, step);
}

#define INSTANTIATE(Scalar)                                                                     \
  template Matrix<Scalar> symmetric_feedback(const Network<Scalar>&);                           \
  template Matrix<Scalar> random_feedback(Index, Index, std::uint64_t);                         \
  template void require_feedback_fits(const Network<Scalar>&, const Matrix<Scalar>&);           \
  template LearningSignal<Scalar> learning_signal(const Network<Scalar>&, const Batch<Scalar>&, \
                                                  const Penalties&, Matrix<Scalar>);            \
  template void add_learning_signal(const LearningSignal<Scalar>&, Index, Index,                \
                                    Trajectory<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
