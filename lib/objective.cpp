#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/objective.hpp>
#include <error_forcing/thin_svd.hpp>

namespace error_forcing {

namespace {

template <typename Scalar>
Scalar sum_of_squares(const History<Scalar>& history) {
  Scalar sum(0);
  for (Index tile = 0; tile < history.layout().tiles(); ++tile)
    for (Index step = 1; step <= history.layout().steps; ++step)
      sum += history.at(tile, step).squaredNorm();
  return sum;
}

template <typename Scalar>
void require_full_rank(const ThinSvd<Scalar>& svd, Index outputs) {
  const Scalar floor = std::numeric_limits<Scalar>::epsilon() * svd.largest();
  require(svd.values.size() == outputs && svd.smallest() > floor,
          "C: the readout penalty (1 - s_max/s_min)^2 is infinite because C has a singular value "
          "of 0 (s_max = {:.3g}, {} outputs): two outputs are parallel; set the readout penalty "
          "to 0",
          static_cast<double>(svd.largest()), outputs);
}

}  // namespace

template <typename Scalar>
Objective<Scalar> objective(const Network<Scalar>& network, const Batch<Scalar>& batch,
                            const Trajectory<Scalar>& trajectory, const Penalties& penalties) {
  Objective<Scalar> result;
  result.loss = sum_of_squares(trajectory.errors) / static_cast<Scalar>(observed_entries(batch));
  const Layout& layout = batch.layout();
  const auto entries = static_cast<Scalar>(layout.trials * layout.steps * network.units());
  if (penalties.activity > 0)
    result.activity = Scalar(penalties.activity) * sum_of_squares(trajectory.states) / entries;
  if (penalties.readout > 0)
    result.readout = Scalar(penalties.readout) * readout_penalty(network.parameters.C);
  return result;
}

template <typename Scalar>
Scalar readout_penalty(const Matrix<Scalar>& C) {
  if (C.rows() == 1) {
    const Scalar gap = 1 - C.norm();
    return gap * gap;
  }
  const auto svd = thin_svd(C);
  require_full_rank(svd, C.rows());
  const Scalar gap = 1 - svd.largest() / svd.smallest();
  return gap * gap;
}

template <typename Scalar>
void add_readout_penalty_gradient(const Matrix<Scalar>& C, Scalar weight, Matrix<Scalar>& dL_dC) {
  if (C.rows() == 1) {
    const Scalar norm = C.norm();
    if (norm > 0) dL_dC += weight * 2 * (1 - Scalar(1) / norm) * C;
    return;
  }
  const auto svd = thin_svd(C);
  require_full_rank(svd, C.rows());
  const Index last = svd.values.size() - 1;
  const Scalar largest = svd.largest(), smallest = svd.smallest();
  const Scalar slope = -2 * (1 - largest / smallest) * weight;  // with respect to s_max / s_min
  // ds_i/dC = left_i right_i'
  dL_dC += slope / smallest * svd.left.col(0) * svd.right.col(0).transpose();
  dL_dC -= slope * largest / (smallest * smallest) * svd.left.col(last) *
           svd.right.col(last).transpose();
}

#define INSTANTIATE(Scalar)                                                          \
  template Objective<Scalar> objective(const Network<Scalar>&, const Batch<Scalar>&, \
                                       const Trajectory<Scalar>&, const Penalties&); \
  template Scalar readout_penalty(const Matrix<Scalar>&);                            \
  template void add_readout_penalty_gradient(const Matrix<Scalar>&, Scalar, Matrix<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
