#pragma once
// Ctrl-C as a request: a long command finishes what it is at, keeps it, and stops.

namespace error_forcing::cli {

/// From here on the first SIGINT or SIGTERM sets a flag and says so on stderr; the second one ends
/// the program at once.
void catch_interrupts();

/// Whether an interrupt has come.
bool interrupted();

/// The status to exit with, as shells report SIGINT.
inline constexpr int interrupted_status = 130;

}  // namespace error_forcing::cli
