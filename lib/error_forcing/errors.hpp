#pragma once
// How the library refuses bad input: one line that names the thing, the numbers and the remedy.

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace error_forcing {

/// Thrown at a public entrance when an argument is outside its stated range or shape.
/// The program `ef` prints what() and exits with status 2.
class InvalidInput : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// Thrown when a computation leaves the finite numbers. Carries where that began.
class Divergence : public std::runtime_error {
 public:
  Divergence(const std::string& what, long first_step, long first_trial)
      : std::runtime_error(what), step(first_step), trial(first_trial) {}
  long step;   ///< first step, counted from 1, with a value that is not finite
  long trial;  ///< first trial, counted from 0, that is not finite at that step
};

/// Throws InvalidInput with the formatted message unless `condition` holds.
template <typename... Arguments>
void require(bool condition, fmt::format_string<Arguments...> message, Arguments&&... arguments) {
  if (!condition) throw InvalidInput(fmt::format(message, std::forward<Arguments>(arguments)...));
}

}  // namespace error_forcing
