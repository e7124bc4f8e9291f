#include <gtest/gtest.h>
#include <error_forcing/errors.hpp>
#include <error_forcing/evidence_integration.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include "lib/uniform_counts.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using test::chi_squared, test::chi_squared_limit;

constexpr std::uint64_t evidence_seed = 20240612;

// The channels of the seven cues, 1 or 2, as someone who only sees the inputs would read them.
std::vector<int> cues_of(const Batch<double>& batch, Index trial) {
  std::vector<int> cues;
  for (Index onset = 1; onset <= 61; onset += 10)
    cues.push_back(batch.inputs(trial, onset, 0) == 1 ? 1 : 2);
  return cues;
}

Index on_first(const std::vector<int>& cues) { return std::count(cues.begin(), cues.end(), 1); }

Batch<double> draw_evidence(const EvidenceIntegration& task, Index trials,
                            std::uint64_t stream = 0) {
  auto engine = random_engine(evidence_seed, stream);
  return evidence_integration<double>(task, trials, engine);
}

TEST(EvidenceIntegrationLaw, EveryStepOfEveryTrialIsAsTheTableSays) {
  SCOPED_TRACE(evidence_seed);
  for (const Index delay : {0, 1, 30, 300}) {
    const auto batch = draw_evidence({.delay = delay}, 70);
    ASSERT_EQ(batch.layout().steps, 75 + delay);
    for (Index trial = 0; trial < 70; ++trial) {
      const auto cues = cues_of(batch, trial);
      const double answer = on_first(cues) >= 4 ? 1 : -1;
      for (Index step = 1; step <= 75 + delay; ++step) {
        const bool cued = step <= 70 && (step - 1) % 10 < 5, answering = step > 70 + delay;
        const int channel = cued ? cues[static_cast<std::size_t>((step - 1) / 10)] : 0;
        ASSERT_EQ(batch.inputs(trial, step, 0), channel == 1 ? 1 : 0);
        ASSERT_EQ(batch.inputs(trial, step, 1), channel == 2 ? 1 : 0);
        ASSERT_EQ(batch.mask(trial, step, 0), answering ? 1 : 0);
        ASSERT_EQ(batch.targets(trial, step, 0), answering ? answer : 0);
      }
    }
    ASSERT_EQ(observed_entries(batch), 70 * 5);
  }
}

TEST(EvidenceIntegrationLaw, TheCountIsUniformFromOneToSix) {
  SCOPED_TRACE(evidence_seed);
  const auto batch = draw_evidence({.delay = 0}, 6000);
  std::vector<double> counts(8);
  for (Index trial = 0; trial < 6000; ++trial)
    ++counts[static_cast<std::size_t>(on_first(cues_of(batch, trial)))];
  EXPECT_EQ(counts[0], 0);
  EXPECT_EQ(counts[7], 0);
  EXPECT_LT(chi_squared({counts.begin() + 1, counts.end() - 1}), chi_squared_limit(6));
}

TEST(EvidenceIntegrationLaw, EveryOrderOfTheCuesIsAsLikely) {
  SCOPED_TRACE(evidence_seed);
  const auto batch = draw_evidence({.delay = 0}, 12000, 1);
  std::map<std::vector<int>, double> orders[8];
  for (Index trial = 0; trial < 12000; ++trial) {
    const auto cues = cues_of(batch, trial);
    ++orders[on_first(cues)][cues];
  }
  const std::vector<std::size_t> choose{1, 7, 21, 35, 35, 21, 7, 1};
  for (std::size_t n = 1; n <= 6; ++n) {
    ASSERT_EQ(orders[n].size(), choose[n]) << n;
    std::vector<double> counts;
    for (const auto& [order, count] : orders[n]) counts.push_back(count);
    EXPECT_LT(chi_squared(counts), chi_squared_limit(counts.size())) << n;
  }
}

TEST(EvidenceIntegrationLaw, SuccessiveCountsAreIndependent) {
  SCOPED_TRACE(evidence_seed);
  const auto batch = draw_evidence({.delay = 0}, 8000, 2);
  std::vector<double> cells(36);
  for (Index trial = 1; trial < 8000; ++trial)
    ++cells[static_cast<std::size_t>(6 * (on_first(cues_of(batch, trial - 1)) - 1) +
                                     on_first(cues_of(batch, trial)) - 1)];
  EXPECT_LT(chi_squared(cells), chi_squared_limit(cells.size()));
}

TEST(EvidenceIntegrationLaw, TheDelayChangesNothingThatIsDrawn) {
  const auto near = draw_evidence({.delay = 0}, 40), far = draw_evidence({.delay = 90}, 40);
  for (Index trial = 0; trial < 40; ++trial) EXPECT_EQ(cues_of(near, trial), cues_of(far, trial));
}

// The same numbers from the standard library's engine: equal intervals of its 64 bits, and a
// shuffle once more.
TEST(EvidenceIntegrationKnownAnswer, TheStandardEngineDrawsTheSame) {
  const auto batch = draw_evidence(EvidenceIntegration{}, 200, 7);
  std::seed_seq words{std::uint32_t{evidence_seed}, std::uint32_t{0}, std::uint32_t{7},
                      std::uint32_t{0}};
  std::mt19937_64 standard(words);
  const auto below = [&](std::uint64_t values) {
    return standard() / (std::numeric_limits<std::uint64_t>::max() / values + 1);
  };
  for (Index trial = 0; trial < 200; ++trial) {
    std::vector<int> cues(7, 2);
    std::fill_n(cues.begin(), 1 + below(6), 1);
    for (std::size_t k = 7; k-- > 1;) std::swap(cues[k], cues[below(k + 1)]);
    ASSERT_EQ(cues_of(batch, trial), cues) << "trial " << trial;
  }
}

TEST(EvidenceIntegrationKnownAnswer, Lengths) {
  EXPECT_EQ(trial_steps(EvidenceIntegration{.delay = 300}), 375);
  EXPECT_EQ(trial_steps(EvidenceIntegration{.delay = 0}), 75);
}

TEST(EvidenceIntegrationHostile, ADelayOutOfRangeIsNamedWithItsRange) {
  const auto refuse = [](Index delay) {
    test::expect_refusal([&] { draw_evidence({.delay = delay}, 2); },
                         "delay: want 0 to 99925 steps, got " + std::to_string(delay));
  };
  for (const Index delay : {Index(-1), Index(99'926), std::numeric_limits<Index>::max(),
                            std::numeric_limits<Index>::min()})
    refuse(delay);
  EXPECT_NO_THROW(draw_evidence({.delay = 99'925}, 1));
}

TEST(EvidenceIntegrationHostile, NoTrialsAreRefused) {
  for (const Index trials : {0, -3})
    test::expect_refusal([&] { draw_evidence(EvidenceIntegration{}, trials); },
                         "at least 1 trial, got " + std::to_string(trials));
}

}  // namespace
}  // namespace error_forcing
