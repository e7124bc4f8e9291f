// ef train --resume: killed, interrupted, out of disk or out of epochs, a run goes on to the same
// bits. And what --resume refuses.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <error_forcing/archive.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "program.hpp"
#include "sanitized.hpp"

namespace error_forcing::testing {
namespace {

using Words = std::vector<std::string>;

// The columns of a history without that of the seconds, the fifth.
std::string without_seconds(const std::string& table) {
  std::istringstream lines(table);
  std::string result, line;
  while (std::getline(lines, line)) {
    std::size_t begin = 0;
    for (int column = 0; column < 4; ++column) begin = line.find(',', begin) + 1;
    result += line.substr(0, begin) + line.substr(std::min(line.find(',', begin), line.size()));
    result += '\n';
  }
  return result;
}

class Resume : public ::testing::Test {
 protected:
  // A task of 12 steps and a network of 6 units: a millisecond or two an epoch.
  static Words words_of(const Words& options, const std::string& out) {
    Words words{"train", "--task", "xor", "--delay", "3", "--pulse", "2", "--units", "6"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"--out", out});
    return words;
  }

  Outcome train(const Words& options, const std::string& out, RunOptions how = {}) {
    how.folder = folder_.path();
    return ef(words_of(options, out), how);
  }

  Outcome resume(const std::string& run, const Words& options = {}, RunOptions how = {}) {
    Words words{"train", "--resume", run};
    words.insert(words.end(), options.begin(), options.end());
    how.folder = folder_.path();
    return ef(words, how);
  }

  std::string file(const std::string& name) { return read_file(folder_ / name); }

  Index epochs_in(const std::string& run) {
    const std::string table = file(run + "/history.csv");
    return std::count(table.begin(), table.end(), '\n') - 1;
  }

  // Starts a run and kills it once its history has that many epochs.
  void kill_at(Words words, const std::string& run, Index epochs) {
    words.insert(words.begin(), "ef");
    const pid_t child = ::fork();
    if (child == 0) {
      std::vector<char*> argv;
      for (auto& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      const bool ready = ::chdir(folder_.path().c_str()) == 0 &&
                         std::freopen("/dev/null", "w", stdout) &&
                         std::freopen("/dev/null", "w", stderr);
      if (ready) ::execv(EF_PROGRAM, argv.data());
      std::_Exit(127);
    }
    int state = 0;
    while (epochs_in(run) < epochs) {
      if (::waitpid(child, &state, WNOHANG) != 0) FAIL() << "the run ended before it was killed";
      ::usleep(200);
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, &state, 0);
    ASSERT_TRUE(WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL);
  }

  // Weights and history of two runs, bit for bit, and how they ended.
  void expect_the_same(const std::string& a, const std::string& b) {
    for (const std::string block : {"W", "U", "b", "C", "d"})
      EXPECT_EQ(read_array(folder_ / a / "network.h5", block).values,
                read_array(folder_ / b / "network.h5", block).values)
          << block;
    EXPECT_EQ(without_seconds(file(a + "/history.csv")), without_seconds(file(b + "/history.csv")));
    EXPECT_EQ(file(a + "/outcome.json"), file(b + "/outcome.json"));
    for (const auto& [path, content] : contents(folder_ / b))
      EXPECT_EQ(path.find(".partial"), std::string::npos) << path;
  }

  // The epochs that a checkpoint holds.
  Index epochs_kept(const std::string& run) {
    return read_array(folder_ / run / "checkpoint.h5", "history").shape.at(0);
  }

  ScratchFolder folder_;
};

const std::vector<Words> kinds_of_runs{
    {"--rule", "ef", "--gain", "0.5"},
    {"--rule", "bptt", "--precision", "double", "--clip-norm", "0.1", "--rate-decay", "0.99"},
    {"--optimiser", "sgd", "--momentum", "0.9", "--rate", "0.02", "--rule", "rflo"},
    {"--optimiser", "sgd", "--precision", "double", "--rate", "0.02"},
    {"--rule", "ef-tuned", "--noise-step", "0.3"},
    {"--rule", "ef-tuned", "--precision", "double", "--optimiser", "sgd", "--momentum", "0.5"}};

TEST_F(Resume, KilledAgainAndAgainItEndsWithTheBitsOfARunThatWasLeftAlone) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  int count = 0;
  for (auto options : kinds_of_runs) {
    SCOPED_TRACE(options[1] + " " + options[3]);
    const std::string whole = "whole" + std::to_string(count), killed = whole + "-killed";
    const Index every = count++ % 2 == 0 ? 1 : 7;
    options.insert(options.end(), {"--epochs", "60", "--checkpoint-every", std::to_string(every)});
    ASSERT_EQ(train(options, whole).status, 0);
    kill_at(words_of(options, killed), killed, 3 + count);
    for (const Index moment : {19, 20, 41}) {
      EXPECT_FALSE(fs::exists(folder_ / killed / "outcome.json"));
      const Index seen = epochs_in(killed);
      EXPECT_GE(epochs_kept(killed), seen - every);
      if (seen < moment) kill_at({"train", "--resume", killed}, killed, moment);
    }
    const Outcome last = resume(killed);
    ASSERT_EQ(last.status, 0) << last.errors;
    EXPECT_EQ(last.output.find("epoch  1/60"), std::string::npos) << last.output;
    expect_the_same(whole, killed);
  }
}

TEST_F(Resume, InterruptedItLosesNothing) {
  const auto two_epochs_done = [&] { return epochs_in("run") >= 2; };
  const Words options{"--epochs", "3000", "--checkpoint-every", "1000000"};
  const Outcome first = train(options, "run", {.interrupt_when = two_epochs_done});
  ASSERT_EQ(first.status, 130) << first.errors;
  EXPECT_NE(first.errors.find("ef train --resume run goes on"), std::string::npos);
  const Index done = epochs_in("run");
  EXPECT_EQ(epochs_kept("run"), done);
  const auto one_more = [&] { return epochs_in("run") > done; };
  ASSERT_EQ(resume("run", {}, {.interrupt_when = one_more}).status, 130);
  const std::string epochs = std::to_string(epochs_in("run"));
  ASSERT_EQ(train({"--epochs", epochs}, "whole").status, 0);
  EXPECT_EQ(without_seconds(file("run/history.csv")), without_seconds(file("whole/history.csv")));
  EXPECT_EQ(read_array(folder_ / "run/network.h5", "W").values,
            read_array(folder_ / "whole/network.h5", "W").values);
}

TEST_F(Resume, AFinishedRunSaysSoAndMoreEpochsGoOn) {
  ASSERT_EQ(train({"--epochs", "4"}, "run").status, 0);
  const auto before = contents(folder_.path());
  const Outcome again = resume("run");
  EXPECT_EQ(again.status, 0) << again.errors;
  EXPECT_NE(again.output.find("run: finished after 4 epochs; there is nothing to resume"),
            std::string::npos)
      << again.output;
  EXPECT_EQ(resume("run", {"--epochs", "4"}).status, 0);
  EXPECT_TRUE(contents(folder_.path()) == before);
  ASSERT_EQ(resume("run", {"--epochs", "9"}).status, 0);
  ASSERT_EQ(train({"--epochs", "9"}, "whole").status, 0);
  expect_the_same("whole", "run");
  EXPECT_NE(file("run/command.txt").find(" --epochs 9 "), std::string::npos);
}

TEST_F(Resume, GoingOnOrReplacedItHasNotEndedAndIsRidOfWhatWasHalfWritten) {
  const fs::path half = folder_ / "run/network.h5.99.partial", end = folder_ / "run/outcome.json";
  ASSERT_EQ(train({"--epochs", "2"}, "run").status, 0);
  write_file(folder_ / "run/notes.txt", "mine");
  write_file(half, "half");
  kill_at({"train", "--resume", "run", "--epochs", "100000000"}, "run", 5);
  EXPECT_FALSE(fs::exists(half));
  EXPECT_FALSE(fs::exists(end));
  ASSERT_EQ(train({"--epochs", "2", "--overwrite"}, "run").status, 0);
  write_file(half, "half");
  kill_at(words_of({"--overwrite", "--epochs", "100000000", "--checkpoint-every", "1000"}, "run"),
          "run", 5);
  EXPECT_FALSE(fs::exists(half));
  EXPECT_FALSE(fs::exists(end));
  EXPECT_EQ(epochs_kept("run"), 0);
  EXPECT_EQ(file("run/notes.txt"), "mine");
}

TEST_F(Resume, TheTableHoldsEveryDigitOfTheCheckpoint) {
  ASSERT_EQ(train({"--epochs", "3"}, "run").status, 0);
  EXPECT_EQ(epochs_in("run"), 3);
  const auto kept = read_array(folder_ / "run/checkpoint.h5", "history");
  std::istringstream table(file("run/history.csv"));
  std::string line;
  std::getline(table, line);  // the names
  for (Index epoch = 0; std::getline(table, line); ++epoch) {
    std::istringstream cells(line);
    std::string cell;
    for (Index column = 0; column < 4; ++column) {
      std::getline(cells, cell, ',');
      const auto at = static_cast<std::size_t>(epoch * kept.shape.at(1) + column);
      EXPECT_EQ(std::stod(cell), kept.values.at(at)) << line;
    }
  }
}

TEST_F(Resume, TheFolderMayHaveMovedAndItsNameMayNeedQuotes) {
  ASSERT_EQ(train({"--epochs", "2"}, "it's a $(run)").status, 0);
  fs::rename(folder_ / "it's a $(run)", folder_ / "moved 'run'");
  const Outcome run = resume("moved 'run'", {"--epochs", "3"});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(epochs_in("moved 'run'"), 3);
  EXPECT_FALSE(fs::exists(folder_ / "it's a $(run)"));
  EXPECT_EQ(file("moved 'run'/command.txt").find("$(run)"), std::string::npos);
}

TEST_F(Resume, TheRowOfEpochsThatCountsMayBeginBefore) {
  const Words options{"--threshold", "1000,900", "--until-learned"};
  Words first = options;
  first.insert(first.end(), {"--epochs", "6"});
  ASSERT_EQ(train(first, "run").status, 0);
  ASSERT_EQ(resume("run", {"--epochs", "50"}).status, 0);
  EXPECT_EQ(epochs_in("run"), 10);
  Words through = options;
  through.insert(through.end(), {"--epochs", "50"});
  ASSERT_EQ(train(through, "whole").status, 0);
  expect_the_same("whole", "run");
  const Outcome again = resume("run", {"--epochs", "90"});
  EXPECT_EQ(again.status, 0);
  EXPECT_NE(again.output.find("learned after 10 epochs"), std::string::npos) << again.output;
}

TEST_F(Resume, ARunThatDivergedStaysFailed) {
  ASSERT_EQ(train({"--rate", "1e30", "--epochs", "5"}, "run").status, 1);
  const auto before = contents(folder_.path());
  const auto failure = nlohmann::json::parse(file("run/outcome.json")).at("failure");
  EXPECT_EQ(failure.at("epoch"), 1);
  EXPECT_EQ(failure.at("updates"), 1);
  const std::string step = failure.at("step").dump(), what = failure.at("what");
  EXPECT_GT(failure.at("step"), 1);
  EXPECT_NE(what.find("not finite from step " + step + " of trial"), std::string::npos) << what;
  for (const Words& options : {Words{}, Words{"--epochs", "50"}}) {
    const Outcome again = resume("run", options);
    EXPECT_EQ(again.status, 1) << again.output;
    EXPECT_NE(again.errors.find("failed in epoch 1"), std::string::npos) << again.errors;
    EXPECT_TRUE(contents(folder_.path()) == before);
  }
}

TEST_F(Resume, ADivergenceAfterwardsIsRecordedAsWithoutTheStop) {
  const Words options{"--rate", "1e18", "--optimiser", "sgd", "--epochs", "40"};
  ASSERT_EQ(train(options, "whole").status, 1);
  const Index good = nlohmann::json::parse(file("whole/outcome.json")).at("epochs");
  ASSERT_EQ(train(options, "run").status, 1);
  fs::remove(folder_ / "run" / "outcome.json");  // as if killed before it was written
  const Outcome again = resume("run");
  EXPECT_EQ(again.status, 1);
  EXPECT_EQ(epochs_in("run"), good);
  expect_the_same("whole", "run");
}

TEST_F(Resume, AFullDiskIsOneLineAndTheOldCheckpointSurvives) {
  SKIP_UNDER_SANITIZERS("it trains hundreds of epochs");
  ASSERT_EQ(train({"--epochs", "300"}, "whole").status, 0);
  ASSERT_EQ(train({"--epochs", "3"}, "run").status, 0);
  const auto length = static_cast<long>(file("run/checkpoint.h5").size());
  const auto fill_the_disk = [&](long largest) {
    const Outcome full = resume("run", {"--epochs", "300"}, {.largest_file = largest});
    EXPECT_EQ(full.status, 2) << full.errors;
    EXPECT_NE(full.errors.find("is the disk full?"), std::string::npos) << full.errors;
    EXPECT_EQ(std::count(full.errors.begin(), full.errors.end(), '\n'), 1) << full.errors;
  };
  const std::string before = file("run/checkpoint.h5");
  for (const long largest : {2000L, length - 1}) {
    fill_the_disk(largest);
    EXPECT_TRUE(file("run/checkpoint.h5") == before) << largest;
  }
  fill_the_disk(length + 3000);  // half-way: the history outgrows it
  EXPECT_GT(epochs_kept("run"), 3);
  EXPECT_LT(epochs_kept("run"), 300);
  const Outcome rest = resume("run", {"--epochs", "300"});
  ASSERT_EQ(rest.status, 0) << rest.errors;
  expect_the_same("whole", "run");
}

TEST_F(Resume, WhatContradictsIsRefusedByName) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  ASSERT_EQ(train({"--epochs", "3", "--rate", "1e-3"}, "run").status, 0);
  const auto before = contents(folder_.path());
  const auto refuse = [&](const Words& options, const Words& mentions) {
    expect_refused(resume("run", options), mentions);
  };
  refuse({"--rate", "0.01"}, {"--rate: the run in run has 1e-3, not 0.01; leave it out"});
  refuse({"--seed", "2"}, {"--seed", "has 1, not 2"});
  refuse({"--optimiser", "sgd"}, {"--optimiser", "has adam, not sgd"});
  refuse({"--train", "W,b"}, {"--train", "has W,b,C,d, not W,b"});
  refuse({"--threshold", "0.2"}, {"--threshold", "has 0.1,0.01, not 0.2"});
  refuse({"--threshold", "0.1"}, {"--threshold", "has 0.1,0.01, not 0.1"});
  refuse({"--clip-norm", "1"}, {"--clip-norm", "has none, not 1"});
  refuse({"--until-learned"}, {"--until-learned", "has none, not true"});
  refuse({"--checkpoint-every", "3"}, {"--checkpoint-every", "has 10, not 3"});
  refuse({"--epochs", "2"}, {"--epochs", "has 3", "not lowered to 2"});
  refuse({"--out", "run"}, {"--out: not with --resume"});
  refuse({"--overwrite"}, {"--overwrite: not with --resume"});
  EXPECT_TRUE(contents(folder_.path()) == before);
  // the same again is none
  EXPECT_EQ(resume("run", {"--rate", "0.001", "--seed", "1", "--train", "W,b,C,d"}).status, 0);
}

TEST_F(Resume, AFolderWithoutARunOrWithADamagedOneIsRefusedByName) {
  expect_refused(resume("nowhere"), {"nowhere/command.txt", "--resume"});
  fs::create_directory(folder_ / "empty");
  expect_refused(resume("empty"), {"empty/command.txt", "--resume"});
  expect_refused(resume(""), {"--resume"});

  ASSERT_EQ(train({"--epochs", "3"}, "run").status, 0);
  const std::string command = file("run/command.txt"), checkpoint = file("run/checkpoint.h5");
  const auto refuse = [&](const std::string& name, const std::string& content,
                          const Words& mentions) {
    const std::string before = file("run/" + name);
    write_file(folder_ / "run" / name, content);
    const auto as_it_is = contents(folder_.path());
    expect_refused(resume("run", {"--epochs", "5"}), mentions);
    EXPECT_TRUE(contents(folder_.path()) == as_it_is);
    write_file(folder_ / "run" / name, before);
  };
  auto damaged = checkpoint;
  damaged[damaged.size() / 3] ^= 4;
  refuse("checkpoint.h5", damaged, {"run/checkpoint.h5", "damaged"});
  refuse("checkpoint.h5", checkpoint.substr(0, 999), {"run/checkpoint.h5", "cut short"});
  refuse("checkpoint.h5", file("run/network.h5"), {"run/checkpoint.h5", "not written by ef"});
  refuse("command.txt", "ls -l\n", {"run/command.txt", "no command of ef train"});
  refuse("command.txt", "ef gradient run/network.h5\n",
         {"run/command.txt", "no command of ef train"});
  refuse("command.txt", "ef\n", {"run/command.txt", "no command of ef train"});
  refuse("command.txt", "ef train --magic 3\n", {"run/command.txt", "this version"});
  refuse("command.txt", "ef train 'half\n", {"quote"});
  refuse("outcome.json", "{\"outcome\": \"odd\"}", {"run/outcome.json", "remove it"});
  refuse("outcome.json", "{", {"run/outcome.json", "remove it"});

  ASSERT_EQ(train({"--epochs", "3", "--seed", "2"}, "other").status, 0);
  refuse("checkpoint.h5", file("other/checkpoint.h5"),
         {"run/checkpoint.h5", "another run", "--seed 2", "--seed 1"});
  fs::remove(folder_ / "run" / "checkpoint.h5");
  expect_refused(resume("run"), {"run: holds no checkpoint.h5", "--overwrite"});
}

// The system lets go of the folder of a program that was killed, and of no other.
TEST_F(Resume, TwoProgramsDoNotWriteToOneFolder) {
  Outcome second;
  const auto try_meanwhile = [&] {
    if (epochs_in("run") < 1) return false;
    second = resume("run");
    return true;
  };
  ASSERT_EQ(train({"--epochs", "100000000"}, "run", {.interrupt_when = try_meanwhile}).status, 130);
  expect_refused(second, {"run: another ef is at work in it"});
}

}  // namespace
}  // namespace error_forcing::testing
