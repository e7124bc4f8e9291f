#pragma once
// The command that is running, written so that a shell runs it again.

#include <CLI/CLI.hpp>
#include <string>

namespace error_forcing::cli {

/// `word` as a shell reads it back: as it is if that is safe, else in single quotes.
std::string shell_quoted(const std::string& word);

/// The program as it was called, the subcommand, and every option with its value, those left at
/// their defaults too, so that the command means the same to a later version.
std::string command_line(const CLI::App& subcommand);

}  // namespace error_forcing::cli
