#include <algorithm>
#include <error_forcing/holm.hpp>
#include <error_forcing/rule_comparison.hpp>
#include <error_forcing/sweep_summary.hpp>
#include <limits>
#include <map>
#include <tuple>

namespace error_forcing {

namespace {

constexpr double unbounded = std::numeric_limits<double>::infinity();

struct SeedPair {
  const RunResult &first, &second;
};
using SeedPairs = std::vector<SeedPair>;

SeedPairs common_seeds(const RunSeries& first, const RunSeries& second) {
  SeedPairs pairs;
  for (const RunResult& a : first.runs)
    for (const RunResult& b : second.runs)
      if (a.seed == b.seed) pairs.push_back({a, b});
  return pairs;
}

MeasuredDifference compare_learned(const SeedPairs& pairs, std::size_t k, double confidence) {
  PairedCounts counts;
  for (const auto& [a, b] : pairs) {
    const bool first = epoch_of(a, k) < unbounded, second = epoch_of(b, k) < unbounded;
    ++(first ? second ? counts.both : counts.first : second ? counts.second : counts.neither);
  }
  const auto found = proportion_difference(counts, confidence);
  return {.measure = Measure::learned,
          .threshold = pairs[0].first.learned[k].threshold,
          .first_better = counts.first,
          .second_better = counts.second,
          .difference = {found.difference, found.difference},
          .interval = found.interval,
          .coverage = confidence,
          .p = found.p};
}

// Of epochs from 1 to the budget, or beyond it, where only that is known.
Range epoch_difference(double a, double b, double beyond) {
  if (a < unbounded && b < unbounded) return {a - b, a - b};
  return {b < unbounded ? beyond - b : -unbounded, a < unbounded ? a - beyond : unbounded};
}

// A run that diverged is worse than any other, and two of them do not compare.
Range loss_difference(double a, double b) {
  if (a == unbounded && b == unbounded) return {-unbounded, unbounded};
  return {a - b, a - b};
}

MeasuredDifference of_median(Measure measure, const std::vector<Range>& differences,
                             double confidence) {
  const auto found = median_difference(differences, confidence);
  return {.measure = measure,
          .first_better = found.negative,
          .second_better = found.positive,
          .difference = found.estimate.median,
          .interval = found.estimate.interval,
          .coverage = found.estimate.coverage,
          .p = found.p};
}

MeasuredDifference compare_epochs(const SeedPairs& pairs, std::size_t k, double confidence) {
  std::vector<Range> differences;
  for (const auto& [a, b] : pairs)
    differences.push_back(
        epoch_difference(epoch_of(a, k), epoch_of(b, k), static_cast<double>(a.epochs + 1)));
  auto found = of_median(Measure::epochs, differences, confidence);
  found.threshold = pairs[0].first.learned[k].threshold;
  return found;
}

MeasuredDifference compare_test_losses(const SeedPairs& pairs, double confidence) {
  std::vector<Range> differences;
  for (const auto& [a, b] : pairs)
    differences.push_back(loss_difference(test_loss_of(a), test_loss_of(b)));
  return of_median(Measure::test_loss, differences, confidence);
}

RuleComparison compare(const RunSeries& first, const RunSeries& second, const SeedPairs& pairs,
                       double confidence) {
  RuleComparison found{.first = first.cell,
                       .second = second.cell,
                       .first_held_out = first.held_out,
                       .second_held_out = second.held_out,
                       .pairs = static_cast<Index>(pairs.size())};
  for (std::size_t k = 0; k < pairs[0].first.learned.size(); ++k) {
    found.measures.push_back(compare_learned(pairs, k, confidence));
    found.measures.push_back(compare_epochs(pairs, k, confidence));
  }
  found.measures.push_back(compare_test_losses(pairs, confidence));
  return found;
}

bool comparable(const SweepCell& a, const SweepCell& b) {
  return same_place(a, b) && a.rule != b.rule && (a.gain == b.gain || !a.gain || !b.gain);
}

void adjust_families(std::vector<RuleComparison>& comparisons) {
  using Family =
      std::tuple<std::string, std::string, std::string, bool, Measure, std::optional<double>>;
  std::map<Family, std::vector<MeasuredDifference*>> families;
  for (auto& one : comparisons)
    for (auto& measured : one.measures)
      families[{one.first.task, one.first.rule, one.second.rule, one.held_out(), measured.measure,
                measured.threshold}]
          .push_back(&measured);
  for (auto& [family, members] : families) {
    std::vector<double> p;
    for (const auto* member : members) p.push_back(member->p);
    const auto adjusted = holm_adjusted(p);
    for (std::size_t k = 0; k < p.size(); ++k) members[k]->p_holm = adjusted[k];
  }
}

}  // namespace

std::vector<RuleComparison> compare_rules(const std::vector<RunSeries>& series, double confidence) {
  std::vector<RuleComparison> comparisons;
  for (std::size_t i = 0; i < series.size(); ++i)
    for (std::size_t j = i + 1; j < series.size(); ++j) {
      if (!comparable(series[i].cell, series[j].cell)) continue;
      const auto pairs = common_seeds(series[j], series[i]);
      if (!pairs.empty()) comparisons.push_back(compare(series[j], series[i], pairs, confidence));
    }
  adjust_families(comparisons);
  return comparisons;
}

}  // namespace error_forcing
