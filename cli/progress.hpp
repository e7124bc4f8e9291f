#pragma once
// What `ef train` shows while it runs: one line that is rewritten on a terminal, a line an epoch
// in a pipe or a file.

#include <error_forcing/training.hpp>

namespace error_forcing::cli {

/// "18 s", "12 min", "3.4 h".
std::string duration(double seconds);

class Progress {
 public:
  explicit Progress(Index epochs);

  void show(const EpochRecord& record);
  /// Ends the rewritten line, if there is one.
  void finish();

 private:
  Index epochs_, shown_ = 0;
  double seconds_ = 0;
  bool terminal_;
};

}  // namespace error_forcing::cli
