#include "command_line.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <error_forcing/errors.hpp>

namespace error_forcing::cli {

namespace {

std::string words(const CLI::Option& option) {
  const bool is_flag = option.get_expected_max() == 0;
  if (is_flag) return option.count() > 0 ? " " + option.get_name() : "";
  auto values = option.results();
  if (values.empty() && !option.get_default_str().empty()) values = {option.get_default_str()};
  std::string text;
  for (const auto& value : values) {
    const bool looks_like_an_option = value.starts_with('-');
    text += " " + option.get_name() + (looks_like_an_option ? "=" : " ") + shell_quoted(value);
  }
  return text;
}

}  // namespace

std::string shell_quoted(const std::string& word) {
  const std::string safe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=+:,%@";
  if (!word.empty() && word.find_first_not_of(safe) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char letter : word) quoted += letter == '\'' ? "'\\''" : std::string(1, letter);
  return quoted + "'";
}

std::string command_line(const CLI::App& subcommand) {
  std::string text =
      shell_quoted(program_invocation_name) + " " + shell_quoted(subcommand.get_name());
  for (const CLI::Option* option : subcommand.get_options())
    if (option != subcommand.get_help_ptr()) text += words(*option);
  return text;
}

std::string is_seed(const std::string& text) {
  std::uint64_t seed = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, seed);
  const bool whole = error == std::errc() && rest == end;
  return whole ? "" : fmt::format("want an integer from 0 to 2^64 - 1, got {}", text);
}

void keep_options_of(CLI::App& command, const std::string& choice, const std::string& chosen,
                     const std::vector<SharedOption>& options) {
  for (const auto& [name, owners] : options) {
    if (std::find(owners.begin(), owners.end(), chosen) != owners.end()) continue;
    auto* foreign = command.get_option(name);
    require(foreign->count() == 0, "{}: belongs to {} {}, not to {}; leave it out", name, choice,
            fmt::join(owners, ", "), chosen);
    foreign->default_str("");
  }
}

}  // namespace error_forcing::cli
