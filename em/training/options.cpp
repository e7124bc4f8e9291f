// What a run is: its defaults, its criteria, its optimiser in each epoch, and what is out of range.

#include <algorithm>
#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/rtrl.hpp>
#include <error_forcing/training.hpp>

namespace error_forcing {

// A tenth of an epoch's 512 (XOR), 5000 (sine) or 216 (evidence) trials validates.
Training paper_training(const Task& task) {
  Training run{.task = task};
  run.network.inputs = task_inputs(task);
  run.network.outputs = task_outputs(task);
  if (std::holds_alternative<SineGeneration>(task)) {
    run.training_trials = 4500;
    run.validation_trials = 500;
  }
  if (std::holds_alternative<EvidenceIntegration>(task)) {
    run.training_trials = 194;
    run.validation_trials = 22;
  }
  const bool smooth = std::holds_alternative<SineGeneration>(task) ||
                      std::holds_alternative<LimitCycle>(task) ||
                      std::holds_alternative<LorenzPrediction>(task);
  if (smooth) run.criterion.threshold = 0.01;
  if (std::holds_alternative<DelayedXor>(task)) run.further_thresholds = {0.01};
  return run;
}

OptimiserOptions optimiser_in(const Training& options, Index epoch) {
  AdamOptions adam = options.adam;
  adam.rate *= std::pow(options.rate_decay, static_cast<double>(epoch - 1));
  if (options.sgd_momentum) return SgdOptions{adam.rate, *options.sgd_momentum, adam.trained};
  return adam;
}

std::vector<Criterion> criteria_of(const Training& options) {
  std::vector<Criterion> criteria{options.criterion};
  for (const double threshold : options.further_thresholds)
    criteria.push_back({threshold, options.criterion.epochs});
  return criteria;
}

namespace {

void validate(const NoiseTuning& tuning, const RuleOptions& rule) {
  require(rule.name == "ef", "tuning: is of rule ef, not of {}", rule.name);
  require(rule.gain == 1 && !rule.ridge && !rule.as_released &&
              rule.routing.value_or(Routing::held) == Routing::held,
          "tuning: sets the gain and the ridge of ef, held and as published; leave them out");
  validate(tuning.start);
  require(tuning.step > 0 && tuning.step <= 1, "noise step: want a value in (0, 1], got {}",
          tuning.step);
}

void validate_descent(const Training& options) {
  validate(optimiser_in(options, 1));
  require(options.rate_decay > 0 && options.rate_decay <= 1,
          "rate decay: want a value in (0, 1], got {}", options.rate_decay);
  const double last =
      options.adam.rate * std::pow(options.rate_decay, static_cast<double>(options.epochs - 1));
  require(last > 0, "rate decay: {} brings the rate {} to 0 within {} epochs; raise it",
          options.rate_decay, options.adam.rate, options.epochs);
  const auto trained = in_block_order(options.adam.trained);
  require(std::find(trained.begin(), trained.end(), true) != trained.end(),
          "trained blocks: want at least one of W, U, b, C, d, got none");
  const double norm = options.clip_norm.value_or(1);
  require(norm > 0 && std::isfinite(norm), "clipping norm: want a finite value > 0, got {}", norm);
}

}  // namespace

void validate(const Training& options) {
  validate(options.task);
  validate_descent(options);
  if (options.tuning) validate(*options.tuning, options.rule);
  const auto rule = make_rule<double>(options.rule);
  if (rule.credit == Credit::rtrl)
    require_small_enough_for_rtrl(options.network.units, options.network.inputs);
  const auto at_least_one = [](std::string_view name, Index value) {
    require(value >= 1, "{}: want at least 1, got {}", name, value);
  };
  at_least_one("epochs", options.epochs);
  at_least_one("training trials", options.training_trials);
  at_least_one("validation trials", options.validation_trials);
  at_least_one("batch", options.batch);
  at_least_one("criterion epochs", options.criterion.epochs);
  for (const Criterion& criterion : criteria_of(options))
    require(criterion.threshold >= 0, "threshold: want a value >= 0, got {}", criterion.threshold);
  const auto is_weight = [](double value) { return value >= 0 && std::isfinite(value); };
  require(is_weight(options.penalties.activity) && is_weight(options.penalties.readout),
          "penalties: want finite values >= 0, got {} and {}", options.penalties.activity,
          options.penalties.readout);
  const Index inputs = task_inputs(options.task), outputs = task_outputs(options.task);
  require(options.network.inputs == inputs && options.network.outputs == outputs,
          "network: the task {} has inputs and outputs {} and {}, the network {} and {}",
          name_of(options.task), inputs, outputs, options.network.inputs, options.network.outputs);
}

std::string name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::finished: return "finished";
    case Outcome::learned: return "learned";
    case Outcome::stopped: return "interrupted";
    case Outcome::diverged: return "diverged";
  }
  return "unknown";
}

std::optional<Index> epoch_learned(const std::vector<EpochRecord>& history,
                                   const Criterion& criterion) {
  Index row = 0;
  for (const EpochRecord& record : history) {
    row = record.validation_loss < criterion.threshold ? row + 1 : 0;
    if (row == criterion.epochs) return record.epoch;
  }
  return {};
}

}  // namespace error_forcing
