#include "meaning.hpp"

#include <algorithm>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <nlohmann/json.hpp>

namespace error_forcing {

namespace {

using Settings = nlohmann::ordered_json;

Settings settings_of(const DelayedXor& task) {
  return {{"delay", task.delay}, {"pulse", task.pulse}};
}
Settings settings_of(const SineGeneration& task) {
  return {{"difficulty", task.difficulty}, {"steps", task.steps}};
}
Settings settings_of(const EvidenceIntegration& task) { return {{"delay", task.delay}}; }
Settings settings_of(const FlipFlop& task) {
  return {{"interval", task.interval},
          {"bits", task.bits},
          {"pulse", task.pulse},
          {"steps", task.steps}};
}
Settings settings_of(const ContextIntegration& task) {
  return {{"delay", task.delay}, {"noise", task.noise}};
}
Settings settings_of(const DelayedMatch& task) {
  return {{"delay", task.delay}, {"stimuli", task.stimuli}, {"pulse", task.pulse}};
}
Settings settings_of(const LimitCycle& task) {
  return {{"period", task.period}, {"steps", task.steps}};
}
Settings settings_of(const LorenzPrediction& task) {
  return {{"horizon", task.horizon}, {"steps", task.steps}};
}

Settings or_null(const std::optional<double>& value) {
  return value ? Settings(*value) : Settings(nullptr);
}

Settings cell_of(const SweepCell& cell) {
  Settings json{{"task", cell.task}, {"difficulty", cell.difficulty}, {"rule", cell.rule}};
  json["gain"] = or_null(cell.gain);
  json["rate"] = cell.rate;
  return json;
}

std::vector<double> thresholds_of(const Training& training) {
  std::vector<double> all;
  for (const auto& criterion : criteria_of(training)) all.push_back(criterion.threshold);
  return all;
}

Settings settings_of(const SweepRun& run) {
  const Training& training = run.training;
  return {{"id", run.id},
          {"cell", cell_of(run.cell)},
          {"seed", training.seed},
          {"epochs", training.epochs},
          {"task", std::visit([](const auto& task) { return settings_of(task); }, training.task)},
          {"units", training.network.units},
          {"batch", training.batch},
          {"training_trials", training.training_trials},
          {"validation_trials", training.validation_trials},
          {"test_trials", run.test_trials},
          {"precision", run.in_double ? "double" : "float"},
          {"as_released", training.rule.as_released},
          {"thresholds", thresholds_of(training)},
          {"criterion_epochs", training.criterion.epochs},
          {"until_learned", training.until_learned},
          {"optimiser", training.sgd_momentum ? "sgd" : "adam"},
          {"momentum", or_null(training.sgd_momentum)},
          {"rate_decay", training.rate_decay},
          {"clip_norm", or_null(training.clip_norm)},
          {"trained", names_of(training.adam.trained)},
          {"activity_penalty", training.penalties.activity},
          {"readout_penalty", training.penalties.readout}};
}

}  // namespace

std::string meaning(const SweepRun& run) { return settings_of(run).dump(); }

std::string fingerprint(const std::vector<SweepRun>& runs) {
  std::vector<std::string> lines;
  for (const SweepRun& run : runs) lines.push_back(meaning(run) + "\n");
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line;
  boost::uuids::name_generator_sha1 generate(boost::uuids::ns::oid());
  std::string digits = to_string(generate(text));
  std::erase(digits, '-');
  return digits;
}

}  // namespace error_forcing
