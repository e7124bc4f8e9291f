#include "gnuplot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <error_forcing/errors.hpp>
#include <memory>

namespace error_forcing::cli {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using TemporaryFile = std::unique_ptr<std::FILE, CloseFile>;

// A nameless file, gone when it is closed.
TemporaryFile temporary_file(const std::string& content = "") {
  TemporaryFile file(std::tmpfile());
  require(file != nullptr, "{}: no temporary file can be made there; free some space", P_tmpdir);
  const bool written = std::fwrite(content.data(), 1, content.size(), file.get()) == content.size();
  require(written && std::fflush(file.get()) == 0, "{}: is full; free some space", P_tmpdir);
  std::rewind(file.get());
  return file;
}

std::string content_of(std::FILE* file) {
  std::string content;
  std::array<char, 4096> buffer;
  std::rewind(file);
  while (const auto count = std::fread(buffer.data(), 1, buffer.size(), file))
    content.append(buffer.data(), count);
  return content;
}

// The exit status of `gnuplot -d`, which skips the user's start-up file.
int spawn_gnuplot(std::FILE* in, std::FILE* out, std::FILE* err) {
  posix_spawn_file_actions_t streams;
  posix_spawn_file_actions_init(&streams);
  posix_spawn_file_actions_adddup2(&streams, fileno(in), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&streams, fileno(out), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&streams, fileno(err), STDERR_FILENO);
  std::string name = "gnuplot", defaults = "-d";
  char* const arguments[] = {name.data(), defaults.data(), nullptr};
  pid_t child = 0;
  const int failure = posix_spawnp(&child, name.c_str(), &streams, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&streams);
  require(failure == 0,
          "gnuplot: cannot be run ({}); it draws the pictures, install it: apt-get install "
          "gnuplot-nox",
          std::strerror(failure));
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

std::string first_line(const std::string& text) {
  const auto begin = text.find_first_not_of(" \n");
  return begin == std::string::npos ? "no message"
                                    : text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

std::string run_gnuplot(const std::string& script) {
  const auto in = temporary_file(script), out = temporary_file(), err = temporary_file();
  const int status = spawn_gnuplot(in.get(), out.get(), err.get());
  const std::string drawn = content_of(out.get()), complaint = content_of(err.get());
  if (status != 0 || drawn.empty())
    throw std::runtime_error("gnuplot: failed to draw: " + first_line(complaint));
  return drawn;
}

void require_gnuplot() { run_gnuplot("set terminal dumb\nplot 0\n"); }

std::string svg_head(double width, double height, int font_size) {
  return fmt::format(
      "set encoding utf8\nset minussign\n"
      "set terminal svg size {},{} enhanced font 'sans-serif,{}' background 'white'\n",
      width, height, font_size);
}

std::string data_block(const std::string& name, const std::vector<std::vector<double>>& rows) {
  std::string block = fmt::format("${} << END\n", name);
  for (const auto& row : rows) block += fmt::format("{:.8g}\n", fmt::join(row, " "));
  return block + "END\n";
}

}  // namespace error_forcing::cli
