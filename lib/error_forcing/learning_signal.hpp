#pragma once
// The learning signal: what the objective says about the state of one step, before anything is
// carried through time. Every rule that assigns credit along a displaced trajectory starts from it.
//
//   dL/dy_t = -2 e_t / sum m                                  from (M8)
//   l_t     = B dL/dy_t + (2 w / (B T N)) h_t                 w the weight of the activity penalty
//
//   B = C'                   symmetric feedback: the exact gradient of the step
//   B fixed and random       feedback alignment (Lillicrap et al. 2016, Murray 2019)
//
// Laws: l_t depends on step t alone; with B = C' it is what the adjoint recursion adds at a step.

#include <cstdint>
#include <error_forcing/objective.hpp>

namespace error_forcing {

template <typename Scalar>
struct LearningSignal {
  Matrix<Scalar> feedback;   ///< B, N x P
  Scalar error_weight{};     ///< -2 / sum m
  Scalar activity_weight{};  ///< 2 w / (trials x steps x N)
};

/// B = C'.
template <typename Scalar>
Matrix<Scalar> symmetric_feedback(const Network<Scalar>& network);

/// N x P entries of N(0, 1/N), columns of a length near 1; the same seed, the same bits on every
/// machine, independent of a network and of trials of that seed.
template <typename Scalar>
Matrix<Scalar> random_feedback(Index units, Index outputs, std::uint64_t seed);

/// Throws InvalidInput unless B is N x P.
template <typename Scalar>
void require_feedback_fits(const Network<Scalar>& network, const Matrix<Scalar>& feedback);

/// The signal of an objective on a batch. Throws InvalidInput unless B is N x P.
template <typename Scalar>
LearningSignal<Scalar> learning_signal(const Network<Scalar>& network, const Batch<Scalar>& batch,
                                       const Penalties& penalties, Matrix<Scalar> feedback);

/// Adds l_t to trajectory.adjoint and leaves dL/dy_t in trajectory.output_adjoint.
template <typename Scalar>
void add_learning_signal(const LearningSignal<Scalar>& signal, Index tile, Index step,
                         Trajectory<Scalar>& trajectory);

}  // namespace error_forcing
