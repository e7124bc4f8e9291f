#include "gains_runs.hpp"

#include <cmath>
#include <error_forcing/errors.hpp>

namespace error_forcing::cli {

namespace {

constexpr double fixed_gains[] = {0, 0.05, 0.1, 0.2, 0.5, 1};
constexpr double first_gains[] = {0.05, 0.5, 0.95};  // of self-tuning

std::vector<GainRun> rules() {
  std::vector<GainRun> result;
  for (const double gain : fixed_gains) result.push_back({.gain = gain});
  for (const double gain : first_gains) result.push_back({.tuned = true, .gain = gain});
  return result;
}

// Noise of this gain for a readout C, the variance of an error being 1, as that of a target is.
IsotropicNoise<double> noise_of_gain(const Matrix<double>& C, double gain) {
  const double power = C.squaredNorm() / static_cast<double>(C.rows());
  return {std::sqrt(gain / power), std::sqrt(1 - gain)};
}

Training training_of(const GainsPlan& plan, const GainRun& run) {
  Training training = plan.training;
  training.seed = run.seed;
  training.rule = {.name = "ef", .gain = run.tuned ? 1 : run.gain};
  if (!run.tuned) return training;
  const auto network = random_network(training.network, run.seed);
  training.tuning = {noise_of_gain(network.parameters.C, run.gain), plan.noise_step};
  return training;
}

void carry_out(const GainsPlan& plan, GainRun& run) {
  const Training training = training_of(plan, run);
  const auto go_on = [](const EpochRecord&, const Network<float>&) { return true; };
  auto result = train<float>(training, make_learner<float>(training), go_on);
  run.history = std::move(result.history);
  run.learned = epoch_learned(run.history, training.criterion);
  run.diverged = result.outcome == Outcome::diverged;
}

}  // namespace

void validate(const GainsPlan& plan) {
  require(plan.seeds >= 1 && plan.seeds <= 1000, "seeds: want 1 to 1000, got {}", plan.seeds);
  for (auto& run : rules()) error_forcing::validate(training_of(plan, run));
}

std::vector<GainRun> run_gains(const GainsPlan& plan,
                               const std::function<void(const GainRun&, Index of)>& show) {
  const auto kinds = rules();
  std::vector<GainRun> runs;
  for (const GainRun& kind : kinds)
    for (Index seed = 1; seed <= plan.seeds; ++seed) {
      runs.push_back(kind);
      runs.back().seed = static_cast<std::uint64_t>(seed);
      carry_out(plan, runs.back());
      show(runs.back(), static_cast<Index>(kinds.size()) * plan.seeds);
    }
  return runs;
}

}  // namespace error_forcing::cli
