#include <algorithm>
#include <error_forcing/errors.hpp>
#include <error_forcing/median_interval.hpp>
#include <error_forcing/run_series.hpp>
#include <limits>
#include <tuple>

namespace error_forcing {

bool same_place(const SweepCell& a, const SweepCell& b) {
  return a.task == b.task && a.difficulty == b.difficulty && a.rate == b.rate;
}

namespace {

// Known words in their order, others behind them by name.
auto rank_of(const std::string& word, const std::vector<std::string>& known) {
  return std::pair(std::find(known.begin(), known.end(), word) - known.begin(), word);
}

void sort_series(std::vector<RunSeries>& series) {
  const auto key = [](const SweepCell& cell) {
    return std::tuple(rank_of(cell.task, task_names()), cell.difficulty,
                      rank_of(cell.rule, rule_names()), cell.gain, cell.rate);
  };
  std::sort(series.begin(), series.end(),
            [&](const auto& a, const auto& b) { return key(a.cell) < key(b.cell); });
}

bool same_terms(const RunResult& a, const RunResult& b) {
  return a.epochs == b.epochs &&
         std::equal(a.learned.begin(), a.learned.end(), b.learned.begin(), b.learned.end(),
                    [](const auto& x, const auto& y) { return x.threshold == y.threshold; });
}

// Epochs are comparable only within one budget and one set of thresholds.
void require_same_terms(const std::vector<RunSeries>& series) {
  std::vector<const RunResult*> places;  // the first run at each
  for (const RunSeries& one : series) {
    const auto found = std::find_if(places.begin(), places.end(), [&](const RunResult* first) {
      return same_place(first->cell, one.cell);
    });
    const RunResult& first = found == places.end() ? one.runs[0] : **found;
    for (const RunResult& run : one.runs)
      require(same_terms(run, first),
              "{} and {}: other epochs or thresholds at one place of a sweep; run it again into a "
              "new folder",
              first.id, run.id);
    if (found == places.end()) places.push_back(&first);
  }
}

void sort_by_seed(RunSeries& series) {
  auto& runs = series.runs;
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.seed < b.seed; });
  for (std::size_t k = 1; k < runs.size(); ++k)
    require(runs[k].seed != runs[k - 1].seed, "{} and {}: are one run; remove one of the files",
            runs[k - 1].id, runs[k].id);
}

}  // namespace

std::vector<RunSeries> series_by_cell(const std::vector<RunResult>& runs) {
  std::vector<RunSeries> series;
  for (const RunResult& run : runs) {
    const auto same = [&](const RunSeries& one) { return one.cell == run.cell; };
    auto found = std::find_if(series.begin(), series.end(), same);
    if (found == series.end()) found = series.insert(series.end(), {.cell = run.cell});
    found->runs.push_back(run);
  }
  for (auto& one : series) sort_by_seed(one);
  require_same_terms(series);
  sort_series(series);
  return series;
}

namespace {

// How good a gain is, judged without one seed; the smaller, the better.
struct Judgement {
  double not_learned, loss;
  auto operator<=>(const Judgement&) const = default;
};

std::optional<Judgement> judge_without(std::uint64_t seed, const RunSeries& cell) {
  double others = 0, learned = 0;
  std::vector<Range> losses;
  for (const RunResult& run : cell.runs) {
    if (run.seed == seed) continue;
    ++others;
    learned += run.learned.front().epoch.has_value();
    const double loss = run.test_loss.value_or(std::numeric_limits<double>::infinity());
    losses.push_back({loss, loss});
  }
  if (others == 0) return {};
  return Judgement{1 - learned / others, median_interval(losses).median.low};
}

const RunSeries* best_without(std::uint64_t seed, const std::vector<const RunSeries*>& gains) {
  const RunSeries* best = nullptr;
  std::optional<Judgement> of_best;
  for (const RunSeries* cell : gains) {
    const auto judged = judge_without(seed, *cell);
    if (!judged || (of_best && !(*judged < *of_best))) continue;
    best = cell;
    of_best = judged;
  }
  return best;
}

RunSeries held_out_series(const std::vector<const RunSeries*>& gains) {
  RunSeries chosen{.cell = gains.front()->cell, .held_out = true};
  chosen.cell.gain.reset();
  std::vector<std::uint64_t> seeds;
  for (const RunSeries* cell : gains)
    for (const RunResult& run : cell->runs) seeds.push_back(run.seed);
  std::sort(seeds.begin(), seeds.end());
  seeds.erase(std::unique(seeds.begin(), seeds.end()), seeds.end());
  for (const std::uint64_t seed : seeds)
    if (const RunSeries* best = best_without(seed, gains))
      for (const RunResult& run : best->runs)
        if (run.seed == seed) chosen.runs.push_back(run);
  return chosen;
}

}  // namespace

std::vector<RunSeries> series_of_held_out_gains(const std::vector<RunSeries>& cells) {
  std::vector<std::vector<const RunSeries*>> rules;  // the gains of each rule at each place
  for (const RunSeries& cell : cells) {
    const auto same = [&](const auto& gains) {
      return same_place(gains[0]->cell, cell.cell) && gains[0]->cell.rule == cell.cell.rule;
    };
    const auto found = std::find_if(rules.begin(), rules.end(), same);
    if (found != rules.end())
      found->push_back(&cell);
    else
      rules.push_back({&cell});
  }
  std::vector<RunSeries> series;
  for (const auto& gains : rules) {
    series.push_back(gains.size() == 1 ? *gains[0] : held_out_series(gains));
    if (series.back().runs.empty()) series.pop_back();
  }
  return series;
}

}  // namespace error_forcing
