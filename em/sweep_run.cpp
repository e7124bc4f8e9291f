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
  const auto watch = [&](const EpochRecord&, const Network<Scalar>&) { return go_on(); };
  const auto trained = train<Scalar>(run.training, make_learner<Scalar>(run.training), watch);
  if (trained.outcome == Outcome::stopped) return {};

  RunResult result{.id = run.id, .cell = run.cell, .seed = run.training.seed};
  result.epochs = run.training.epochs;
  result.outcome = trained.outcome;
  result.failure = trained.failure;
  result.test_trials = run.test_trials;
  result.learned = epochs_learned(run.training, trained.history);
  for (const EpochRecord& record : trained.history) {
    result.loss.push_back(record.loss);
    result.validation_loss.push_back(record.validation_loss);
  }
  if (result.outcome != Outcome::diverged) test_network(run, trained.learner, result);
  return result;
}

}  // namespace

std::vector<LearnedAt> epochs_learned(const Training& training,
                                      const std::vector<EpochRecord>& history) {
  std::vector<LearnedAt> learned;
  for (const Criterion& criterion : criteria_of(training))
    learned.push_back({criterion.threshold, epoch_learned(history, criterion)});
  return learned;
}

std::optional<RunResult> carry_out(const SweepRun& run, const std::function<bool()>& go_on) {
  return run.in_double ? carry_out_in<double>(run, go_on) : carry_out_in<float>(run, go_on);
}

}  // namespace error_forcing
