#pragma once
// The gain K = c C+ that teacher forcing (E2) and error forcing (E1) share, and its derivative.
//
// Law: readout_gain is linear in c; its pullback at c is c times the pullback of C+.

#include <error_forcing/pseudoinverse.hpp>

namespace error_forcing {

/// c C+, N x P. Throws InvalidInput for c outside [0, 1] or a ridge below 0.
template <typename Scalar>
Matrix<Scalar> readout_gain(const Matrix<Scalar>& C, Scalar gain, Scalar ridge);

/// dL/dC of a function of K = c C+(C) whose gradient in K is dL_dK. Throws InvalidInput at
/// ridge 0 for a C without full row rank, where C+ jumps.
template <typename Scalar>
Matrix<Scalar> readout_gain_pullback(const Matrix<Scalar>& C, Scalar gain, Scalar ridge,
                                     const Matrix<Scalar>& dL_dK);

}  // namespace error_forcing
