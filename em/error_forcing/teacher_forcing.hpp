#pragma once
// Teacher forcing and its generalised form: the state is drawn to one fixed target.
//
//   (E2) h_t = (1-c) u_t + c C+ (y*_t - d)   at steps with an observed output; an unobserved
//        output keeps its prediction y_t in place of y*_t
//
// c = 1 is teacher forcing. Hess et al. 2023 (generalised); Williams & Zipser 1989, Doya 1992.
//
// Laws: at rho = 0, rank C = P, the displacement moves the prediction to y_t + c e_t as error
// forcing does, and -c (I - C+C) u_t further along the zero-error manifold (G4); c = 1 puts the
// state at the point of the manifold nearest the origin (G3).

#include <error_forcing/feedback.hpp>

namespace error_forcing {

/// The released PyTorch code inverts readouts with this ridge.
inline constexpr double released_ridge = 1e-7;

template <typename Scalar>
struct TeacherForcing {
  Scalar gain = Scalar(1);   ///< c, in [0, 1]
  Scalar ridge = Scalar(0);  ///< rho of C+, >= 0
  /// The released code's target is C+ y*, without d, at every step where output 0 is observed.
  bool as_released = false;
};

/// Throws InvalidInput for a gain outside [0, 1] or a ridge below 0.
template <typename Scalar>
Feedback<Scalar> feedback(const TeacherForcing<Scalar>& e_step, const Network<Scalar>& network);

}  // namespace error_forcing
