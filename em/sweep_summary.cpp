#include <algorithm>
#include <error_forcing/errors.hpp>
#include <error_forcing/sweep_summary.hpp>
#include <limits>
#include <numeric>

namespace error_forcing {

namespace {

constexpr double never = std::numeric_limits<double>::infinity();

double mean_of_last_ten(const std::vector<double>& values) {
  const auto count = std::min<std::size_t>(10, values.size());
  const auto last = static_cast<std::ptrdiff_t>(count);
  return std::accumulate(values.end() - last, values.end(), 0.0) / static_cast<double>(count);
}

ThresholdSummary summarise_threshold(const RunSeries& series, std::size_t k, double confidence) {
  ThresholdSummary found{.threshold = series.runs[0].learned[k].threshold};
  std::vector<double> epochs;
  std::vector<Range> points;
  for (const RunResult& run : series.runs) {
    epochs.push_back(epoch_of(run, k));
    points.push_back({epochs.back(), epochs.back()});
    found.learned += epochs.back() < never;
  }
  found.fraction = binomial_interval(found.learned, static_cast<Index>(epochs.size()), confidence);
  found.median_epoch = median_time(epochs);
  found.epochs = median_interval(points, confidence);
  return found;
}

std::optional<FinalLosses> median_final_losses(const RunSeries& series) {
  std::vector<Range> forced, free;
  for (const RunResult& run : series.runs) {
    const auto last = final_losses(run);
    if (run.outcome == Outcome::diverged || !last) continue;
    forced.push_back({last->forced, last->forced});
    free.push_back({last->free, last->free});
  }
  if (forced.empty()) return {};
  return FinalLosses{median_interval(forced).median.low, median_interval(free).median.low};
}

}  // namespace

double epoch_of(const RunResult& run, std::size_t k) {
  const auto& epoch = run.learned.at(k).epoch;
  return epoch ? static_cast<double>(*epoch) : never;
}

double test_loss_of(const RunResult& run) { return run.test_loss.value_or(never); }

std::optional<FinalLosses> final_losses(const RunResult& run) {
  if (run.loss.empty()) return {};
  return FinalLosses{mean_of_last_ten(run.loss), mean_of_last_ten(run.validation_loss)};
}

SeriesSummary summarise(const RunSeries& series, double confidence) {
  require(!series.runs.empty(), "summary: want at least one run, got none");
  SeriesSummary found{.cell = series.cell,
                      .held_out = series.held_out,
                      .epochs = series.runs[0].epochs,
                      .runs = static_cast<Index>(series.runs.size())};
  std::vector<Range> losses;
  for (const RunResult& run : series.runs) {
    found.diverged += run.outcome == Outcome::diverged;
    losses.push_back({test_loss_of(run), test_loss_of(run)});
  }
  for (std::size_t k = 0; k < series.runs[0].learned.size(); ++k)
    found.thresholds.push_back(summarise_threshold(series, k, confidence));
  found.test_loss = median_interval(losses, confidence);
  const auto [least, most] = std::minmax_element(
      losses.begin(), losses.end(), [](const auto& a, const auto& b) { return a.low < b.low; });
  found.test_loss_spread = {least->low, most->low};
  found.final = median_final_losses(series);
  return found;
}

}  // namespace error_forcing
