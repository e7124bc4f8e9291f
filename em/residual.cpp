#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/residual.hpp>

namespace error_forcing {

namespace {

template <typename Scalar>
void require_outputs(const Matrix<Scalar>& R, Index outputs) {
  require(R.rows() == outputs && R.cols() == outputs && R.allFinite(),
          "R: want a finite {} x {} matrix, one row per output, got {} x {}", outputs, outputs,
          R.rows(), R.cols());
}

}  // namespace

template <typename Scalar>
ObservedPatterns<Scalar> observation_precision(const Matrix<Scalar>& R,
                                               const Batch<Scalar>& batch) {
  require_outputs(R, batch.mask.rows());
  return {batch.mask, [&](const ObservedOutputs& o) {
            const auto R_oo = cholesky(select_square(R, o));
            require(R_oo.positive_definite,
                    "R: not positive definite on {} observed outputs; raise sigma_y", o.size());
            const auto n = static_cast<Index>(o.size());
            Matrix<Scalar> precision = Matrix<Scalar>::Zero(R.rows(), R.cols());
            const Matrix<Scalar> inverse = R_oo.solve(Matrix<Scalar>::Identity(n, n));
            precision(o, o) = inverse;
            return precision;
          }};
}

template <typename Scalar>
void read_residual(const ObservedPatterns<Scalar>& precision, const Network<Scalar>& network,
                   const Batch<Scalar>& batch, Index tile, Index step,
                   Trajectory<Scalar>& trajectory) {
  const auto h = trajectory.states.at(tile, step);
  const auto mask = batch.mask.at(tile, step);
  auto r = trajectory.signal.leftCols(h.cols());
  r.noalias() = network.parameters.C * h;
  r.colwise() += network.parameters.d;
  r = (mask.array() > Scalar(0)).select(batch.targets.at(tile, step) - r, Scalar(0));
  precision.multiply(mask, r, trajectory.output_adjoint.leftCols(h.cols()));
}

#define INSTANTIATE(Scalar)                                                            \
  template ObservedPatterns<Scalar> observation_precision(const Matrix<Scalar>&,       \
                                                          const Batch<Scalar>&);       \
  template void read_residual(const ObservedPatterns<Scalar>&, const Network<Scalar>&, \
                              const Batch<Scalar>&, Index, Index, Trajectory<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
