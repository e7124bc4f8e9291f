#include "case_reader.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

namespace error_forcing::cli {

namespace {

// Written before the crash, because nothing may be allocated in it.
std::string said;

extern "C" void report_damage(int) {
  [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, said.data(), said.size());
  std::_Exit(2);
}

// While it lives, a crash is the file's fault.
class BlameTheFile {
 public:
  explicit BlameTheFile(const std::string& file) {
    said = fmt::format("ef: {}: damaged, HDF5 crashes on it; restore it or write it anew\n", file);
    struct sigaction action {};
    action.sa_handler = report_damage;
    for (std::size_t i = 0; i < crashes.size(); ++i) ::sigaction(crashes[i], &action, &before_[i]);
  }
  ~BlameTheFile() {
    for (std::size_t i = 0; i < crashes.size(); ++i) ::sigaction(crashes[i], &before_[i], nullptr);
  }
  BlameTheFile(const BlameTheFile&) = delete;
  BlameTheFile& operator=(const BlameTheFile&) = delete;

 private:
  static constexpr std::array crashes{SIGSEGV, SIGBUS, SIGABRT};
  std::array<struct sigaction, crashes.size()> before_{};
};

}  // namespace

Case read_case_safely(const std::string& file, const std::string& group) {
  const BlameTheFile blame(file);
  return read_case(file, group);
}

}  // namespace error_forcing::cli
