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
  const std::string value = value_of(option);
  if (value.empty()) return "";
  const bool is_flag = option.get_expected_max() == 0;
  if (is_flag) return " " + option.get_name();
  const bool looks_like_an_option = value.starts_with('-');
  return " " + option.get_name() + (looks_like_an_option ? "=" : " ") + shell_quoted(value);
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

std::string is_seed(const std::string& text) {
  std::uint64_t seed = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, seed);
  const bool whole = error == std::errc() && rest == end;
  return whole ? "" : fmt::format("want an integer from 0 to 2^64 - 1, got {}", text);
}

std::vector<std::string> shell_words(const std::string& line) {
  std::vector<std::string> words;
  bool inside = false, quoted = false;  // a word, a quote
  for (std::size_t k = 0; k < line.size(); ++k) {
    const bool blank = !quoted && (line[k] == ' ' || line[k] == '\n');
    if (!blank && !inside) words.emplace_back();
    inside = !blank;
    if (line[k] == '\'')
      quoted = !quoted;
    else if (!quoted && line[k] == '\\' && k + 1 < line.size())
      words.back() += line[++k];
    else if (!blank)
      words.back() += line[k];
  }
  require(!quoted, "a quote is left open: {}", line);
  return words;
}

std::string value_of(const CLI::Option& option) {
  if (option.get_expected_max() == 0) return option.count() > 0 ? "true" : "";
  if (option.count() == 0) return option.get_default_str();
  return fmt::format("{}", fmt::join(option.results(), std::string(1, option.get_delimiter())));
}

std::string options_text(const CLI::App& subcommand, const std::vector<std::string>& without) {
  std::string text;
  for (const CLI::Option* option : subcommand.get_options()) {
    const bool left_out =
        std::find(without.begin(), without.end(), option->get_name()) != without.end();
    if (option != subcommand.get_help_ptr() && !left_out) text += words(*option);
  }
  return text;
}

std::string command_line(const CLI::App& subcommand) {
  return shell_quoted(program_invocation_name) + " " + shell_quoted(subcommand.get_name()) +
         options_text(subcommand);
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
