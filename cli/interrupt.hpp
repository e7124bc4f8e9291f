#pragma once
// Ctrl-C as a request: a long command finishes what it is at, keeps it, and stops.

#include <string_view>

namespace error_forcing::cli {

/// From here on the first SIGINT or SIGTERM sets a flag and says on stderr what becomes of it, a
/// text that lasts as long as the program, unless it is empty; the second one ends the program at
/// once.
void catch_interrupts(
    std::string_view said = "\nef: finishing the epoch; once more to stop at once\n");

/// Whether an interrupt has come.
bool interrupted();

/// The status to exit with, as shells report SIGINT.
inline constexpr int interrupted_status = 130;

}  // namespace error_forcing::cli
