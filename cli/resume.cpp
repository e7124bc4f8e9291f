#include "resume.hpp"

#include <charconv>
#include <error_forcing/errors.hpp>
#include <fstream>

#include "command_line.hpp"

namespace error_forcing::cli {

namespace {

TrainRun adopted(CLI::App& command, TrainOptions options) {
  adopt_train_options(command, options);
  std::string numbers =
      options_text(command, {"--epochs", "--out", "--overwrite", "--checkpoint-every", "--resume"});
  return {std::move(options), command_line(command), std::move(numbers)};
}

// The words of DIR's command, without program and subcommand.
std::vector<std::string> kept_words(const std::string& folder) {
  const std::string file = folder + "/command.txt";
  std::ifstream stream(file);
  std::string line;
  require(static_cast<bool>(std::getline(stream, line)),
          "{}: cannot be read; --resume wants the folder of a run of ef train", file);
  auto words = shell_words(line);
  require(words.size() > 2 && words[1] == "train", "{}: is no command of ef train", file);
  words.erase(words.begin(), words.begin() + 2);
  return words;
}

// CLI11 wants them back to front.
void parse_kept(CLI::App& kept, const std::string& folder) {
  auto words = kept_words(folder);
  try {
    kept.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    throw InvalidInput(fmt::format("{}/command.txt: is no command of this version of ef: {}",
                                   folder, error.what()));
  }
}

bool means_the_same(const std::string& a, const std::string& b) {
  const auto number = [](const std::string& text, double& value) {
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && rest == text.data() + text.size();
  };
  double first = 0, second = 0;
  return a == b || (number(a, first) && number(b, second) && first == second);
}

void require_no_contradiction(const CLI::App& command, const CLI::App& kept,
                              const std::string& folder) {
  for (const std::string name : {"--out", "--overwrite"})
    require(command.count(name) == 0, "{}: not with --resume, which goes on in {}; leave it out",
            name, folder);
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_name();
    if (option->count() == 0 || name == "--resume" || name == "--epochs") continue;
    const std::string given = value_of(*option), has = value_of(*kept.get_option(name));
    require(means_the_same(given, has), "{}: the run in {} has {}, not {}; leave it out", name,
            folder, has.empty() ? "none" : has, given);
  }
}

void replace(CLI::App& kept, const std::string& name, const std::string& value) {
  auto* option = kept.get_option(name);
  option->clear();
  option->add_result(value);
}

void raise_epochs(CLI::App& kept, TrainOptions& options, Index epochs) {
  require(epochs >= options.training.epochs,
          "--epochs: the run in {} has {}, which may be raised, not lowered to {}", options.resume,
          options.training.epochs, epochs);
  options.training.epochs = epochs;
  replace(kept, "--epochs", fmt::format("{}", epochs));
}

}  // namespace

TrainRun run_of(CLI::App& command, TrainOptions options) {
  if (command.count("--resume") == 0) return adopted(command, std::move(options));
  const std::string folder = options.resume;
  CLI::App kept("", command.get_name());
  kept.option_defaults()->always_capture_default();
  TrainOptions own;
  add_train_options(kept, own);
  parse_kept(kept, folder);
  require_no_contradiction(command, kept, folder);
  own.resume = own.out = folder;
  replace(kept, "--out", folder);
  if (command.count("--epochs") > 0) raise_epochs(kept, own, options.training.epochs);
  TrainRun run = adopted(kept, own);
  run.resumed = true;
  return run;
}

}  // namespace error_forcing::cli
