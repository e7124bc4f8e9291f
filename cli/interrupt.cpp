#include "interrupt.hpp"

#include <unistd.h>

#include <csignal>
#include <string_view>

namespace error_forcing::cli {

namespace {

volatile std::sig_atomic_t flag = 0;

extern "C" void remember_interrupt(int) {
  constexpr std::string_view said = "\nef: finishing the epoch; once more to stop at once\n";
  flag = 1;
  [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, said.data(), said.size());
}

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = remember_interrupt;
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return flag != 0; }

}  // namespace error_forcing::cli
