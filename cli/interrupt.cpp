#include "interrupt.hpp"

#include <unistd.h>

#include <csignal>

namespace error_forcing::cli {

namespace {

volatile std::sig_atomic_t flag = 0;
std::string_view answer;  // set before the handler is

extern "C" void remember_interrupt(int) {
  flag = 1;
  [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, answer.data(), answer.size());
}

}  // namespace

void catch_interrupts(std::string_view said) {
  answer = said;
  struct sigaction action {};
  action.sa_handler = remember_interrupt;
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return flag != 0; }

}  // namespace error_forcing::cli
