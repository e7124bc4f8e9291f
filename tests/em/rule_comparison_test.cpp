#include <error_forcing/rule_comparison.hpp>

#include <algorithm>
#include <cmath>

#include "refusal.hpp"
#include "synthetic_runs.hpp"

namespace error_forcing {
namespace {

using test::diverged_run;
using test::infinity;
using test::never;
using test::synthetic_run;

const SweepCell plain{.task = "xor", .difficulty = 300, .rule = "bptt"};
const SweepCell with_force{.task = "xor", .difficulty = 300, .rule = "ef", .gain = 0.05};

// Epochs of 50 to the threshold 0.1, and test losses, of six seeds:
//   bptt  40   never  30    never  never     20
//   ef    25   45     never never  diverged  10
std::vector<RunResult> six_pairs() {
  return {synthetic_run(plain, 1, {40, never}, 0.05),
          synthetic_run(plain, 2, {never, never}, 0.5),
          synthetic_run(plain, 3, {30, never}, 0.03),
          synthetic_run(plain, 4, {never, never}, 0.7),
          synthetic_run(plain, 5, {never, never}, 0.9),
          synthetic_run(plain, 6, {20, never}, 0.02),
          synthetic_run(plain, 7, {20, never}, 0.02),  // without a partner
          synthetic_run(with_force, 1, {25, never}, 0.04),
          synthetic_run(with_force, 2, {45, never}, 0.1),
          synthetic_run(with_force, 3, {never, never}, 0.6),
          synthetic_run(with_force, 4, {never, never}, 0.6),
          diverged_run(with_force, 5, 3),
          synthetic_run(with_force, 6, {10, never}, 0.01)};
}

const MeasuredDifference& measure_of(const RuleComparison& one, Measure measure,
                                     std::optional<double> threshold = {}) {
  return *std::find_if(one.measures.begin(), one.measures.end(), [&](const auto& measured) {
    return measured.measure == measure && measured.threshold == threshold;
  });
}

TEST(RuleComparison, ComparesSeedsThatBothHave) {
  const auto found = compare_rules(series_by_cell(six_pairs()));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first, with_force);
  EXPECT_EQ(found[0].second, plain);
  EXPECT_FALSE(found[0].held_out());
  EXPECT_EQ(found[0].pairs, 6);
  EXPECT_EQ(found[0].measures.size(), 5U);  // two thresholds, learned and epochs; the test loss
}

// Seed 2 by ef alone, seed 3 by bptt alone.
TEST(RuleComparison, OfFractionsIsMcNemars) {
  const auto one = compare_rules(series_by_cell(six_pairs()))[0];
  const auto& learned = measure_of(one, Measure::learned, 0.1);
  EXPECT_EQ(learned.first_better, 1);
  EXPECT_EQ(learned.second_better, 1);
  EXPECT_EQ(learned.difference, (Range{0, 0}));
  EXPECT_NEAR(learned.interval.high,
              binomial_interval(2, 6, 0.99).high * (2 * binomial_interval(1, 2, 0.96).high - 1),
              1e-12);
  EXPECT_EQ(learned.p, 1);
  const auto& strict = measure_of(one, Measure::learned, 0.01);
  EXPECT_EQ(strict.first_better + strict.second_better, 0);
  EXPECT_NEAR(strict.interval.high, 1 - std::pow(0.005, 1 / 6.0), 1e-12);
}

// ef - bptt: -15, at most 45 - 51, at least 51 - 30, open, open, -10. Middle ones of the lower ends
// -inf -inf -inf -15 -10 21: (-inf, -15); of the upper ends -15 -10 -6 inf inf inf: (-6, inf).
TEST(RuleComparison, OfEpochsKnowsWhatTheBudgetHides) {
  const auto one = compare_rules(series_by_cell(six_pairs()))[0];
  const auto& epochs = measure_of(one, Measure::epochs, 0.1);
  EXPECT_EQ(epochs.first_better, 3);
  EXPECT_EQ(epochs.second_better, 1);
  EXPECT_EQ(epochs.p, 10.0 / 16);
  EXPECT_EQ(epochs.difference, (Range{-infinity, infinity}));
  EXPECT_EQ(epochs.interval, (Range{-infinity, infinity}));
  EXPECT_EQ(epochs.coverage, 0.96875);
}

// With seeds 1, 3 and 6 alone: -15, at least 21, -10.
TEST(RuleComparison, OfEpochsIsExactWhereItCanBe) {
  auto runs = six_pairs();
  std::erase_if(runs,
                [](const auto& run) { return run.seed != 1 && run.seed != 3 && run.seed != 6; });
  const auto one = compare_rules(series_by_cell(runs))[0];
  const auto& epochs = measure_of(one, Measure::epochs, 0.1);
  EXPECT_EQ(epochs.difference, (Range{-10, -10}));
  EXPECT_EQ(epochs.interval, (Range{-15, infinity}));
  EXPECT_EQ(epochs.coverage, 0.75);
}

// ef in epoch 45 and bptt in none of 50: at most 45 - 51. The reverse in epoch 30: at least 51
// - 30.
TEST(RuleComparison, OfEpochsIsBoundedByTheBudget) {
  for (const std::uint64_t seed : {2, 3}) {
    auto runs = six_pairs();
    std::erase_if(runs, [&](const auto& run) { return run.seed != seed; });
    const auto one = compare_rules(series_by_cell(runs))[0];
    EXPECT_EQ(measure_of(one, Measure::epochs, 0.1).difference,
              seed == 2 ? (Range{-infinity, -6}) : (Range{21, infinity}));
  }
}

// -0.01, -0.4, 0.57, -0.1, infinity, -0.01
TEST(RuleComparison, OfTestLossesTakesDivergenceAsTheWorst) {
  const auto one = compare_rules(series_by_cell(six_pairs()))[0];
  const auto& loss = measure_of(one, Measure::test_loss);
  EXPECT_EQ(loss.first_better, 4);
  EXPECT_EQ(loss.second_better, 2);
  EXPECT_EQ(loss.p, 44.0 / 64);
  EXPECT_NEAR(loss.difference.low, -0.01, 1e-15);
  EXPECT_EQ(loss.difference.low, loss.difference.high);
  EXPECT_EQ(loss.interval, (Range{0.1 - 0.5, infinity}));
  EXPECT_FALSE(loss.threshold);
}

TEST(RuleComparison, OfTwoDivergedRunsSaysNothing) {
  const auto one =
      compare_rules(series_by_cell({diverged_run(plain, 1, 2), diverged_run(with_force, 1, 5)}))[0];
  const auto& loss = measure_of(one, Measure::test_loss);
  EXPECT_EQ(loss.first_better + loss.second_better, 0);
  EXPECT_EQ(loss.difference, (Range{-infinity, infinity}));
  EXPECT_EQ(loss.p, 1);
}

TEST(RuleComparison, ChangesSignWhenTheRulesAreExchanged) {
  auto runs = six_pairs();
  const auto before = compare_rules(series_by_cell(runs))[0];
  for (auto& run : runs)
    if (run.cell.rule == "bptt") run.cell.rule = "rflo";  // behind ef, as bptt is before it
  const auto after = compare_rules(series_by_cell(runs))[0];
  EXPECT_EQ(after.second, before.first);
  for (std::size_t k = 0; k < before.measures.size(); ++k) {
    const auto &a = before.measures[k], &b = after.measures[k];
    EXPECT_EQ(a.first_better, b.second_better);
    EXPECT_EQ(a.second_better, b.first_better);
    EXPECT_EQ(a.difference.low, -b.difference.high);
    EXPECT_NEAR(a.interval.high == infinity ? 0 : a.interval.high,
                b.interval.low == -infinity ? 0 : -b.interval.low, 1e-14);
    EXPECT_EQ(a.p, b.p);
  }
}

TEST(RuleComparison, StaysWithinOnePlaceOfTheGrid) {
  for (const std::string other : {"task", "difficulty", "rate"}) {
    SweepCell elsewhere = with_force;
    if (other == "task") elsewhere.task = "sine";
    if (other == "difficulty") elsewhere.difficulty = 100;
    if (other == "rate") elsewhere.rate = 1e-2;
    const auto series = series_by_cell(
        {synthetic_run(plain, 1, {10, 20}, 1), synthetic_run(elsewhere, 1, {10, 20}, 1)});
    EXPECT_TRUE(compare_rules(series).empty()) << other;
    EXPECT_EQ(series_of_held_out_gains(series).size(), 2U);
  }
}

TEST(RuleComparison, PairsEqualGainsOrAGainWithNone) {
  std::vector<RunResult> runs;
  for (const Index difficulty : {100, 300})
    for (const std::string rule : {"bptt", "gtf", "ef"})
      for (const double gain : {0.1, 0.5})
        if (rule != "bptt" || gain == 0.1) {
          SweepCell cell{.task = "xor", .difficulty = difficulty, .rule = rule};
          if (rule != "bptt") cell.gain = gain;
          for (const std::uint64_t seed : {1, 2})
            runs.push_back(synthetic_run(cell, seed, {10, 20}, 1));
        }
  const auto cells = series_by_cell(runs);
  const auto found = compare_rules(cells);
  EXPECT_EQ(found.size(), 2U * (2 + 2 + 2));  // gtf and ef with bptt, gtf with ef
  for (const auto& one : found) {
    EXPECT_EQ(one.first.difficulty, one.second.difficulty);
    EXPECT_TRUE(!one.second.gain || one.first.gain == one.second.gain);
    EXPECT_NE(one.first.rule, one.second.rule);
  }
  const auto chosen = compare_rules(series_of_held_out_gains(cells));
  EXPECT_EQ(chosen.size(), 2U * 3);
  for (const auto& one : chosen) {
    EXPECT_TRUE(one.held_out() && one.first_held_out);
    EXPECT_EQ(one.second_held_out, one.second.rule != "bptt");
  }
}

// Eight seeds at two difficulties: p = 2^-7 for the test loss and, where two of them tie, 2^-5.
std::vector<RunResult> at_two_difficulties() {
  std::vector<RunResult> runs;
  for (const Index difficulty : {100, 300})
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      SweepCell cell = plain;
      cell.difficulty = difficulty;
      runs.push_back(synthetic_run(cell, seed, {20, never}, 0.5));
      cell = with_force;
      cell.difficulty = difficulty;
      const bool ties = difficulty == 300 && seed > 6;
      runs.push_back(synthetic_run(cell, seed, {20, never}, ties ? 0.5 : 0.1));
    }
  return runs;
}

TEST(RuleComparison, AdjustsWithinOneMeasureOfTwoRulesOnATask) {
  auto runs = at_two_difficulties();
  auto found = compare_rules(series_by_cell(runs));
  ASSERT_EQ(found.size(), 2U);
  const auto p = [&](std::size_t k) { return measure_of(found[k], Measure::test_loss).p; };
  const auto holm = [&](std::size_t k) { return measure_of(found[k], Measure::test_loss).p_holm; };
  EXPECT_EQ(p(0), 1.0 / 128);
  EXPECT_EQ(p(1), 1.0 / 32);
  EXPECT_EQ(holm(0), 2.0 / 128);
  EXPECT_EQ(holm(1), 1.0 / 32);
  EXPECT_EQ(measure_of(found[0], Measure::learned, 0.1).p_holm, 1);
  SweepCell other = plain;
  for (const std::string name : {"bptt", "ef"})
    for (const std::uint64_t seed : {1, 2, 3}) {
      other = name == "ef" ? with_force : plain;
      other.task = "sine";
      runs.push_back(synthetic_run(other, seed, {20, never}, name == "ef" ? 0.1 : 0.5));
    }
  found = compare_rules(series_by_cell(runs));
  EXPECT_EQ(holm(0), 2.0 / 128);
  EXPECT_EQ(measure_of(found[2], Measure::test_loss).p_holm, 0.25);
}

TEST(RuleComparison, AdjustsChosenGainsAsAFamilyOfTheirOwn) {
  auto runs = at_two_difficulties();
  for (std::size_t k = 0; k < 32; ++k) {
    if (runs[k].cell.rule == "bptt") continue;
    runs.push_back(runs[k]);
    runs.back().cell.gain = 0.5;
  }
  auto series = series_by_cell(runs);
  for (const auto& one : series_of_held_out_gains(series))
    if (one.held_out) series.push_back(one);
  const auto found = compare_rules(series);
  ASSERT_EQ(found.size(), 6U);
  int chosen = 0;
  for (const auto& one : found) {
    const auto& loss = measure_of(one, Measure::test_loss);
    chosen += one.held_out();
    // At two difficulties, of the two single gains: 1, 1, 4, 4 of 128; of the chosen: 1, 4.
    const double wanted =
        one.first.difficulty == 100 ? (one.held_out() ? 2 : 4) : (one.held_out() ? 4 : 8);
    EXPECT_EQ(loss.p_holm, wanted / 128);
  }
  EXPECT_EQ(chosen, 2);
}

}  // namespace
}  // namespace error_forcing
