#include <error_forcing/atomic_file.hpp>
#include <error_forcing/run_result.hpp>
#include <fstream>
#include <limits>

#include "refusal.hpp"
#include "scratch_folder.hpp"

namespace error_forcing {
namespace {

// Numbers that decimal digits do not hit: a third, the smallest number, the largest seed.
RunResult learned_result() {
  return {.version = "0.1.0",
          .plan = "9f3a",
          .id = "xor-delay300-ef-c0.05-rate0.001-seed1",
          .cell = {"xor", 300, "ef", 1. / 3, 1e-3},
          .seed = std::numeric_limits<std::uint64_t>::max(),
          .epochs = 150,
          .outcome = Outcome::learned,
          .learned = {{0.1, 2}, {0.01, {}}},
          .test_loss = std::numeric_limits<double>::denorm_min(),
          .test_trials = 512,
          .loss = {1, 0.1, 1e-300},
          .validation_loss = {-0., 2. / 3, 1e300}};
}

RunResult diverged_result() {
  RunResult result = learned_result();
  result.cell = {"sine", -55, "bptt", {}, 0.1};
  result.outcome = Outcome::diverged;
  result.failure = {4, 12, 17, "state: \"not\" finite\n"};
  result.test_loss = {};
  return result;
}

void expect_equal(const RunResult& got, const RunResult& want) {
  EXPECT_EQ(got.version, want.version);
  EXPECT_EQ(got.plan, want.plan);
  EXPECT_EQ(got.id, want.id);
  EXPECT_EQ(got.cell, want.cell);
  EXPECT_EQ(got.seed, want.seed);
  EXPECT_EQ(got.epochs, want.epochs);
  EXPECT_EQ(got.outcome, want.outcome);
  ASSERT_EQ(got.failure.has_value(), want.failure.has_value());
  if (want.failure) {
    EXPECT_EQ(got.failure->epoch, want.failure->epoch);
    EXPECT_EQ(got.failure->updates, want.failure->updates);
    EXPECT_EQ(got.failure->step, want.failure->step);
    EXPECT_EQ(got.failure->what, want.failure->what);
  }
  EXPECT_EQ(got.learned, want.learned);
  EXPECT_EQ(got.test_loss, want.test_loss);
  EXPECT_EQ(got.test_trials, want.test_trials);
  EXPECT_EQ(got.loss, want.loss);
  EXPECT_EQ(got.validation_loss, want.validation_loss);
}

// The text with one part replaced, which must be there.
std::string with(std::string text, const std::string& part, const std::string& other) {
  const auto place = text.find(part);
  EXPECT_NE(place, std::string::npos) << part;
  return place == std::string::npos ? text : text.replace(place, part.size(), other);
}

void expect_damaged(const std::string& text, const std::string& mention) {
  test::expect_refusal([&] { run_result_from(text, "runs/a.json"); }, "runs/a.json: ");
  test::expect_refusal([&] { run_result_from(text, "runs/a.json"); }, mention);
}

TEST(RunResult, ReadsWhatItWrites) {
  for (const RunResult& result : {learned_result(), diverged_result()}) {
    const std::string text = to_json(result);
    const RunResult back = run_result_from(text, "text");
    expect_equal(back, result);
    EXPECT_EQ(to_json(back), text);
  }
}

TEST(RunResult, ARunToTheEndIsFinishedWithAllItsEpochs) {
  RunResult result = learned_result();
  result.outcome = Outcome::finished;
  result.epochs = 3;
  expect_equal(run_result_from(to_json(result), "text"), result);
  result.epochs = 4;
  test::expect_refusal([&] { to_json(result); }, "history: 3 epochs of 4");
  result.epochs = 2;
  result.outcome = Outcome::learned;
  test::expect_refusal([&] { to_json(result); }, "history: 3 epochs of 2");
}

TEST(RunResult, TheFileIsTheOneAgreedOn) {
  RunResult result = learned_result();
  result.seed = 1;
  result.cell.gain = 0.05;
  result.test_loss = 0.0123;
  result.loss = {1.5};
  result.validation_loss = {0.25};
  result.learned = {{0.1, 1}, {0.01, {}}};
  EXPECT_EQ(to_json(result), R"({
  "format": 1,
  "version": "0.1.0",
  "plan": "9f3a",
  "id": "xor-delay300-ef-c0.05-rate0.001-seed1",
  "cell": {
    "task": "xor",
    "difficulty": 300,
    "rule": "ef",
    "gain": 0.05,
    "rate": 0.001
  },
  "seed": 1,
  "epochs": 150,
  "outcome": "learned",
  "failure": null,
  "learned": [
    {
      "threshold": 0.1,
      "epoch": 1
    },
    {
      "threshold": 0.01,
      "epoch": null
    }
  ],
  "test_loss": 0.0123,
  "test_trials": 512,
  "history": {
    "loss": [
      1.5
    ],
    "validation_loss": [
      0.25
    ]
  }
}
)");
}

TEST(RunResultFile, IsReadUnderItsOwnNameOnly) {
  const test::ScratchFolder folder;
  const RunResult result = learned_result();
  save_run_result(folder.path(), result);
  const auto file = folder / (result.id + ".json");
  expect_equal(load_run_result(file), result);
  std::filesystem::copy_file(file, folder / "copy.json");
  test::expect_refusal([&] { load_run_result(folder / "copy.json"); }, result.id);
}

TEST(RunResultFile, RefusesWhatIsNoFile) {
  const test::ScratchFolder folder;
  test::expect_refusal([&] { load_run_result(folder / "none.json"); }, "none.json: cannot");
  test::expect_refusal([&] { load_run_result(folder.path()); }, "cannot be read");
  write_text(folder / "empty.json", "");
  test::expect_refusal([&] { load_run_result(folder / "empty.json"); }, "empty.json: is not");
  test::expect_refusal([&] { save_run_result(folder / "none", learned_result()); }, "none");
}

TEST(RunResult, RefusesEveryTruncation) {
  const std::string text = to_json(learned_result());
  for (std::size_t size = 0; size + 2 < text.size(); ++size)
    expect_damaged(text.substr(0, size), "not the result of a run");
}

TEST(RunResult, RefusesForeignText) {
  for (const std::string text : {"{}", "[]", "3", "null", "\"format\"", "\x89HDF\r\n", "a,b\n1,2\n",
                                 "{\"format\": \"1\"}", "{\"format\": true}", "{\"format\": 1}"})
    expect_damaged(text, "not the result of a run");
  expect_damaged(to_json(learned_result()) + "x", "not the result of a run");
}

TEST(RunResult, RefusesAnotherFormatByItsNumber) {
  const std::string text = to_json(learned_result());
  expect_damaged(with(text, "\"format\": 1", "\"format\": 2"),
                 "format 2, but this program reads 1");
}

TEST(RunResult, RefusesAMissingKey) {
  const std::string text = to_json(learned_result());
  for (const std::string key :
       {"format",         "version",   "plan",  "id",        "cell",        "task",    "difficulty",
        "rule",           "gain",      "rate",  "seed",      "epochs",      "outcome", "failure",
        "learned",        "threshold", "epoch", "test_loss", "test_trials", "history", "loss",
        "validation_loss"})
    expect_damaged(with(text, "\"" + key + "\"", "\"other\""), key);
}

TEST(RunResult, RefusesValuesOfAnotherKind) {
  const std::string text = to_json(learned_result());
  const auto refuse = [&](const std::string& part, const std::string& other) {
    expect_damaged(with(text, part, other), "not the result of a run");
  };
  refuse("\"seed\": 18446744073709551615", "\"seed\": -1");
  refuse("\"seed\": 18446744073709551615", "\"seed\": 18446744073709551616");
  refuse("\"difficulty\": 300", "\"difficulty\": 300.5");
  refuse("\"epochs\": 150", "\"epochs\": true");
  refuse("\"epochs\": 150", "\"epochs\": null");
  refuse("\"rate\": 0.001", "\"rate\": null");
  refuse("\"rate\": 0.001", "\"rate\": 1e999");
  refuse("\"rate\": 0.001", "\"rate\": NaN");
  refuse("1e-300", "null");
  refuse("1e-300", "false");
  refuse("\"outcome\": \"learned\"", "\"outcome\": \"stopped\"");
  refuse("\"failure\": null", "\"failure\": 3");
}

TEST(RunResult, RefusesWhatIsNotFiniteWhenWriting) {
  for (const double bad : {test::nan, test::infinity, -test::infinity}) {
    const auto refuse = [&](auto change, const char* mention) {
      RunResult result = learned_result();
      change(result);
      test::expect_refusal([&] { to_json(result); }, mention);
    };
    refuse([&](RunResult& result) { result.loss[1] = bad; }, "loss: want a finite number");
    refuse([&](RunResult& result) { result.validation_loss[2] = bad; }, "validation loss: want");
    refuse([&](RunResult& result) { result.test_loss = bad; }, "test loss: want a finite");
    refuse([&](RunResult& result) { result.cell.gain = bad; }, "gain: want a finite");
    refuse([&](RunResult& result) { result.cell.rate = bad; }, "rate: want a finite");
    refuse([&](RunResult& result) { result.learned[0].threshold = bad; }, "threshold: want");
  }
}

TEST(RunResult, RefusesWhatDoesNotAgreeWithItself) {
  const auto refuse = [](RunResult result, auto change, const char* mention) {
    change(result);
    test::expect_refusal([&] { validate(result); }, mention);
  };
  const RunResult learned = learned_result(), diverged = diverged_result();
  refuse(
      learned, [](RunResult& r) { r.id = ""; }, "id: want");
  refuse(
      learned, [](RunResult& r) { r.id = "../a"; }, "id: want");
  refuse(
      learned, [](RunResult& r) { r.loss.pop_back(); }, "2 losses but 3 validation losses");
  refuse(
      learned, [](RunResult& r) { r.learned.clear(); }, "learned: want at least one");
  refuse(
      learned, [](RunResult& r) { r.learned[0].epoch = 4; }, "in epoch 4");
  refuse(
      learned, [](RunResult& r) { r.learned[0].epoch = 0; }, "in epoch 0");
  refuse(
      learned, [](RunResult& r) { r.failure = Failure{}; }, "failure: want one");
  refuse(
      learned, [](RunResult& r) { r.test_loss = {}; }, "test loss: want one");
  refuse(
      learned, [](RunResult& r) { r.test_trials = 0; }, "test trials");
  refuse(
      learned, [](RunResult& r) { r.outcome = Outcome::stopped; }, "stopped");
  refuse(
      diverged, [](RunResult& r) { r.failure = {}; }, "failure: want one");
  refuse(
      diverged, [](RunResult& r) { r.test_loss = 1; }, "test loss: want one");
}

}  // namespace
}  // namespace error_forcing
