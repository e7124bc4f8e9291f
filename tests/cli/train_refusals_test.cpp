// What ef train refuses: one line, status 2, and no folder.

#include "sanitized.hpp"
#include "train_runs.hpp"

namespace error_forcing::testing {
namespace {

class TrainRefusal : public Train {};

TEST_F(TrainRefusal, RefusesOptionsOutsideTheirRangeAndMakesNoFolder) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
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
  for (const auto* decay : {"0", "-1", "1.1", "nan"}) {
    const Outcome run =
        ef({"train", "--out", "run", "--rate-decay", decay}, {.folder = folder_.path()});
    expect_refused(run, {"rate decay", decay});
  }
  for (const auto* norm : {"0", "-1", "nan", "inf"}) {
    const Outcome run =
        ef({"train", "--out", "run", "--clip-norm", norm}, {.folder = folder_.path()});
    expect_refused(run, {"clipping norm", norm});
  }
  for (const auto* momentum : {"-0.1", "1", "nan"})
    expect_refused(train({"--optimiser", "sgd", "--momentum", momentum, "--out", "run"}),
                   {"momentum", momentum});
  expect_refused(train({"--momentum", "0.5", "--out", "run"}), {"--momentum", "sgd", "adam"});
  for (const auto* option : {"--activity-penalty", "--readout-penalty"})
    for (const auto* weight : {"-1", "nan", "inf"})
      expect_refused(train({option, weight, "--out", "run"}), {"penalties", weight});
  for (const auto* blocks : {"Q", "w", ""}) refuse("--train", blocks);
  for (const auto* every : {"0", "-1"}) refuse("--checkpoint-every", every);
  expect_refused(train({"--threshold", "0.1,-1", "--out", "run"}), {"threshold", "got -1"});
  refuse("--optimiser", "magic");
  refuse("--task", "parity");
  refuse("--rule", "magic");
  EXPECT_TRUE(contents(folder_.path()).empty());
}

TEST_F(TrainRefusal, RefusesTheOptionsOfAnotherTask) {
  for (const std::string option : {"--difficulty", "--steps"})
    expect_refused(train({"--out", "run", option, "20"}), {option, "--task sine", "xor"});
  for (const std::string option : {"--delay", "--pulse"})
    expect_refused(train_sine({"--out", "run", option, "20"}), {option, "--task xor", "sine"});
  EXPECT_TRUE(contents(folder_.path()).empty());
}

TEST_F(TrainRefusal, RefusesTheOptionsOfAnotherRule) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
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

TEST_F(TrainRefusal, RefusesAFolderThatHoldsSomethingUnlessAskedToReplaceTheRun) {
  ASSERT_EQ(train({"--epochs", "1", "--out", "run"}).status, 0);
  const auto before = contents(folder_.path());
  expect_refused(train({"--epochs", "2", "--out", "run"}), {"run", "--overwrite"});
  EXPECT_TRUE(contents(folder_.path()) == before);
  EXPECT_EQ(train({"--epochs", "2", "--out", "run", "--overwrite"}).status, 0);
  EXPECT_EQ(epochs_in("run"), 2);
}

TEST_F(TrainRefusal, RefusesAPlaceThatCannotBeWritten) {
  write_file(folder_ / "file", "");
  for (const std::string place : {"file", "file/run", "/proc/run"})
    expect_refused(train({"--epochs", "1", "--out", place}), {place});
  EXPECT_EQ(contents(folder_.path()).size(), 1U);
}

}  // namespace
}  // namespace error_forcing::testing
