#pragma once
// The two numbers in which agreement is reported: the order of a limit and a relative distance.
//
// Laws: y = k x^p has fitted order p for every k != 0; a distance is 0 only between equal values,
// does not change when both sides are scaled, and is not finite as soon as either side is not, so
// that `distance <= tolerance` fails.

#include <error_forcing/history.hpp>
#include <error_forcing/parameters.hpp>
#include <vector>

namespace error_forcing {

/// The least-squares slope of log |y| against log x: p where |y| behaves as x^p. Throws
/// InvalidInput unless there are as many y as x, at least two distinct x, every x > 0 and every y
/// finite and not 0.
double fitted_order(const std::vector<double>& x, const std::vector<double>& y);

/// max |a - b| / max |b|; max |a - b| where b is zero; NaN if an entry of a or b is not finite.
/// Throws InvalidInput unless the shapes agree.
template <typename Scalar>
Scalar relative_distance(const Matrix<Scalar>& a, const Matrix<Scalar>& b);

/// The largest of the relative distances of the five blocks.
template <typename Scalar>
Scalar relative_distance(const Parameters<Scalar>& a, const Parameters<Scalar>& b);

/// The same over every trial, row and step of two histories.
template <typename Scalar>
Scalar relative_distance(const History<Scalar>& a, const History<Scalar>& b);

}  // namespace error_forcing
