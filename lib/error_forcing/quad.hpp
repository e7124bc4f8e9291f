#pragma once
// The quadruple-precision scalar of the certificates: 113 bits, about 34 decimal digits.
// Only code that computes in quad includes this header; it needs GNU extensions of the language.

#include <boost/multiprecision/eigen.hpp>
#include <boost/multiprecision/float128.hpp>

namespace error_forcing {

using quad = boost::multiprecision::float128;

}  // namespace error_forcing
