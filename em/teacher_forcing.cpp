#include <error_forcing/instantiate.hpp>
#include <error_forcing/readout_gain.hpp>
#include <error_forcing/teacher_forcing.hpp>

namespace error_forcing {

template <typename Scalar>
Feedback<Scalar> feedback(const TeacherForcing<Scalar>& e_step, const Network<Scalar>& network) {
  return {.gain = readout_gain(network.parameters.C, e_step.gain, e_step.ridge),  // c C+
          .pull = e_step.gain,
          .anchor = e_step.as_released ? Anchor::target_with_bias : Anchor::target,
          .first_mask_channel = e_step.as_released};  // (E2)
}

#define INSTANTIATE(Scalar) \
  template Feedback<Scalar> feedback(const TeacherForcing<Scalar>&, const Network<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
