#include "program.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace error_forcing::testing {

namespace {

// Writing more than that then fails, as on a full disk.
void limit_files(long bytes) {
  if (bytes < 0) return;
  std::signal(SIGXFSZ, SIG_IGN);
  const auto value = static_cast<rlim_t>(bytes);
  const rlimit both{value, value};
  ::setrlimit(RLIMIT_FSIZE, &both);
}

// In the child: never returns.
[[noreturn]] void become(const std::string& program, const std::vector<std::string>& words,
                         const RunOptions& options, const fs::path& output,
                         const fs::path& errors) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const bool ready =
      std::freopen("/dev/null", "r", stdin) && std::freopen(output.c_str(), "w", stdout) &&
      std::freopen(errors.c_str(), "w", stderr) && ::chdir(options.folder.c_str()) == 0;
  limit_files(options.largest_file);
  if (options.without_path) ::setenv("PATH", "/nonexistent", 1);
  if (ready) ::execvp(program.c_str(), argv.data());
  std::_Exit(127);
}

// The exit status of the child, interrupted once if asked to.
int await(pid_t child, std::function<bool()> interrupt_when, int signal) {
  int state = 0;
  while (interrupt_when && ::waitpid(child, &state, WNOHANG) == 0) {
    if (interrupt_when()) {
      ::kill(child, signal);
      interrupt_when = {};
    }
    ::usleep(1000);
  }
  ::waitpid(child, &state, 0);
  return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

Outcome run_program(const std::string& program, const std::vector<std::string>& words,
                    const RunOptions& options) {
  const ScratchFolder said;
  const auto child = ::fork();
  if (child == 0) become(program, words, options, said / "output", said / "errors");
  return {await(child, options.interrupt_when, options.interrupt_by), read_file(said / "output"),
          read_file(said / "errors")};
}

}  // namespace

Outcome ef(const std::vector<std::string>& arguments, const RunOptions& options) {
  std::vector<std::string> words{"ef"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_program(EF_PROGRAM, words, options);
}

Outcome run(const std::vector<std::string>& words, const RunOptions& options) {
  return run_program(words.front(), words, options);
}

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    found[entry.path().string()] = entry.is_regular_file() ? read_file(entry.path()) : "";
  return found;
}

void write_file(const fs::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary) << content;
}

std::string read_file(const fs::path& file) {
  std::ostringstream content;
  content << std::ifstream(file, std::ios::binary).rdbuf();
  return content.str();
}

void expect_refused(const Outcome& run, const std::vector<std::string>& mentions) {
  EXPECT_EQ(run.status, 2) << run.errors;
  EXPECT_EQ(run.output, "");
  EXPECT_EQ(std::count(run.errors.begin(), run.errors.end(), '\n'), 1) << run.errors;
  EXPECT_TRUE(run.errors.starts_with("ef: ") && run.errors.ends_with('\n')) << run.errors;
  for (const auto& mention : mentions)
    EXPECT_NE(run.errors.find(mention), std::string::npos) << "want " << mention << " in\n"
                                                           << run.errors;
}

}  // namespace error_forcing::testing
