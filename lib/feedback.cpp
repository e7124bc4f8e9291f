#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/feedback.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/rollout.hpp>

namespace error_forcing {

namespace {

// The mask of the forcing, which the released code reads from the first output for all.
template <typename Scalar>
auto forcing_mask(const Feedback<Scalar>& feedback, const ConstPanel<Scalar>& mask, Index output) {
  return mask.row(feedback.first_mask_channel ? 0 : output).array() > Scalar(0);
}

// trajectory.observed = 1 for the trials with an observed output, 0 for the others.
template <typename Scalar>
void mark_observed(const Feedback<Scalar>& feedback, const ConstPanel<Scalar>& mask,
                   Trajectory<Scalar>& trajectory) {
  auto observed = trajectory.observed.leftCols(mask.cols());
  observed.setZero();
  for (Index k = 0; k < mask.rows(); ++k)
    observed = forcing_mask(feedback, mask, k).select(Scalar(1), observed);
}

// Multiplies the adjoint by 1 - p on the observed trials. trajectory.observed becomes that factor:
// Eigen would allocate a row for the expression.
template <typename Scalar>
void damp_observed(Scalar pull, Index lanes, Trajectory<Scalar>& trajectory) {
  auto factor = trajectory.observed.leftCols(lanes);
  factor.array() = Scalar(1) - pull * factor.array();
  trajectory.adjoint.leftCols(lanes).array().rowwise() *= factor.row(0).array();
}

}  // namespace

template <typename Scalar>
void read_signal(const Feedback<Scalar>& feedback, const Network<Scalar>& network,
                 const Batch<Scalar>& batch, Index tile, Index step,
                 Trajectory<Scalar>& trajectory) {
  const auto mask = batch.mask.at(tile, step);
  const auto targets = batch.targets.at(tile, step);
  const auto y = trajectory.outputs.at(tile, step);
  auto s = trajectory.signal.leftCols(y.cols());
  const auto observed = trajectory.observed.leftCols(y.cols());

  mark_observed<Scalar>(feedback, mask, trajectory);
  for (Index k = 0; k < y.rows(); ++k)
    s.row(k) = forcing_mask<Scalar>(feedback, mask, k).select(targets.row(k) - y.row(k), Scalar(0));
  if (feedback.anchor == Anchor::error) return;
  for (Index k = 0; k < y.rows(); ++k) {
    const Scalar bias = feedback.anchor == Anchor::target ? network.parameters.d(k) : Scalar(0);
    s.row(k).array() += observed.array() * (y.row(k).array() - bias);
  }
}

template <typename Scalar>
void require_readable_targets(const Feedback<Scalar>& feedback, const Batch<Scalar>& batch) {
  using std::isfinite;
  if (!feedback.first_mask_channel) return;
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

template <typename Scalar>
void rollout_with_feedback(const Network<Scalar>& network, const Batch<Scalar>& batch,
                           const Feedback<Scalar>& feedback, Trajectory<Scalar>& trajectory) {
  if (feedback.gain.size() == 0) return run_free(network, batch, trajectory);
  require_readable_targets(feedback, batch);
  const auto displacement = [&](Index tile, Index step) {
    read_signal(feedback, network, batch, tile, step, trajectory);
    const auto u = trajectory.states_before.at(tile, step);
    auto nu = trajectory.displacements.at(tile, step);
    nu.noalias() = feedback.gain * trajectory.signal.leftCols(u.cols());
    if (feedback.pull != Scalar(0))
      nu.array() -= feedback.pull *
                    (u.array().rowwise() * trajectory.observed.leftCols(u.cols()).row(0).array());
  };
  rollout(network, batch, displacement, trajectory);
}

template <typename Scalar>
void damp_by_pull(const Feedback<Scalar>& feedback, const Batch<Scalar>& batch, Index tile,
                  Index step, Trajectory<Scalar>& trajectory) {
  const auto mask = batch.mask.at(tile, step);
  mark_observed<Scalar>(feedback, mask, trajectory);
  damp_observed(feedback.pull, mask.cols(), trajectory);
}

template <typename Scalar>
void differentiate_feedback(const Feedback<Scalar>& feedback, const Network<Scalar>& network,
                            const Batch<Scalar>& batch, Index tile, Index step,
                            Trajectory<Scalar>& trajectory, Matrix<Scalar>& dL_dK,
                            Vector<Scalar>& dL_dd) {
  read_signal(feedback, network, batch, tile, step, trajectory);
  const auto mask = std::as_const(batch.mask).at(tile, step);
  const Index lanes = mask.cols();
  auto adjoint = trajectory.adjoint.leftCols(lanes);
  auto dL_dy = trajectory.output_adjoint.leftCols(lanes);
  auto s = trajectory.signal.leftCols(lanes);
  const auto observed = trajectory.observed.leftCols(lanes).row(0).array();

  dL_dK.noalias() += adjoint * s.transpose();
  s.noalias() = feedback.gain.transpose() * adjoint;  // from here on s holds dL/ds_t
  s.array().rowwise() *= observed;
  for (Index k = 0; k < s.rows(); ++k) {
    const auto on = forcing_mask<Scalar>(feedback, mask, k);
    dL_dy.row(k) -= on.select(s.row(k), Scalar(0));  // through e_t = m o (y* - y)
    if (feedback.anchor != Anchor::error) dL_dy.row(k) += s.row(k);
    if (feedback.anchor == Anchor::target) dL_dd(k) -= s.row(k).sum();
  }
  damp_observed(feedback.pull, lanes, trajectory);
}

#define INSTANTIATE(Scalar)                                                                        \
  template void damp_by_pull(const Feedback<Scalar>&, const Batch<Scalar>&, Index, Index,          \
                             Trajectory<Scalar>&);                                                 \
  template void read_signal(const Feedback<Scalar>&, const Network<Scalar>&, const Batch<Scalar>&, \
                            Index, Index, Trajectory<Scalar>&);                                    \
  template void require_readable_targets(const Feedback<Scalar>&, const Batch<Scalar>&);           \
  template void rollout_with_feedback(const Network<Scalar>&, const Batch<Scalar>&,                \
                                      const Feedback<Scalar>&, Trajectory<Scalar>&);               \
  template void differentiate_feedback(const Feedback<Scalar>&, const Network<Scalar>&,            \
                                       const Batch<Scalar>&, Index, Index, Trajectory<Scalar>&,    \
                                       Matrix<Scalar>&, Vector<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
