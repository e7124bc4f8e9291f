#pragma once
// The command that is running: which options it may have, and how a shell runs it again.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace error_forcing::cli {

/// `word` as a shell reads it back: as it is if that is safe, else in single quotes.
std::string shell_quoted(const std::string& word);

/// The words of a line that was made of shell_quoted() ones. Throws InvalidInput for an open quote.
std::vector<std::string> shell_words(const std::string& line);

/// What an option was given, or its default; "" if neither. Several values are joined by the
/// option's delimiter. A flag: "true" or "".
std::string value_of(const CLI::Option& option);

/// Every option with its value, those left at their defaults too, but for some, by name.
std::string options_text(const CLI::App& subcommand, const std::vector<std::string>& without = {});

/// The program as it was called, the subcommand, and every option with its value, those left at
/// their defaults too, so that the command means the same to a later version.
std::string command_line(const CLI::App& subcommand);

/// A check of CLI11: empty for an integer from 0 to 2^64 - 1, else what is wrong. CLI11 itself
/// would wrap -1 and clip 2^64 to 2^64 - 1.
std::string is_seed(const std::string& text);

/// An option that means something for some choices only, e.g. for one task.
struct SharedOption {
  std::string name;
  std::vector<std::string> owners;
};

/// Refuses those that belong to choices other than `chosen` of the option `choice`, and leaves them
/// out of the command_line().
void keep_options_of(CLI::App& command, const std::string& choice, const std::string& chosen,
                     const std::vector<SharedOption>& options);

}  // namespace error_forcing::cli
