// The program `ef`. Exit status: 0 done, 1 a claim failed or a run diverged, 2 bad input.

#include <fmt/format.h>

#include <error_forcing/errors.hpp>
#include <exception>

#include "subcommands.hpp"

namespace {

int fail(int status, const char* what) {
  fmt::print(stderr, "ef: {}\n", what);
  return status;
}

// `ef test` and `ef bench` are the launcher's: what they build is not installed.
void add_launcher_commands(CLI::App& program) {
  for (const std::string name : {"test", "bench"}) {
    auto* command = program.add_subcommand(name)->group("")->prefix_command();
    command->callback([name] {
      error_forcing::require(
          false, "{0} belongs to a source tree: run ./ef {0} in a clone of error_forcing", name);
    });
  }
}

// One line, as for every other refusal. What is unknown matters more than what is missing.
std::string usage_error(const CLI::App* program, const CLI::Error& error) {
  const auto unknown = program->remaining(true);
  const std::string what =
      unknown.empty() ? error.what() : fmt::format("unknown argument {}", unknown.front());
  return fmt::format("ef: {}; ef --help and ef COMMAND --help list what there is\n", what);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace error_forcing;
  CLI::App program{"Error Forcing in recurrent networks, written as approximate EM.", "ef"};
  program.set_version_flag("--version", std::string("ef ") + ERROR_FORCING_VERSION);
  program.require_subcommand(1);
  program.option_defaults()->always_capture_default();
  int status = 0;
  cli::add_verify(program, status);
  cli::add_gradient(program, status);
  cli::add_infer(program, status);
  cli::add_em(program, status);
  cli::add_report(program, status);
  cli::add_study(program, status);
  cli::add_sweep(program, status);
  cli::add_task(program, status);
  cli::add_train(program, status);
  add_launcher_commands(program);
  program.failure_message(usage_error);
  try {
    if (argc == 1) throw CLI::CallForHelp();
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : 2;
  } catch (const InvalidInput& error) {
    return fail(2, error.what());
  } catch (const Divergence& error) {
    return fail(1, error.what());
  } catch (const std::exception& error) {
    return fail(1, error.what());
  }
  return status;
}
