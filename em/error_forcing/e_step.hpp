#pragma once
// The E-step: it turns a network and a batch into displacements of the hidden state.

#include <error_forcing/causal_forcing.hpp>
#include <error_forcing/error_forcing.hpp>
#include <error_forcing/greedy_posterior.hpp>
#include <error_forcing/teacher_forcing.hpp>
#include <variant>

namespace error_forcing {

/// No displacement: the network runs on its own.
struct FreeRunning {};

template <typename Scalar>
using EStep = std::variant<FreeRunning, TeacherForcing<Scalar>, ErrorForcing<Scalar>,
                           GreedyPosterior<Scalar>, CausalForcing<Scalar>>;

/// Rolls the network out under the E-step and leaves states, predictions, errors and displacements
/// in the trajectory. Throws InvalidInput for options out of range, and for a target that forcing
/// as released reads and that is not finite; Divergence for a state that is not finite.
template <typename Scalar>
void infer(const EStep<Scalar>& e_step, const Network<Scalar>& network, const Batch<Scalar>& batch,
           Trajectory<Scalar>& trajectory);

}  // namespace error_forcing
