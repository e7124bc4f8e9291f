// ef train: the folder of a run, whatever happens to the run.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "sanitized.hpp"
#include "train_runs.hpp"

namespace error_forcing::testing {
namespace {

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
  SKIP_UNDER_SANITIZERS("its stems are tested");
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
  SKIP_UNDER_SANITIZERS("its stems are tested");
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
  keeps("xor", " --threshold 0.1,0.01 ");
  keeps("xor", " --optimiser adam --rate 0.001 --rate-decay 1 --train W,b,C,d ");
  keeps("xor", " --activity-penalty 1e-05 --readout-penalty 1e-06 ");
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

TEST_F(Train, EveryThresholdIsReported) {
  const Outcome run = train({"--threshold", "1000,0,900", "--epochs", "11", "--out", "run"});
  ASSERT_EQ(run.status, 0) << run.errors;
  for (const std::string line :
       {"learned in epoch 10: 10 epochs in a row with a validation loss below 1000\n",
        "not learned: no 10 epochs in a row with a validation loss below 0\n",
        "learned in epoch 10: 10 epochs in a row with a validation loss below 900\n"})
    EXPECT_NE(run.output.find(line), std::string::npos) << run.output;
  const auto outcome = nlohmann::json::parse(file("run/outcome.json"));
  EXPECT_EQ(outcome.at("epoch_learned"), 10);
  ASSERT_EQ(outcome.at("criteria").size(), 3u);
  EXPECT_EQ(outcome.at("criteria")[0],
            (nlohmann::json{{"threshold", 1000}, {"epochs_in_a_row", 10}, {"epoch_learned", 10}}));
  EXPECT_TRUE(outcome.at("criteria")[1].at("epoch_learned").is_null());
  const Outcome paper = train({"--epochs", "1", "--out", "paper"});
  EXPECT_NE(
      paper.output.find("below 0.1\nnot learned: no 10 epochs in a row with a validation loss "
                        "below 0.01\n"),
      std::string::npos)
      << paper.output;
  EXPECT_EQ(nlohmann::json::parse(file("paper/outcome.json")).at("criteria")[1].at("threshold"),
            0.01);
}

TEST_F(Train, EveryOptionOfTheDescentChangesTheWeightsAndIsKept) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  const auto weights = [&](const std::string& name) {
    return read_array(folder_ / name / "network.h5", "W").values;
  };
  ASSERT_EQ(train({"--epochs", "2", "--out", "plain"}).status, 0);
  const std::vector<std::vector<std::string>> changes{
      {"--optimiser", "sgd"},    {"--rate-decay", "0.5"}, {"--clip-norm", "0.001"},
      {"--train", "W,U,b,C,d"},  {"--train", "W"},        {"--activity-penalty", "1"},
      {"--readout-penalty", "1"}};
  std::vector<std::vector<double>> seen{weights("plain")};
  for (const auto& change : changes) {
    const std::string name = change[0] + change[1];
    ASSERT_EQ(train({"--epochs", "2", "--out", name, change[0], change[1]}).status, 0) << name;
    EXPECT_EQ(std::find(seen.begin(), seen.end(), weights(name)), seen.end()) << name;
    seen.push_back(weights(name));
    EXPECT_NE(file(name + "/command.txt").find(" " + change[0] + " " + change[1] + " "),
              std::string::npos)
        << file(name + "/command.txt");
  }
  const auto U = [&](const std::string& name) {
    return read_array(folder_ / name / "network.h5", "U").values;
  };
  EXPECT_EQ(U("plain"), U("--trainW"));
  EXPECT_NE(U("plain"), U("--trainW,U,b,C,d"));
  const Outcome sgd =
      train({"--epochs", "2", "--optimiser", "sgd", "--momentum", "0.9", "--out", "m"});
  ASSERT_EQ(sgd.status, 0) << sgd.errors;
  EXPECT_NE(weights("m"), weights("--optimisersgd"));
  EXPECT_NE(file("m/command.txt").find(" --optimiser sgd --momentum 0.9 "), std::string::npos);
  EXPECT_EQ(file("plain/command.txt").find("--momentum"), std::string::npos);
}

TEST_F(Train, APipeGetsPlainLines) {
  const Outcome run = train({"--epochs", "3", "--out", "run"});
  EXPECT_EQ(run.output.find('\r'), std::string::npos);
  for (const std::string epoch : {"epoch 1/3", "epoch 2/3", "epoch 3/3"})
    EXPECT_TRUE(std::regex_search(run.output, std::regex(epoch + ".*loss.*validation.*left\n")))
        << run.output;
}

TEST_F(Train, TheSameSeedGivesTheSameBits) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
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

}  // namespace
}  // namespace error_forcing::testing
