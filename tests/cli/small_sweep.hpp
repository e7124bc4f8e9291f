#pragma once
// A sweep that takes less than a second, and what is compared of its folder.

#include <algorithm>

#include "program.hpp"

namespace error_forcing::testing {

// 12 runs of 12 steps and 6 units, each of some milliseconds.
inline const std::string small_plan = R"(
units = 6
training_trials = 9
validation_trials = 5
test_trials = 8
epochs = 3
batch = 4
seeds = 2
[[grid]]
task = "xor"
difficulty = [3, 4]
pulse = 2
rule = ["bptt", "rflo"]
[[grid]]
task = "xor"
difficulty = 3
pulse = 2
rule = "ef"
gain = [0.05, 1]
)";

// The same with runs that take longer, for signals to come in between.
inline const std::string slow_plan =
    "seeds = [1, 2, 3, 4, 5, 6, 7, 8]\nepochs = 40\nunits = 20\n"
    "[[grid]]\ntask = \"xor\"\ndifficulty = 20\nrule = \"bptt\"\n";

class SweepTest : public ::testing::Test {
 protected:
  SweepTest() {
    write_file(folder_ / "plan.toml", small_plan);
    write_file(folder_ / "slow.toml", slow_plan);
  }

  Outcome sweep(const std::vector<std::string>& options, RunOptions how = {}) {
    std::vector<std::string> arguments{"sweep"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    how.folder = folder_.path();
    return ef(arguments, how);
  }

  Outcome small_sweep(const std::string& out, const std::vector<std::string>& options = {}) {
    std::vector<std::string> arguments{"plan.toml", "--out", out};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Outcome done = sweep(arguments);
    EXPECT_EQ(done.status, 0) << done.errors;
    return done;
  }

  // Everything but the seconds, by its name within the folder.
  std::map<std::string, std::string> results(const std::string& out) {
    std::map<std::string, std::string> found;
    for (const auto& [path, content] : contents(folder_ / out)) {
      const std::string name = fs::relative(path, folder_ / out);
      if (!name.starts_with("seconds")) found[name] = content;
    }
    return found;
  }

  std::vector<fs::path> result_files(const std::string& out) {
    std::vector<fs::path> files;
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(folder_ / out / "runs", absent))
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
  }

  // Which file and when it was written: changes if it is written again.
  std::map<std::string, fs::file_time_type> times(const std::string& out) {
    std::map<std::string, fs::file_time_type> found;
    for (const auto& [path, content] : contents(folder_ / out))
      found[path] = fs::last_write_time(path);
    return found;
  }

  ScratchFolder folder_;
};

}  // namespace error_forcing::testing
