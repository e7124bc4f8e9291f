#pragma once
// The M-step: it turns a displaced trajectory into an ascent direction of the parameters, with
// the inferred noise held fixed.
//
//   paper's form        (S3) driven by the un-forced error e_t      paper_form.hpp
//   reparameterised     (S2) ascends log p(y* | eps; theta)         reparameterised.hpp
//   local               (S4) ascends log p(h | theta), no recursion in time    local.hpp

#include <error_forcing/local.hpp>
#include <error_forcing/paper_form.hpp>
#include <error_forcing/reparameterised.hpp>
#include <variant>

namespace error_forcing {

template <typename Scalar>
using MStep = std::variant<PaperForm, Reparameterised<Scalar>, Local<Scalar>>;

/// The ascent direction along the trajectory that an E-step left for this network and batch.
template <typename Scalar>
Parameters<Scalar> ascent_direction(const MStep<Scalar>& m_step, const Network<Scalar>& network,
                                    const Batch<Scalar>& batch, Trajectory<Scalar>& trajectory) {
  return std::visit(
      [&](const auto& chosen) { return ascent_direction(chosen, network, batch, trajectory); },
      m_step);
}

}  // namespace error_forcing
