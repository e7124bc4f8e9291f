// ef train among the things around it: a terminal, a shell that runs the command again, signals.

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>
#include <error_forcing/archive.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "program.hpp"
#include "sanitized.hpp"

namespace error_forcing::testing {
namespace {

class TrainOutside : public ::testing::Test {
 protected:
  // In a child: a small run in the scratch folder, its words to the terminal or to nowhere.
  void become_training(const std::string& epochs, const std::string& out, bool to_terminal) {
    std::vector<std::string> words{"ef",      "train", "--delay",  "3",    "--pulse", "2",
                                   "--units", "6",     "--epochs", epochs, "--out",   out};
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    bool ready = ::chdir(folder_.path().c_str()) == 0;
    if (!to_terminal)
      ready = ready && std::freopen("/dev/null", "w", stdout) &&
              std::freopen((folder_ / "errors").c_str(), "w", stderr);
    if (ready) ::execv(EF_PROGRAM, argv.data());
    std::_Exit(127);
  }

  Index epochs_in(const std::string& run) const {
    const std::string table = read_file(folder_ / run / "history.csv");
    return std::count(table.begin(), table.end(), '\n') - 1;
  }

  // Starts an endless run, sends it the signal after its first epoch, and returns what it leaves.
  int status_after(int signal) {
    const pid_t child = ::fork();
    if (child == 0) become_training("100000000", "run", false);
    while (!fs::exists(folder_ / "run" / "history.csv") || epochs_in("run") < 1) ::usleep(1000);
    ::kill(child, signal);
    int state = 0;
    ::waitpid(child, &state, 0);
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
  }

  void expect_whole_checkpoint() const {
    EXPECT_GE(epochs_in("run"), 1);
    EXPECT_TRUE(read_file(folder_ / "run" / "history.csv").ends_with('\n'));
    EXPECT_EQ(read_array(folder_ / "run" / "network.h5", "W").values.size(), 36u);
  }

  ScratchFolder folder_;
};

TEST_F(TrainOutside, ATerminalGetsOneLineThatIsRewritten) {
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child < 0) GTEST_SKIP() << "no terminal can be made here: is /dev/pts mounted?";
  if (child == 0) become_training("3", "run", true);
  std::string shown(1 << 16, '\0');
  std::size_t length = 0;
  for (ssize_t got = 1; got > 0; length += static_cast<std::size_t>(std::max<ssize_t>(got, 0)))
    got = ::read(terminal, shown.data() + length, shown.size() - length);
  shown.resize(length);
  int state = 0;
  ::waitpid(child, &state, 0);
  ::close(terminal);
  EXPECT_EQ(WEXITSTATUS(state), 0);
  const std::string line = shown.substr(0, shown.find('\n'));
  for (const std::string epoch : {"\repoch 1/3 ", "\x1b[K\repoch 2/3 ", "\x1b[K\repoch 3/3 "})
    EXPECT_NE(line.find(epoch), std::string::npos) << shown;
}

TEST_F(TrainOutside, TheCommandInTheFolderRunsAgainAndGivesTheSameBits) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  const std::string out = "it's a $(run)";
  const std::vector<std::vector<std::string>> tasks{
      {"--delay", "3", "--pulse", "2"}, {"--task", "sine", "--difficulty", "-80", "--steps", "20"}};
  for (const auto& task : tasks) {
    std::vector<std::string> arguments{"train", "--units", "6",   "--epochs",   "2",    "--rule",
                                       "tf",    "--gain",  "0.3", "--ridge",    "0.01", "--seed",
                                       "7",     "--out",   out,   "--overwrite"};
    arguments.insert(arguments.end(), task.begin(), task.end());
    ASSERT_EQ(ef(arguments, {.folder = folder_.path()}).status, 0);
    const auto network = [&](const std::string& block) {
      return read_array(folder_ / out / "network.h5", block).values;
    };
    const auto W = network("W"), C = network("C");
    const std::string command = read_file(folder_ / out / "command.txt");
    fs::remove_all(folder_ / out);
    write_file(folder_ / "again.sh", command);
    const std::string path = fs::path(EF_PROGRAM).parent_path().string();
    const std::string shell = "cd '" + folder_.path().string() + "' && PATH='" + path +
                              "':$PATH sh again.sh >again.log 2>&1";
    ASSERT_EQ(std::system(shell.c_str()), 0) << command << read_file(folder_ / "again.log");
    EXPECT_EQ(network("W"), W);
    EXPECT_EQ(network("C"), C);
    EXPECT_EQ(read_file(folder_ / out / "command.txt"), command);
  }
}

TEST_F(TrainOutside, TheSignalToTerminateIsAnInterrupt) {
  EXPECT_EQ(status_after(SIGTERM), 130);
  EXPECT_TRUE(fs::exists(folder_ / "run" / "outcome.json"));
  expect_whole_checkpoint();
}

TEST_F(TrainOutside, KilledItLeavesAWholeCheckpointAndNoOutcome) {
  EXPECT_EQ(status_after(SIGKILL), 128 + SIGKILL);
  EXPECT_FALSE(fs::exists(folder_ / "run" / "outcome.json"));
  expect_whole_checkpoint();
}

}  // namespace
}  // namespace error_forcing::testing
