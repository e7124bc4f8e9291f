#include <error_forcing/sweep_summary.hpp>

#include <cmath>

#include "refusal.hpp"
#include "synthetic_runs.hpp"

namespace error_forcing {
namespace {

using test::diverged_run;
using test::infinity;
using test::never;
using test::synthetic_run;

const SweepCell summarised_cell{.task = "xor", .difficulty = 300, .rule = "ef", .gain = 0.05};

// Three of five learn 0.1, one of them 0.01; one diverges in epoch 4.
RunSeries five_runs() {
  return {.cell = summarised_cell,
          .runs = {synthetic_run(summarised_cell, 1, {42, never}, 0.05),
                   synthetic_run(summarised_cell, 2, {20, 30}, 0.004),
                   synthetic_run(summarised_cell, 3, {never, never}, 0.9),
                   diverged_run(summarised_cell, 4, 3),
                   synthetic_run(summarised_cell, 5, {25, never}, 0.08)}};
}

// Intervals of 3 and 1 of 5 as in any table of Clopper and Pearson's.
TEST(SweepSummary, CountsWhoLearnedAndWhen) {
  const auto found = summarise(five_runs());
  EXPECT_EQ(found.cell, summarised_cell);
  EXPECT_EQ(found.epochs, 50);
  EXPECT_EQ(found.runs, 5);
  EXPECT_EQ(found.diverged, 1);
  ASSERT_EQ(found.thresholds.size(), 2U);
  const auto &loose = found.thresholds[0], &strict = found.thresholds[1];
  EXPECT_EQ(loose.threshold, 0.1);
  EXPECT_EQ(loose.learned, 3);
  EXPECT_NEAR(loose.fraction.low, 0.1466, 5e-5);
  EXPECT_NEAR(loose.fraction.high, 0.9473, 5e-5);
  EXPECT_EQ(loose.median_epoch, 42);
  EXPECT_EQ(loose.epochs.interval, (Range{20, infinity}));
  EXPECT_EQ(loose.epochs.coverage, 0.9375);
  EXPECT_EQ(strict.threshold, 0.01);
  EXPECT_EQ(strict.learned, 1);
  EXPECT_NEAR(strict.fraction.low, 0.0051, 5e-5);
  EXPECT_NEAR(strict.fraction.high, 0.7164, 5e-5);
  EXPECT_EQ(strict.median_epoch, infinity);
  EXPECT_EQ(strict.epochs.interval, (Range{30, infinity}));
}

TEST(SweepSummary, TakesADivergedRunAsTheWorstTestLoss) {
  const auto found = summarise(five_runs());
  EXPECT_EQ(found.test_loss.median, (Range{0.08, 0.08}));
  EXPECT_EQ(found.test_loss.interval, (Range{0.004, infinity}));
  EXPECT_EQ(found.test_loss_spread, (Range{0.004, infinity}));
  ASSERT_TRUE(found.final);
  EXPECT_NEAR(found.final->free, (0.05 + 0.08) / 2, 1e-15);  // of the four others
  EXPECT_NEAR(found.final->forced, (0.05 + 0.08) / 4, 1e-15);
}

// A threshold met before the run diverged was met; whether a stricter one is asked for changes it
// not.
TEST(SweepSummary, KeepsWhatWasLearnedBeforeADivergence) {
  auto run = diverged_run(summarised_cell, 1, 30);
  run.learned[0].epoch = 17;
  const auto found = summarise({.cell = summarised_cell, .runs = {run}});
  EXPECT_EQ(found.diverged, 1);
  EXPECT_EQ(found.thresholds[0].learned, 1);
  EXPECT_EQ(found.thresholds[1].learned, 0);
  EXPECT_EQ(found.test_loss.median, (Range{infinity, infinity}));
  EXPECT_FALSE(found.final);
}

TEST(SweepSummary, DoesNotDependOnTheOrderOfTheRuns) {
  auto series = five_runs();
  const auto before = summarise(series);
  std::swap(series.runs[0], series.runs[3]);
  std::swap(series.runs[1], series.runs[4]);
  const auto after = summarise(series);
  EXPECT_EQ(before.thresholds[0].median_epoch, after.thresholds[0].median_epoch);
  EXPECT_EQ(before.thresholds[0].epochs.interval, after.thresholds[0].epochs.interval);
  EXPECT_EQ(before.test_loss.median, after.test_loss.median);
  EXPECT_EQ(before.test_loss_spread, after.test_loss_spread);
  EXPECT_EQ(before.final->free, after.final->free);
}

TEST(SweepSummary, EndsAtTheLastTenEpochs) {
  auto run = synthetic_run(summarised_cell, 1, {never, never}, 1);
  for (std::size_t k = 0; k < 50; ++k) {
    run.loss[k] = static_cast<double>(k + 1);
    run.validation_loss[k] = 100 - static_cast<double>(k + 1);
  }
  EXPECT_EQ(final_losses(run)->forced, 45.5);
  EXPECT_EQ(final_losses(run)->free, 54.5);
  run.loss = {1, 2};
  run.validation_loss = {4, 5};
  EXPECT_EQ(final_losses(run)->forced, 1.5);
  EXPECT_EQ(final_losses(run)->free, 4.5);
  run.loss = run.validation_loss = {};
  EXPECT_FALSE(final_losses(run));
}

TEST(SweepSummary, RefusesASeriesWithoutRuns) {
  test::expect_refusal([] { summarise({.cell = summarised_cell}); }, "at least one run");
}

}  // namespace
}  // namespace error_forcing
