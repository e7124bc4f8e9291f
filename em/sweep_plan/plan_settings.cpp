#include "plan_settings.hpp"

#include <cmath>

namespace error_forcing {

namespace {

// The first is the criterion's; without any those of the paper stay.
void take_thresholds(const Section& section, Training& training) {
  auto thresholds = section.numbers("thresholds");
  for (const double threshold : thresholds)
    if (!(threshold >= 0) || !std::isfinite(threshold))
      section.refuse("thresholds", fmt::format("want finite values >= 0, got {}", threshold));
  if (thresholds.empty()) return;
  training.criterion.threshold = thresholds.front();
  training.further_thresholds.assign(thresholds.begin() + 1, thresholds.end());
}

void take_optimiser(const Section& section, Training& training) {
  std::string optimiser = "adam";
  section.take("optimiser", optimiser);
  if (optimiser != "adam" && optimiser != "sgd")
    section.refuse("optimiser", fmt::format("want adam or sgd, got '{}'", optimiser));
  if (optimiser == "sgd") {
    training.sgd_momentum = 0;
    section.take("momentum", training.sgd_momentum);
  } else if (section.has("momentum")) {
    section.refuse("momentum", "belongs to optimiser = \"sgd\"; leave it out");
  }
}

void take_trained(const Section& section, Training& training) {
  const auto names = section.strings("trained");
  try {
    if (!names.empty()) training.adam.trained = trained_blocks(names);
  } catch (const InvalidInput& error) {
    section.refuse("trained", error.what());
  }
}

void take_descent(const Section& section, Training& training) {
  take_optimiser(section, training);
  section.take("rate_decay", training.rate_decay);
  section.take("clip_norm", training.clip_norm);
  take_trained(section, training);
  section.take("activity_penalty", training.penalties.activity);
  section.take("readout_penalty", training.penalties.readout);
}

}  // namespace

const std::vector<std::string>& setting_keys() {
  static const std::vector<std::string> keys{"epochs",
                                             "units",
                                             "batch",
                                             "training_trials",
                                             "validation_trials",
                                             "test_trials",
                                             "precision",
                                             "as_released",
                                             "thresholds",
                                             "criterion_epochs",
                                             "until_learned",
                                             "optimiser",
                                             "momentum",
                                             "rate_decay",
                                             "clip_norm",
                                             "trained",
                                             "activity_penalty",
                                             "readout_penalty"};
  return keys;
}

SweepRun read_settings(const Section& section, const Task& task) {
  SweepRun run{.id = {}, .cell = {}, .training = paper_training(task)};
  Training& training = run.training;
  section.take("epochs", training.epochs);
  section.take("units", training.network.units);
  section.take("batch", training.batch);
  section.take("training_trials", training.training_trials);
  section.take("validation_trials", training.validation_trials);
  section.take("test_trials", run.test_trials);
  section.take("as_released", training.rule.as_released);
  section.take("criterion_epochs", training.criterion.epochs);
  section.take("until_learned", training.until_learned);
  std::string precision = "float";
  section.take("precision", precision);
  if (precision != "float" && precision != "double")
    section.refuse("precision", fmt::format("want float or double, got '{}'", precision));
  run.in_double = precision == "double";
  if (run.test_trials < 1)
    section.refuse("test_trials", fmt::format("want at least 1, got {}", run.test_trials));
  if (training.network.units < 1)
    section.refuse("units", fmt::format("want at least 1, got {}", training.network.units));
  take_thresholds(section, training);
  take_descent(section, training);
  return run;
}

}  // namespace error_forcing
