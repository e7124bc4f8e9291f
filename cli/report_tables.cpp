#include <fmt/ranges.h>

#include <algorithm>
#include <error_forcing/sign_test.hpp>

#include "report.hpp"

namespace error_forcing::cli {

namespace {

// A row of a table of comma-separated values; what there is not stays empty.
class Row {
 public:
  template <typename... Values>
  Row& add(const Values&... values) {
    (fields_.push_back(fmt::format("{}", values)), ...);
    return *this;
  }
  template <typename Value>
  Row& add_if(const std::optional<Value>& value) {
    fields_.push_back(value ? fmt::format("{}", *value) : "");
    return *this;
  }
  Row& skip(std::size_t fields) {
    fields_.resize(fields_.size() + fields);
    return *this;
  }
  Row& add_place(const SweepCell& cell, bool held_out) {
    add(cell.task, cell.difficulty, cell.rule);
    return add_gain(cell, held_out).add(cell.rate);
  }
  Row& add_gain(const SweepCell& cell, bool held_out) {
    return held_out ? add("held-out") : add_if(cell.gain);
  }
  std::string text() const { return fmt::format("{}\n", fmt::join(fields_, ",")); }

 private:
  std::vector<std::string> fields_;
};

// A task may have fewer thresholds than another.
std::size_t most_thresholds(const Report& report) {
  std::size_t most = 0;
  for (const auto& one : report.cells) most = std::max(most, one.thresholds.size());
  return most;
}

std::string numbered(std::size_t count, const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t k = 1; k <= count; ++k)
    for (const auto& name : names) text += fmt::format("{}_{},", name, k);
  return text;
}

std::string row_of(const RunResult& run, std::size_t thresholds) {
  Row row;
  row.add(run.id).add_place(run.cell, false).add(run.seed, run.epochs, name_of(run.outcome));
  if (run.failure) row.add(run.failure->epoch, run.failure->step);
  if (!run.failure) row.skip(2);
  for (const auto& learned : run.learned) row.add(learned.threshold).add_if(learned.epoch);
  row.skip(2 * (thresholds - run.learned.size())).add_if(run.test_loss);
  const auto last = final_losses(run);
  return (last ? row.add(last->forced, last->free) : row.skip(2)).text();
}

void add_threshold(const ThresholdSummary& one, Index runs, Row& row) {
  row.add(one.threshold, one.learned, static_cast<double>(one.learned) / static_cast<double>(runs),
          one.fraction.low, one.fraction.high, one.median_epoch, one.epochs.interval.low,
          one.epochs.interval.high, one.epochs.coverage, runs - one.learned);
}

// `planned` is empty where the runs are chosen from several cells.
std::string row_of(const SeriesSummary& one, const std::optional<Index>& planned,
                   std::size_t thresholds) {
  Row row;
  row.add_place(one.cell, one.held_out).add_if(planned).add(one.runs, one.diverged);
  for (const auto& threshold : one.thresholds) add_threshold(threshold, one.runs, row);
  row.skip(10 * (thresholds - one.thresholds.size()));
  const auto& loss = one.test_loss;
  row.add(loss.median.low, loss.interval.low, loss.interval.high, loss.coverage,
          one.test_loss_spread.low, one.test_loss_spread.high);
  return (one.final ? row.add(one.final->forced, one.final->free) : row.skip(2)).text();
}

std::string row_of(const RuleComparison& pair, const MeasuredDifference& one) {
  constexpr const char* names[] = {"learned", "epochs", "test_loss"};
  Row row;
  row.add_place(pair.first, pair.first_held_out).add(pair.second.rule);
  row.add_gain(pair.second, pair.second_held_out);
  row.add(names[static_cast<int>(one.measure)]).add_if(one.threshold);
  row.add(pair.pairs, one.first_better, one.second_better, one.difference.low, one.difference.high,
          one.interval.low, one.interval.high, one.coverage, one.p, one.p_holm,
          smallest_sign_test_p(pair.pairs));
  return row.text();
}

// Cells of the plan, each once, with the number of their runs.
std::vector<std::pair<SweepCell, Index>> planned_cells(const Report& report) {
  std::vector<std::pair<SweepCell, Index>> cells;
  for (const auto& run : report.results.planned) {
    const auto found = std::find_if(cells.begin(), cells.end(),
                                    [&](const auto& cell) { return cell.first == run.cell; });
    if (found != cells.end())
      ++found->second;
    else
      cells.emplace_back(run.cell, 1);
  }
  return cells;
}

}  // namespace

std::string runs_table(const Report& report) {
  const std::size_t thresholds = most_thresholds(report);
  std::string table =
      "id,task,difficulty,rule,gain,rate,seed,epochs,outcome,failure_epoch,failure_step," +
      numbered(thresholds, {"threshold", "epoch"}) + "test_loss,final_loss,final_validation_loss\n";
  for (const auto& run : report.results.runs) table += row_of(run, thresholds);
  return table;
}

std::string cells_table(const Report& report) {
  const std::size_t thresholds = most_thresholds(report);
  std::string table = "task,difficulty,rule,gain,rate,planned,runs,diverged," +
                      numbered(thresholds, {"threshold", "learned", "fraction", "fraction_low",
                                            "fraction_high", "median_epoch", "epoch_low",
                                            "epoch_high", "epoch_coverage", "censored"}) +
                      "test_loss,test_loss_low,test_loss_high,test_loss_coverage,test_loss_least,"
                      "test_loss_most,final_loss,final_validation_loss\n";
  auto planned = planned_cells(report);
  for (const auto& one : report.cells) {
    const auto cell = std::find_if(planned.begin(), planned.end(),
                                   [&](const auto& entry) { return entry.first == one.cell; });
    table += row_of(one, cell->second, thresholds);
    planned.erase(cell);
  }
  for (const auto& [cell, runs] : planned)
    table += Row().add_place(cell, false).add(runs, 0, 0).skip(10 * thresholds + 8).text();
  for (const auto& one : report.headlines)
    if (one.held_out) table += row_of(one, {}, thresholds);
  return table;
}

std::string pairs_table(const Report& report) {
  std::string table =
      "task,difficulty,rule,gain,rate,against,against_gain,measure,threshold,pairs,better,worse,"
      "difference_low,difference_high,low,high,coverage,p,p_holm,smallest_p\n";
  for (const auto& pair : report.comparisons)
    for (const auto& one : pair.measures) table += row_of(pair, one);
  return table;
}

namespace {

std::string text_of(const ThresholdSummary& one, const SeriesSummary& series) {
  const bool within = one.median_epoch <= static_cast<double>(series.epochs);
  return fmt::format(
      "  {:>2}/{:<2} [{:.2f}, {:.2f}] {:>5}", one.learned, series.runs, one.fraction.low,
      one.fraction.high,
      within ? fmt::format("{}", one.median_epoch) : fmt::format("> {}", series.epochs));
}

std::string head_of(const SeriesSummary& one) {
  std::string head = fmt::format("{:<12}{:<11}", one.cell.task, "rule");
  for (const auto& threshold : one.thresholds)
    head += fmt::format("  {:<18}{:>6}", fmt::format("loss < {}", threshold.threshold), "epochs");
  return head + "  test loss\n";
}

}  // namespace

std::string short_table(const Report& report) {
  std::string table;
  const SeriesSummary* above = nullptr;
  for (const auto& one : report.headlines) {
    if (!above || above->cell.task != one.cell.task) table += (above ? "\n" : "") + head_of(one);
    const bool same = above && same_place(above->cell, one.cell);
    table += fmt::format("{:<12}{:<11}", same ? "" : fmt::format("{}", one.cell.difficulty),
                         one.cell.rule + (one.held_out ? " *" : ""));
    for (const auto& threshold : one.thresholds) table += text_of(threshold, one);
    const auto& [median, interval, coverage] = one.test_loss;
    table += fmt::format("  {:.3g} [{:.3g}, {:.3g}]\n", median.low, interval.low, interval.high);
    above = &one;
  }
  return table;
}

}  // namespace error_forcing::cli
