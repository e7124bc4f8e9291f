#pragma once
// When forcing removes errors, and when it feeds them: for nu_t = K e_t, K = c D.
//
//   (F2) one step, all outputs observed: the error after forcing is y*_t - C h_t - d = (I - C K)
//   e_t.
//        Held still and forced again it dies out iff the spectral radius of I - c C D is below 1,
//        that is for every eigenvalue mu of C D: Re mu > 0 and c < 2 Re mu / |mu|^2.
//
//        D                          eigenvalues of C D      contracts for
//        C+, rank C = P             1                       0 < c < 2; what remains is 1 - c
//        C'                         s_i^2                   0 < c < 2 / s_max^2
//        C+ at an angle a           cos a                   a < 90 degrees, c < 2 / cos a
//          turned into the kernel
//        C+ R, R a turn of the      exp(+- i a)             c < 2 cos a
//          outputs by a
//        random B                   anything                as its eigenvalues say; half of the
//                                                           draws at no gain for P = 1
//
//   (F3) between steps the dynamics run: the deviation delta from a trajectory that has these
//   outputs
//        obeys delta_t = (I - K C) J_t delta_{t-1}, to first order and for phi = identity exactly.
//        Where J = j I its visible part C delta contracts iff |j| |1 - c mu| < 1 for every mu.
//
// Laws: the spectral radius is at most the 2-norm, which bounds one step's worst error; both are
// equal where C D is normal: C+, C', misaligned. At the bound of the gain the radius is 1.

#include <error_forcing/matrix.hpp>

namespace error_forcing {

/// The largest modulus of an eigenvalue of a square matrix. Throws InvalidInput unless it is square
/// and finite.
double spectral_radius(const Matrix<double>& square);

struct ForcingStability {
  double radius = 0;  ///< of I - C K: an error's factor a step, in the long run
  double norm = 0;    ///< |I - C K|_2: the worst factor of one step
  /// The radius is at most 1 for gains up to this: 0 if C D has an eigenvalue with a negative real
  /// part, infinite if it has none but 0.
  double gain_bound = 0;
};

/// For K = gain D; C is P x N, D is N x P. Throws InvalidInput unless the shapes agree.
ForcingStability forcing_stability(const Matrix<double>& C, const Matrix<double>& D, double gain);

/// (I - K C) J, which (F3) applies to a deviation at every step.
Matrix<double> forced_jacobian(const Matrix<double>& C, const Matrix<double>& K,
                               const Matrix<double>& J);

}  // namespace error_forcing
