#pragma once
// Finite differences of an objective in each weight: the oracle against which hand-derived
// gradients are certified, with an estimate of its own error.
//
// Each derivative is Boost.Math's central difference of order 6. Its step is h = (eps/168)^(1/7),
// 2.8e-3 in double and 7.3e-6 in quad, divided by 8 for as long as that lowers the estimated error
//
//   |h^6 f^(7)| / 140 + 5 (|f(x+h)| + |f(x-h)|) eps / h + |x f'| eps / h
//
// The first term is the leading term of the truncation, itself measured by differences; the second
// covers an objective computed to about 5 eps of its size, the third the rounding of x + h. So the
// estimate is honest, within a factor that compare() takes as 2, for an objective smooth over
// x +- 4h and computed without heavy cancellation. It is no bound where the first term is not the
// leading one, as at the kink of relu; there it does not confirm a derivative, right or wrong.
//
// Laws: exact but for rounding on polynomials of degree 6; the error falls as eps^(6/7) from double
// to quad; a planted error that exceeds what is allowed for its entry is found and named.

#include <error_forcing/parameters.hpp>
#include <functional>
#include <string>
#include <type_traits>

namespace error_forcing {

/// The estimated derivatives at a point and the estimated size of their errors, both of its shape.
template <typename Point>
struct DerivativeEstimate {
  Point value;
  Point error;
};

template <typename Scalar>
using FiniteDifference = DerivativeEstimate<Parameters<Scalar>>;

/// A function of a point; spelled so that a lambda is accepted and Scalar follows from the point.
template <typename Point, typename Scalar>
using ObjectiveOf = std::type_identity_t<std::function<Scalar(const Point&)>>;

/// Costs 8 evaluations of the objective for each weight, as many again for each time that its step
/// is shortened, and one more. Scalar is double or quad: in float the step is too coarse for a
/// certificate.
template <typename Scalar>
FiniteDifference<Scalar> finite_difference(const ObjectiveOf<Parameters<Scalar>, Scalar>& objective,
                                           const Parameters<Scalar>& at);

/// The same in every entry of one matrix, such as a feedback gain.
template <typename Scalar>
DerivativeEstimate<Matrix<Scalar>> finite_difference(
    const ObjectiveOf<Matrix<Scalar>, Scalar>& objective, const Matrix<Scalar>& at);

/// How far a claimed gradient is from its estimate. The entry named is the worst: the one with the
/// largest share |claimed - estimated| / allowed.
template <typename Scalar>
struct Disagreement {
  std::string block;    ///< which of the weights, e.g. "W"
  Index row = 0;        ///< from 0
  Index column = 0;     ///< from 0
  Scalar claimed{};     ///< at this entry
  Scalar estimated{};   ///< at this entry
  Scalar allowed{};     ///< 2 * error estimate + tolerance * largest entry of the block
  Scalar share{};       ///< |claimed - estimated| / allowed at this entry; NaN counts as worst
  Scalar relative{};    ///< over all blocks, max |claimed - estimated| / largest entry
  Scalar resolution{};  ///< over all blocks, max error estimate / largest entry

  /// True where every entry is within what is allowed and the estimate is fine enough to judge.
  bool agrees() const;
};

/// An estimate coarser than this share of a block's largest entry judges nothing: by measurement it
/// is then no longer within a factor of 2 of its error.
inline constexpr double coarsest_resolution = 1e-6;

/// Judges a claim entry by entry: |claimed - estimated| <= 2 error + tolerance * largest entry of
/// the block in the estimate. A block claimed to be exactly 0 gets no tolerance beside the error,
/// and its errors are reported relative to the largest entry of all blocks. A NaN anywhere
/// disagrees, and so does a claim without entries. Throws InvalidInput unless the shapes agree.
template <typename Scalar>
Disagreement<Scalar> compare(const Parameters<Scalar>& claimed,
                             const FiniteDifference<Scalar>& estimate, Scalar tolerance);

template <typename Scalar>
Disagreement<Scalar> compare(const Matrix<Scalar>& claimed,
                             const DerivativeEstimate<Matrix<Scalar>>& estimate, Scalar tolerance,
                             std::string name = "matrix");

/// One line: the worst entry, what was claimed, estimated and allowed.
template <typename Scalar>
std::string describe(const Disagreement<Scalar>& disagreement);

}  // namespace error_forcing
