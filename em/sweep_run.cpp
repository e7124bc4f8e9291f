#include <algorithm>
#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/sweep_run.hpp>
#include <limits>

namespace error_forcing {

namespace {

constexpr std::uint64_t test_stream = std::numeric_limits<std::uint64_t>::max();

template <typename Scalar>
double test_loss_of(const SweepRun& run, const Network<Scalar>& network) {
  auto engine = random_engine(run.training.seed, test_stream);
  auto batch = zero_trials<Scalar>(run.training.task, run.test_trials);
  draw_trials(run.training.task, engine, batch);
  auto workspace = make_fused_workspace(network, batch);
  return static_cast<double>(fused_loss(network, batch, no_feedback<Scalar>(), workspace));
}

bool all_learned(const std::vector<LearnedAt>& learned) {
  return std::all_of(learned.begin(), learned.end(),
                     [](const LearnedAt& one) { return one.epoch.has_value(); });
}

// Weights that are finite may still lead a trial of the test to numbers that are not.
template <typename Scalar>
void test_network(const SweepRun& run, const Learner<Scalar>& learner, RunResult& result) {
  try {
    const double loss = test_loss_of(run, learner.network);
    if (!std::isfinite(loss)) throw Divergence("the test loss is not finite", 0, 0);
    result.test_loss = loss;
  } catch (const Divergence& error) {
    result.outcome = Outcome::diverged;
    result.failure = {learner.epoch, steps_of(learner.optimiser), error.step, error.what()};
  }
}

template <typename Scalar>
std::optional<RunResult> carry_out_in(const SweepRun& run, const std::function<bool()>& go_on) {
  std::vector<EpochRecord> history;
  bool learned = false;
  const auto watch = [&](const EpochRecord& record, const Network<Scalar>&) {
    history.push_back(record);
    learned = run.until_learned &&
              all_learned(epochs_learned(history, run.thresholds, run.training.criterion.epochs));
    return !learned && go_on();
  };
  const auto trained = train<Scalar>(run.training, make_learner<Scalar>(run.training), watch);
  if (trained.outcome == Outcome::stopped && !learned) return {};

  RunResult result{.id = run.id, .cell = run.cell, .seed = run.training.seed};
  result.epochs = run.training.epochs;
  result.outcome = learned ? Outcome::learned : trained.outcome;
  result.failure = trained.failure;
  result.test_trials = run.test_trials;
  result.learned = epochs_learned(history, run.thresholds, run.training.criterion.epochs);
  for (const EpochRecord& record : history) {
    result.loss.push_back(record.loss);
    result.validation_loss.push_back(record.validation_loss);
  }
  if (result.outcome != Outcome::diverged) test_network(run, trained.learner, result);
  return result;
}

}  // namespace

std::vector<LearnedAt> epochs_learned(const std::vector<EpochRecord>& history,
                                      const std::vector<double>& thresholds,
                                      Index epochs_in_a_row) {
  std::vector<LearnedAt> learned;
  for (const double threshold : thresholds)
    learned.push_back({threshold, epoch_learned(history, {threshold, epochs_in_a_row})});
  return learned;
}

std::optional<RunResult> carry_out(const SweepRun& run, const std::function<bool()>& go_on) {
  return run.in_double ? carry_out_in<double>(run, go_on) : carry_out_in<float>(run, go_on);
}

}  // namespace error_forcing
