#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace error_forcing::cli {

std::string duration(double seconds) {
  if (seconds < 100) return fmt::format("{:.0f} s", seconds);
  if (seconds < 100 * 60) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

Progress::Progress(Index epochs) : epochs_(epochs), terminal_(::isatty(STDOUT_FILENO) == 1) {}

void Progress::show(const EpochRecord& record) {
  ++shown_;
  seconds_ += record.seconds;
  const double each = seconds_ / static_cast<double>(shown_);
  const auto left = static_cast<double>(epochs_ - record.epoch);
  fmt::print("{}epoch {:>{}}/{}  loss {:.4f}  validation {:.4f}  {:.3f} s/epoch  {} left{}",
             terminal_ ? "\r" : "", record.epoch, fmt::formatted_size("{}", epochs_), epochs_,
             record.loss, record.validation_loss, each, duration(each * left),
             terminal_ ? "\x1b[K" : "\n");
  std::fflush(stdout);
}

void Progress::finish() {
  if (terminal_ && shown_ > 0) fmt::print("\n");
}

}  // namespace error_forcing::cli
