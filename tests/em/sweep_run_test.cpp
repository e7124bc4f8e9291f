#include <algorithm>
#include <cmath>
#include <error_forcing/rollout.hpp>
#include <error_forcing/sweep_run.hpp>
#include <filesystem>
#include <set>
#include <thread>

#include "refusal.hpp"
#include "small_training.hpp"

namespace error_forcing {
namespace {

void set_thresholds(SweepRun& run, const std::vector<double>& thresholds) {
  run.training.criterion.threshold = thresholds.at(0);
  run.training.further_thresholds = {thresholds.begin() + 1, thresholds.end()};
}

// The small run of a task as a run of a sweep.
SweepRun sweep_run(Training training) {
  SweepRun run{.id = "some-run", .cell = {.rule = training.rule.name}};
  run.cell.task = name_of(training.task);
  run.training = std::move(training);
  set_thresholds(run, {0.1, 0.01});
  run.test_trials = 37;
  return run;
}

RunResult result_of(const SweepRun& run) {
  auto result = carry_out(run, [] { return true; });
  EXPECT_TRUE(result.has_value());
  return result.value_or(RunResult{});
}

std::vector<EpochRecord> history_with(const std::vector<double>& validation_losses) {
  std::vector<EpochRecord> history;
  for (const double loss : validation_losses) {
    EpochRecord record{.epoch = static_cast<Index>(history.size()) + 1};
    record.validation_loss = loss;
    history.push_back(record);
  }
  return history;
}

std::set<std::string> threads_of_this_process() {
  std::set<std::string> threads;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    threads.insert(entry.path().filename());
  return threads;
}

TEST(SweepRun, IsTrainAndItsHistory) {
  for (const Training& training :
       {test::small_run(), test::small_sine_run(), test::small_evidence_run()})
    for (const bool in_double : {false, true}) {
      SweepRun run = sweep_run(training);
      run.in_double = in_double;
      const RunResult result = result_of(run);
      EXPECT_EQ(result.id, run.id);
      EXPECT_EQ(result.cell, run.cell);
      EXPECT_EQ(result.seed, training.seed);
      EXPECT_EQ(result.epochs, training.epochs);
      EXPECT_EQ(result.outcome, Outcome::finished);
      EXPECT_EQ(result.test_trials, 37);
      const auto history = in_double ? test::train_through<double>(training).history
                                     : test::train_through<float>(training).history;
      ASSERT_EQ(result.loss.size(), history.size());
      for (std::size_t k = 0; k < history.size(); ++k) {
        EXPECT_EQ(result.loss[k], history[k].loss);
        EXPECT_EQ(result.validation_loss[k], history[k].validation_loss);
      }
    }
}

// The plain rollout of the trained network, error by error.
TEST(SweepRun, TheTestLossIsThatOfTheNetworkRunningFreeOnTrialsOfTheLastStream) {
  for (const Training& training :
       {test::small_run(), test::small_sine_run(), test::small_evidence_run()}) {
    SweepRun run = sweep_run(training);
    run.training.rule = {.name = "ef", .gain = 1};
    run.in_double = true;
    const auto network = test::train_through<double>(run.training).learner.network;
    auto engine = random_engine(training.seed, ~std::uint64_t(0));
    auto batch = zero_trials<double>(training.task, run.test_trials);
    draw_trials(training.task, engine, batch);
    auto trajectory = make_trajectory(network, batch);
    run_free(network, batch, trajectory);
    double squares = 0, observed = 0;
    for (Index trial = 0; trial < run.test_trials; ++trial)
      for (Index step = 1; step <= trial_steps(training.task); ++step)
        for (Index output = 0; output < network.outputs(); ++output) {
          const double error = trajectory.errors(trial, step, output);
          const double mask = batch.mask(trial, step, output);
          squares += mask * error * error;
          observed += mask;
        }
    const double want = squares / observed;
    EXPECT_NEAR(result_of(run).test_loss.value(), want, 1e-12 * want);
  }
}

TEST(SweepRun, IsTheSameInAThreadBesideOthersAndTakesNone) {
  SweepRun run = sweep_run(test::small_run());
  run.training.training_trials = 300;  // several tiles of lanes
  run.training.batch = 128;
  for (const std::string rule : {"bptt", "ef", "rflo", "ef-rflo"}) {
    run.training.rule.name = rule;
    const std::string alone = to_json(result_of(run));
    std::string one, other;
    {
      const std::jthread first([&] { one = to_json(result_of(run)); });
      const std::jthread second([&] { other = to_json(result_of(run)); });
    }
    EXPECT_EQ(one, alone);
    EXPECT_EQ(other, alone);
    std::set<std::string> after;
    const auto before = threads_of_this_process();
    carry_out(run, [&] {
      after = threads_of_this_process();
      return true;
    });
    EXPECT_EQ(after, before) << rule;
  }
}

TEST(SweepRun, RulesAreTestedOnTheSameTrials) {
  // Untrained as good as: a rate that moves no weight of a float.
  SweepRun run = sweep_run(test::small_run());
  run.training.adam.rate = 1e-30;
  const double free = result_of(run).test_loss.value();
  run.training.rule = {.name = "ef", .gain = 1};
  const double forced = result_of(run).test_loss.value();
  EXPECT_EQ(forced, free);
  run.training.seed += 1;
  EXPECT_NE(result_of(run).test_loss.value(), free);
}

TEST(SweepRunCriteria, EachThresholdHasItsEpoch) {
  const auto history = history_with({1, 0.05, 0.2, 0.05, 0.05, 0.005, 0.005, 0.05});
  const Training training{.criterion = {0.1, 2}, .further_thresholds = {0.01, 0.001}};
  const auto learned = epochs_learned(training, history);
  EXPECT_EQ(learned, (std::vector<LearnedAt>{{0.1, 5}, {0.01, 7}, {0.001, {}}}));
}

TEST(SweepRunCriteria, ItStopsOnceAllAreMetIfThePlanSaysSo) {
  SweepRun run = sweep_run(test::small_run());
  run.training.epochs = 9;
  run.training.criterion.epochs = 3;
  set_thresholds(run, {1e9, 1e8});
  EXPECT_EQ(result_of(run).outcome, Outcome::finished);
  EXPECT_EQ(result_of(run).loss.size(), 9U);
  run.training.until_learned = true;
  const RunResult early = result_of(run);
  EXPECT_EQ(early.outcome, Outcome::learned);
  EXPECT_EQ(early.loss.size(), 3U);
  EXPECT_EQ(early.learned, (std::vector<LearnedAt>{{1e9, 3}, {1e8, 3}}));
  set_thresholds(run, {1e9, 0});
  const RunResult half = result_of(run);
  EXPECT_EQ(half.outcome, Outcome::finished);
  EXPECT_EQ(half.learned, (std::vector<LearnedAt>{{1e9, 3}, {0, {}}}));
}

TEST(SweepRunCriteria, MetInTheLastEpochItIsLearnedToo) {
  SweepRun run = sweep_run(test::small_run());
  run.training.epochs = run.training.criterion.epochs = 3;
  set_thresholds(run, {1e9});
  run.training.until_learned = true;
  const RunResult result = result_of(run);
  EXPECT_EQ(result.outcome, Outcome::learned);
  EXPECT_EQ(result.loss.size(), 3U);
}

TEST(SweepRunEnd, ADivergenceIsAResultWithItsPlaceAndNoTestLoss) {
  SweepRun run = sweep_run(test::small_run());
  run.training.adam.rate = 1e30;
  const RunResult result = result_of(run);
  EXPECT_EQ(result.outcome, Outcome::diverged);
  ASSERT_TRUE(result.failure.has_value());
  const auto alone = test::train_through<float>(run.training);
  EXPECT_EQ(result.failure->epoch, alone.failure->epoch);
  EXPECT_EQ(result.failure->updates, alone.failure->updates);
  EXPECT_FALSE(result.test_loss.has_value());
  EXPECT_EQ(result.loss.size(), alone.history.size());
  to_json(result);
}

// One step of descent, as long as it can be while the squared errors of the one trial that
// validates fit in a float: those of the thousands that test do not.
TEST(SweepRunEnd, ATestLossThatIsNotFiniteIsADivergenceOfTheTrainedNetwork) {
  SweepRun run = sweep_run(test::small_run());
  run.training.epochs = 1;
  run.training.batch = run.training.training_trials;
  run.training.sgd_momentum = 0;
  run.training.validation_trials = 1;
  run.test_trials = 4000;
  Training longer = run.training;
  for (longer.adam.rate = 1; test::train_through<float>(longer).outcome == Outcome::finished;
       longer.adam.rate *= 10)
    run.training.adam.rate = longer.adam.rate;
  const RunResult result = result_of(run);
  EXPECT_EQ(result.outcome, Outcome::diverged);
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->epoch, 1);
  EXPECT_EQ(result.failure->updates, 1);
  EXPECT_NE(result.failure->what.find("not finite"), std::string::npos) << result.failure->what;
  EXPECT_FALSE(result.test_loss.has_value());
  EXPECT_EQ(result.validation_loss.size(), 1U);
  to_json(result);
}

TEST(SweepRunEnd, StoppedBeforeTheEndItHasNoResult) {
  const SweepRun run = sweep_run(test::small_run());
  int asked = 0;
  EXPECT_FALSE(carry_out(run, [&] { return ++asked < 2; }).has_value());
  EXPECT_EQ(asked, 2);
  EXPECT_TRUE(carry_out(run, [&] { return ++asked < 5; }).has_value());
}

TEST(SweepRunEnd, RefusesOptionsOutOfRange) {
  SweepRun run = sweep_run(test::small_run());
  run.training.epochs = 0;
  test::expect_refusal([&] { carry_out(run, [] { return true; }); }, "epochs");
}

}  // namespace
}  // namespace error_forcing
