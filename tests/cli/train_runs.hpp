#pragma once
// Runs of ef train that take milliseconds, in a folder of their own.

#include <error_forcing/archive.hpp>

#include <algorithm>

#include "program.hpp"

namespace error_forcing::testing {

class Train : public ::testing::Test {
 protected:
  // A task of 12 steps and a network of 6 units; options may replace any of it.
  Outcome train(const std::vector<std::string>& options, RunOptions how = {}) {
    std::vector<std::string> arguments{"train",   "--task", "xor",     "--delay", "3",
                                       "--pulse", "2",      "--units", "6"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    how.folder = folder_.path();
    return ef(arguments, how);
  }

  // The same of sine generation: 20 steps, of periods of 10 and more.
  Outcome train_sine(const std::vector<std::string>& options) {
    std::vector<std::string> arguments{"train", "--task",  "sine", "--difficulty", "-80", "--steps",
                                       "20",    "--units", "6"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return ef(arguments, {.folder = folder_.path()});
  }

  std::string file(const std::string& name) { return read_file(folder_ / name); }

  Index epochs_in(const std::string& run) {
    const std::string table = file(run + "/history.csv");
    return std::count(table.begin(), table.end(), '\n') - 1;
  }

  void expect_whole(const std::string& run) {
    const auto W = read_array(folder_ / run / "network.h5", "W");
    EXPECT_EQ(W.shape, (std::vector<Index>{6, 6}));
    for (const auto& [path, content] : contents(folder_ / run))
      EXPECT_EQ(path.find(".partial"), std::string::npos) << path;
  }

  ScratchFolder folder_;
};

}  // namespace error_forcing::testing
