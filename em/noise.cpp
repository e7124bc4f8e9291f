#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/noise.hpp>
#include <error_forcing/thin_svd.hpp>
#include <limits>

namespace error_forcing {

template <typename Scalar>
Noise<Scalar> isotropic_noise(Index units, Index outputs, Scalar state_deviation,
                              Scalar output_deviation) {
  require(state_deviation >= 0 && output_deviation >= 0,
          "noise: want standard deviations >= 0, got {} for the state and {} for the output",
          static_cast<double>(state_deviation), static_cast<double>(output_deviation));
  return {state_deviation * state_deviation * Matrix<Scalar>::Identity(units, units),
          output_deviation * output_deviation * Matrix<Scalar>::Identity(outputs, outputs)};
}

template <typename Scalar>
Scalar implied_gain(const Matrix<Scalar>& C, const IsotropicNoise<Scalar>& noise) {
  const auto power = (thin_svd(C).values.array() * noise.sigma_h).square().eval();
  return (power / (power + noise.sigma_y * noise.sigma_y)).mean();
}

namespace {

// Up to rounding: the factorisation of the matrix shifted by a few units of the last place exists.
template <typename Scalar>
bool is_positive_semidefinite(const Matrix<Scalar>& matrix) {
  const Scalar size = static_cast<Scalar>(matrix.rows());
  const Scalar shift =
      8 * size * std::numeric_limits<Scalar>::epsilon() * matrix.diagonal().cwiseAbs().maxCoeff() +
      std::numeric_limits<Scalar>::min();
  const Matrix<Scalar> shifted =
      matrix + shift * Matrix<Scalar>::Identity(matrix.rows(), matrix.rows());
  return cholesky(shifted).positive_definite;
}

template <typename Scalar>
void require_covariance(const char* name, const Matrix<Scalar>& matrix, Index size) {
  require(matrix.rows() == size && matrix.cols() == size, "{}: want {} x {}, got {} x {}", name,
          size, size, matrix.rows(), matrix.cols());
  require(matrix.allFinite(), "{}: holds a NaN or an infinity; a covariance must be finite", name);
  const Scalar asymmetry = (matrix - matrix.transpose()).cwiseAbs().maxCoeff();
  const Scalar tolerance = 64 * std::numeric_limits<Scalar>::epsilon();
  require(asymmetry <= tolerance * matrix.cwiseAbs().maxCoeff(),
          "{}: not symmetric, entries differ from their mirror by up to {:.3g}; use ({} + {}')/2",
          name, static_cast<double>(asymmetry), name, name);
  require(is_positive_semidefinite(matrix),
          "{}: not positive semidefinite, so it is no covariance; check its signs", name);
}

}  // namespace

template <typename Scalar>
void validate(const Noise<Scalar>& noise, Index units, Index outputs) {
  require_covariance("Q", noise.Q, units);
  require_covariance("R", noise.R, outputs);
}

#define INSTANTIATE(Scalar)                                                           \
  template Noise<Scalar> isotropic_noise(Index, Index, Scalar, Scalar);               \
  template Scalar implied_gain(const Matrix<Scalar>&, const IsotropicNoise<Scalar>&); \
  template void validate(const Noise<Scalar>&, Index, Index);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
