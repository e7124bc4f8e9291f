// ef train: the folder of a run, whatever happens to the run.

#include <algorithm>
#include <error_forcing/archive.hpp>
#include <nlohmann/json.hpp>
#include <regex>

#include "program.hpp"

namespace error_forcing::testing {
namespace {

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

// The history without the column of seconds.
std::string without_times(const std::string& table) {
  return std::regex_replace(table, std::regex(",[^,\n]*\n"), "\n");
}

TEST_F(Train, KeepsNetworkHistoryAndCommand) {
  for (const std::string rule :
       {"bptt", "tf", "gtf", "ef", "rflo", "ef-rflo", "snap1", "ef-snap1", "rtrl"}) {
    const Outcome run = train({"--rule", rule, "--gain", "0.5", "--epochs", "2", "--out", rule});
    ASSERT_EQ(run.status, 0) << run.errors;
    EXPECT_EQ(run.errors, "");
    EXPECT_EQ(epochs_in(rule), 2);
    expect_whole(rule);
    EXPECT_NE(file(rule + "/command.txt").find("--rule " + rule), std::string::npos);
    EXPECT_EQ(nlohmann::json::parse(file(rule + "/outcome.json")).at("epochs"), 2);
  }
}

// The kept command names the angle and the seed; the warnings, the readout.
TEST_F(Train, ForcesAlongOtherDirectionsAndWarnsWhereErrorsGrow) {
  const Outcome run = train({"--rule", "ef-rflo", "--gain", "0.5", "--forcing-feedback",
                             "misaligned", "--epochs", "1", "--out", "turned"});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(run.errors, "");
  const std::string command = file("turned/command.txt");
  for (const std::string part :
       {" --forcing-feedback misaligned ", " --forcing-angle 45 ", " --forcing-seed 1 "})
    EXPECT_NE(command.find(part), std::string::npos) << command;
  const Outcome growing =
      train({"--rule", "ef", "--gain", "0.5", "--forcing-feedback", "misaligned", "--forcing-angle",
             "120", "--epochs", "1", "--out", "growing"});
  ASSERT_EQ(growing.status, 0) << growing.errors;
  for (const std::string part : {"errors of the initial readout grow", "by a factor of 1.25 a step",
                                 "errors of the final readout grow", "at every gain"})
    EXPECT_NE(growing.errors.find(part), std::string::npos) << growing.errors;
  expect_refused(train({"--out", "run", "--rule", "bptt", "--forcing-feedback", "random"}),
                 {"--forcing-feedback", "ef, ef-rflo, ef-snap1", "bptt"});
}

TEST_F(Train, LearnsSineGenerationToo) {
  for (const std::string rule : {"bptt", "tf", "gtf", "ef"}) {
    const Outcome run =
        train_sine({"--rule", rule, "--gain", "0.2", "--epochs", "2", "--out", rule});
    ASSERT_EQ(run.status, 0) << run.errors;
    EXPECT_EQ(run.errors, "");
    EXPECT_EQ(epochs_in(rule), 2);
    expect_whole(rule);
    EXPECT_EQ(read_array(folder_ / rule / "network.h5", "U").shape, (std::vector<Index>{6, 1}));
    EXPECT_EQ(read_array(folder_ / rule / "network.h5", "C").shape, (std::vector<Index>{2, 6}));
  }
}

TEST_F(Train, LearnsEveryOtherTaskTooAndTheCommandSpellsItOut) {
  const std::vector<std::pair<std::string, std::string>> tasks{
      {"evidence", "--delay 100"},
      {"flip-flop", "--difficulty 50 --steps 200 --bits 3"},
      {"context", "--delay 10 --noise 0.5"},
      {"match", "--delay 50 --stimuli 4"},
      {"limit-cycle", "--difficulty 50 --steps 200"},
      {"lorenz", "--difficulty 10 --steps 200"}};
  for (const auto& [task, options] : tasks) {
    SCOPED_TRACE(task);
    const Outcome run =
        ef({"train", "--task", task, "--units", "6", "--epochs", "1", "--out", task},
           {.folder = folder_.path()});
    ASSERT_EQ(run.status, 0) << run.errors;
    expect_whole(task);
    const std::string command = file(task + "/command.txt");
    EXPECT_NE(command.find(" --task " + task + " " + options + " --units 6 "), std::string::npos)
        << command;
  }
}

TEST_F(Train, TunesTheGainAndKeepsTheNoise) {
  const Outcome run = train({"--rule", "ef-tuned", "--sigma-h", "2", "--sigma-y", "0.5",
                             "--noise-step", "0.5", "--epochs", "2", "--out", "run"});
  ASSERT_EQ(run.status, 0) << run.errors;
  expect_whole("run");
  const std::string table = file("run/history.csv"), number = "([0-9.e-]+)";
  EXPECT_TRUE(
      table.starts_with("epoch,loss,objective,validation_loss,seconds,gain,sigma_h,sigma_y\n"));
  std::smatch last;
  ASSERT_TRUE(std::regex_search(
      table, last, std::regex("\n2,.*," + number + "," + number + "," + number + "\n$")))
      << table;
  EXPECT_GT(std::stod(last[1]), 0);
  EXPECT_LT(std::stod(last[1]), 1);
  const double sigma_h = std::stod(last[2]), sigma_y = std::stod(last[3]);
  EXPECT_NE(sigma_y, 0.5);
  const auto Q = read_array(folder_ / "run/network.h5", "Q");
  EXPECT_EQ(Q.shape, (std::vector<Index>{6, 6}));
  EXPECT_DOUBLE_EQ(Q.values[0], sigma_h * sigma_h);
  EXPECT_DOUBLE_EQ(read_array(folder_ / "run/network.h5", "R").values[0], sigma_y * sigma_y);
  const std::string command = file("run/command.txt");
  EXPECT_NE(command.find(" --rule ef-tuned "), std::string::npos) << command;
  EXPECT_NE(command.find(" --noise-step 0.5 "), std::string::npos) << command;
  EXPECT_EQ(command.find("--gain"), std::string::npos) << command;
}

TEST_F(Train, AFixedGainKeepsNoNoise) {
  ASSERT_EQ(train({"--epochs", "1", "--out", "run"}).status, 0);
  EXPECT_EQ(file("run/history.csv").find("sigma"), std::string::npos);
  EXPECT_EQ(file("run/command.txt").find("sigma"), std::string::npos);
}

TEST_F(Train, TheCommandKeepsTheOptionsOfItsTaskAndThePapersThreshold) {
  const auto keeps = [&](const std::string& run, const std::string& part) {
    EXPECT_NE(file(run + "/command.txt").find(part), std::string::npos)
        << file(run + "/command.txt");
  };
  ASSERT_EQ(train({"--epochs", "1", "--out", "xor"}).status, 0);
  keeps("xor", " --task xor --delay 3 --pulse 2 --units 6 ");
  keeps("xor", " --threshold 0.1 ");
  const Outcome sine = train_sine({"--epochs", "1", "--out", "sine"});
  ASSERT_EQ(sine.status, 0) << sine.errors;
  keeps("sine", " --task sine --difficulty=-80 --steps 20 --units 6 ");
  keeps("sine", " --threshold 0.01 ");
  EXPECT_NE(sine.output.find("below 0.01\n"), std::string::npos) << sine.output;
}

TEST_F(Train, AThresholdThatIsGivenWins) {
  for (const std::string task : {"xor", "sine"}) {
    const std::vector<std::string> options{"--threshold", "0.5", "--epochs", "1", "--out", task};
    const Outcome run = task == "xor" ? train(options) : train_sine(options);
    EXPECT_NE(run.output.find("below 0.5\n"), std::string::npos) << run.output << run.errors;
    EXPECT_NE(file(task + "/command.txt").find(" --threshold 0.5 "), std::string::npos);
  }
}

TEST_F(Train, APipeGetsPlainLines) {
  const Outcome run = train({"--epochs", "3", "--out", "run"});
  EXPECT_EQ(run.output.find('\r'), std::string::npos);
  for (const std::string epoch : {"epoch 1/3", "epoch 2/3", "epoch 3/3"})
    EXPECT_TRUE(std::regex_search(run.output, std::regex(epoch + ".*loss.*validation.*left\n")))
        << run.output;
}

TEST_F(Train, TheSameSeedGivesTheSameBits) {
  for (const std::string precision : {"float", "double"}) {
    const auto run = [&](const std::string& seed, const std::string& name) {
      const Outcome done = train(
          {"--epochs", "2", "--seed", seed, "--precision", precision, "--out", precision + name});
      EXPECT_EQ(done.status, 0) << done.errors;
      return read_array(folder_ / (precision + name) / "network.h5", "W").values;
    };
    const auto first = run("5", "a");
    EXPECT_EQ(run("5", "b"), first);
    EXPECT_EQ(without_times(file(precision + "a/history.csv")),
              without_times(file(precision + "b/history.csv")));
    EXPECT_NE(run("6", "c"), first);
  }
}

TEST_F(Train, InterruptedItLeavesAUsableCheckpoint) {
  const auto some_epochs_done = [&] { return epochs_in("run") >= 2; };
  const Outcome run =
      train({"--epochs", "100000000", "--out", "run"}, {.interrupt_when = some_epochs_done});
  EXPECT_EQ(run.status, 130) << run.errors;
  EXPECT_NE(run.errors.find("interrupted"), std::string::npos) << run.errors;
  expect_whole("run");
  const auto outcome = nlohmann::json::parse(file("run/outcome.json"));
  EXPECT_EQ(outcome.at("outcome"), "interrupted");
  EXPECT_EQ(outcome.at("epochs"), epochs_in("run"));
}

TEST_F(Train, ARunThatDivergesFailsAndSaysWhere) {
  const Outcome run = train({"--rate", "1e30", "--epochs", "3", "--out", "run"});
  EXPECT_EQ(run.status, 1) << run.errors;
  EXPECT_EQ(std::count(run.errors.begin(), run.errors.end(), '\n'), 1) << run.errors;
  EXPECT_NE(run.errors.find("epoch"), std::string::npos) << run.errors;
  EXPECT_EQ(nlohmann::json::parse(file("run/outcome.json")).at("outcome"), "diverged");
  expect_whole("run");
}

TEST_F(Train, RefusesOptionsOutsideTheirRangeAndMakesNoFolder) {
  const auto refuse = [&](const std::string& option, const std::string& value) {
    const Outcome run = ef({"train", "--out", "run", option, value}, {.folder = folder_.path()});
    expect_refused(run, {option.substr(2), value});
  };
  const auto refuse_sine = [&](const std::string& option, const std::string& value) {
    const Outcome run =
        ef({"train", "--task", "sine", "--out", "run", option, value}, {.folder = folder_.path()});
    expect_refused(run, {option.substr(2), value});
  };
  for (const auto* gain : {"-0.1", "1.1", "nan"}) refuse("--gain", gain);
  for (const auto* ridge : {"-1", "nan"}) refuse("--ridge", ridge);
  for (const auto* rate : {"0", "-1", "nan", "inf"}) refuse("--rate", rate);
  for (const auto* epochs : {"-1", "1.5"}) refuse("--epochs", epochs);
  for (const auto* units : {"0", "-3"}) refuse("--units", units);
  for (const auto* pulse : {"3", "0", "-2"}) refuse("--pulse", pulse);
  for (const auto* delay : {"0", "-1", "1000000"}) refuse("--delay", delay);
  for (const auto* threshold : {"-1", "nan"}) refuse("--threshold", threshold);
  for (const auto* difficulty : {"-89", "1000000", "0.5"}) refuse_sine("--difficulty", difficulty);
  for (const auto* steps : {"0", "-1", "1000000"}) refuse_sine("--steps", steps);
  refuse("--task", "parity");
  refuse("--rule", "magic");
  EXPECT_TRUE(contents(folder_.path()).empty());
}

TEST_F(Train, RefusesTheOptionsOfAnotherTask) {
  for (const std::string option : {"--difficulty", "--steps"})
    expect_refused(train({"--out", "run", option, "20"}), {option, "--task sine", "xor"});
  for (const std::string option : {"--delay", "--pulse"})
    expect_refused(train_sine({"--out", "run", option, "20"}), {option, "--task xor", "sine"});
  EXPECT_TRUE(contents(folder_.path()).empty());
}

TEST_F(Train, RefusesTheOptionsOfAnotherRule) {
  for (const std::string option : {"--sigma-h", "--sigma-y", "--noise-step"})
    expect_refused(train({"--out", "run", option, "0.5"}),
                   {option, "--rule ef-tuned", "not to ef;"});
  for (const std::string option : {"--gain", "--ridge"})
    expect_refused(train({"--out", "run", "--rule", "ef-tuned", option, "0.5"}),
                   {option, "bptt, tf, gtf, ef", "ef-tuned"});
  expect_refused(train({"--out", "run", "--rule", "ef-tuned", "--as-released"}),
                 {"--as-released", "ef-tuned"});
  for (const std::string rule : {"bptt", "ef", "ef-tuned"})
    expect_refused(train({"--out", "run", "--rule", rule, "--feedback", "random"}),
                   {"--feedback", "rflo, ef-rflo, snap1, ef-snap1, rtrl", rule});
  expect_refused(train({"--out", "run", "--rule", "rflo", "--feedback-seed", "3"}),
                 {"--feedback-seed", "--feedback random"});
  expect_refused(
      ef({"train", "--out", "run", "--rule", "rtrl", "--units", "201"}, {.folder = folder_.path()}),
      {"rtrl: 201 units"});
  const auto refuse = [&](const std::string& option, const std::string& value) {
    expect_refused(train({"--out", "run", "--rule", "ef-tuned", option, value}), {value});
  };
  for (const auto* sigma : {"0", "-1", "nan", "inf"}) {
    refuse("--sigma-h", sigma);
    refuse("--sigma-y", sigma);
  }
  for (const auto* step : {"0", "-1", "1.5", "nan"}) refuse("--noise-step", step);
  EXPECT_TRUE(contents(folder_.path()).empty());
}

TEST_F(Train, RefusesAFolderThatHoldsSomethingUnlessAskedToReplaceTheRun) {
  ASSERT_EQ(train({"--epochs", "1", "--out", "run"}).status, 0);
  const auto before = contents(folder_.path());
  expect_refused(train({"--epochs", "2", "--out", "run"}), {"run", "--overwrite"});
  EXPECT_TRUE(contents(folder_.path()) == before);
  EXPECT_EQ(train({"--epochs", "2", "--out", "run", "--overwrite"}).status, 0);
  EXPECT_EQ(epochs_in("run"), 2);
}

TEST_F(Train, RefusesAPlaceThatCannotBeWritten) {
  write_file(folder_ / "file", "");
  for (const std::string place : {"file", "file/run", "/proc/run"})
    expect_refused(train({"--epochs", "1", "--out", place}), {place});
  EXPECT_EQ(contents(folder_.path()).size(), 1U);
}

}  // namespace
}  // namespace error_forcing::testing
