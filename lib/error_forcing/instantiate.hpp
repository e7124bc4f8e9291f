#pragma once
// Bodies live in .cpp files and are instantiated there for the three scalars of the library, so
// that a user's build stays fast. Sources include this header; users never need to.

#include <error_forcing/quad.hpp>

#define ERROR_FORCING_FOR_EACH_SCALAR(instantiate) \
  instantiate(float) instantiate(double) instantiate(quad)
