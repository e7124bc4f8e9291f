#pragma once
// The quadruple-precision scalar of the certificates: 113 bits, about 34 decimal digits.
// Only code that computes in quad includes this header; it needs GNU extensions of the language.
//
// A build configured with ERROR_FORCING_QUAD=OFF has the name alone: enough to ask whether a scalar
// is quad, not to compute in it.

#ifdef ERROR_FORCING_WITHOUT_QUAD

namespace error_forcing {

struct quad;

}  // namespace error_forcing

#else

#include <boost/multiprecision/eigen.hpp>
#include <boost/multiprecision/float128.hpp>

namespace error_forcing {

using quad = boost::multiprecision::float128;

}  // namespace error_forcing

#endif
