#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/readout_gain.hpp>

namespace error_forcing {

template <typename Scalar>
Matrix<Scalar> readout_gain(const Matrix<Scalar>& C, Scalar gain, Scalar ridge) {
  require(gain >= 0 && gain <= 1,
          "gain: want a value in [0, 1], got {}; 0 runs free, 1 removes the whole error",
          static_cast<double>(gain));
  return gain * pseudoinverse(C, ridge).inverse;
}

template <typename Scalar>
Matrix<Scalar> readout_gain_pullback(const Matrix<Scalar>& C, Scalar gain, Scalar ridge,
                                     const Matrix<Scalar>& dL_dK) {
  const Index units = C.cols(), outputs = C.rows();
  const Index rank = pseudoinverse(C, ridge).rank;
  require(ridge > 0 || rank == outputs,
          "C: rank {} of {}, where its pseudoinverse has no derivative; give a ridge > 0 or hold "
          "the displacements fixed",
          rank, outputs);
  return gain * gain_pullback<Scalar>(C, Matrix<Scalar>::Identity(units, units),
                                      ridge * Matrix<Scalar>::Identity(outputs, outputs), dL_dK);
}

#define INSTANTIATE(Scalar)                                                            \
  template Matrix<Scalar> readout_gain(const Matrix<Scalar>&, Scalar, Scalar);         \
  template Matrix<Scalar> readout_gain_pullback(const Matrix<Scalar>&, Scalar, Scalar, \
                                                const Matrix<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
