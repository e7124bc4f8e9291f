#include <error_forcing/error_forcing.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/readout_gain.hpp>

namespace error_forcing {

template <typename Scalar>
Feedback<Scalar> feedback(const ErrorForcing<Scalar>& e_step, const Network<Scalar>& network) {
  return {.gain = readout_gain(network.parameters.C, e_step.gain, e_step.ridge),  // c C+
          .pull = Scalar(0),
          .anchor = Anchor::error,
          .first_mask_channel = e_step.as_released};  // (E1)
}

#define INSTANTIATE(Scalar) \
  template Feedback<Scalar> feedback(const ErrorForcing<Scalar>&, const Network<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
