#pragma once
// The direction in which error forcing feeds the output error into the state: nu_t = c D e_t. The
// published one is C+; others ask how much of it the method needs.
//
//   direction       D, N x P
//   pseudoinverse   C+                       (E1)
//   transpose       C'
//   random          B, fixed, N(0, 1/N)      what never saw C
//   misaligned      cos(a) C+ + sin(a) Z     Z random in the kernel of C, columns as long as C+'s
//
// It displaces the state; the feedback of the learning signal (learning_signal.hpp) assigns credit.
// The two are drawn apart.
//
// Laws: every column of `misaligned` stands at the angle a to the same column of C+ and is as long,
// and C D = cos(a) C C+ (F1). What remains of an error is (I - c C D) e (forcing_stability.hpp).

#include <cstdint>
#include <error_forcing/matrix.hpp>

namespace error_forcing {

enum class ForcingDirection { pseudoinverse, transpose, random, misaligned };

struct ForcingFeedback {
  ForcingDirection direction = ForcingDirection::pseudoinverse;
  double angle = 45;       ///< a of misaligned, in degrees, [0, 180]
  std::uint64_t seed = 1;  ///< of what is random; the same seed, the same bits on every machine
};

/// D for a readout C, P x N. The ridge is that of C+. Throws InvalidInput for an angle outside
/// [0, 180], a ridge where there is no C+, or a C whose kernel is 0 where one is to turn into it.
template <typename Scalar>
Matrix<Scalar> forcing_matrix(const ForcingFeedback& feedback, const Matrix<Scalar>& C,
                              Scalar ridge = Scalar(0));

/// dL/dC of a function of K = c D(C) whose gradient in K is dL_dK. Throws InvalidInput for
/// misaligned feedback, whose displacements are held, and as readout_gain_pullback() does.
template <typename Scalar>
Matrix<Scalar> forcing_pullback(const ForcingFeedback& feedback, const Matrix<Scalar>& C,
                                Scalar gain, Scalar ridge, const Matrix<Scalar>& dL_dK);

}  // namespace error_forcing
