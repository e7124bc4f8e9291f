#pragma once
// Bodies live in .cpp files and are instantiated there for the three scalars of the library, so
// that a user's build stays fast. Sources include this header; users never need to.

#include <error_forcing/quad.hpp>

#ifdef ERROR_FORCING_WITHOUT_QUAD
#define ERROR_FORCING_FOR_QUAD(instantiate)
#else
#define ERROR_FORCING_FOR_QUAD(instantiate) instantiate(quad)
#endif

#define ERROR_FORCING_FOR_DOUBLE_AND_QUAD(instantiate) \
  instantiate(double) ERROR_FORCING_FOR_QUAD(instantiate)

#define ERROR_FORCING_FOR_EACH_SCALAR(instantiate) \
  instantiate(float) ERROR_FORCING_FOR_DOUBLE_AND_QUAD(instantiate)
