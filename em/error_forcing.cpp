#include <cmath>
#include <error_forcing/error_forcing.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/readout_gain.hpp>

namespace error_forcing {

namespace {

template <typename Scalar>
Matrix<Scalar> forcing_gain(const ErrorForcing<Scalar>& e_step, const Matrix<Scalar>& C) {
  using std::isfinite;
  if (e_step.forcing.direction == ForcingDirection::pseudoinverse)
    return readout_gain(C, e_step.gain, e_step.ridge);  // c C+
  require(e_step.gain >= 0 && isfinite(e_step.gain),
          "gain: want a finite value >= 0, got {}; 0 runs free", static_cast<double>(e_step.gain));
  return e_step.gain * forcing_matrix(e_step.forcing, C, e_step.ridge);
}

}  // namespace

template <typename Scalar>
Feedback<Scalar> feedback(const ErrorForcing<Scalar>& e_step, const Network<Scalar>& network) {
  return {.gain = forcing_gain(e_step, network.parameters.C),
          .pull = Scalar(0),
          .anchor = Anchor::error,
          .first_mask_channel = e_step.as_released};  // (E1)
}

#define INSTANTIATE(Scalar) \
  template Feedback<Scalar> feedback(const ErrorForcing<Scalar>&, const Network<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
