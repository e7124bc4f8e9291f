#include <cmath>
#include <error_forcing/atomic_file.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/run_result.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace error_forcing {

namespace {

using Json = nlohmann::ordered_json;

Outcome outcome_named(const std::string& wanted) {
  for (const auto outcome : {Outcome::finished, Outcome::learned, Outcome::diverged})
    if (wanted == name_of(outcome)) return outcome;
  throw InvalidInput(fmt::format("outcome: want finished, learned or diverged, got '{}'", wanted));
}

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// The library would read true as 1, 3.7 as 3 and -1 as 2^64 - 1.
double number(const Json& object, const char* key) {
  const Json& value = object.at(key);
  require(value.is_number(), "{}: want a number, got {}", key, value.type_name());
  return value.get<double>();
}

Index integer(const Json& object, const char* key) {
  const Json& value = object.at(key);
  require(value.is_number_integer(), "{}: want an integer, got {}", key, value.dump());
  return value.get<Index>();
}

std::string text(const Json& object, const char* key) { return object.at(key).get<std::string>(); }

template <typename Read>
auto unless_null(const Json& object, const char* key, Read read)
    -> std::optional<decltype(read(object, key))> {
  if (object.at(key).is_null()) return {};
  return read(object, key);
}

const Json& list(const Json& object, const char* key) {
  const Json& value = object.at(key);
  require(value.is_array(), "{}: want a list, got {}", key, value.type_name());
  return value;
}

std::vector<double> numbers(const Json& object, const char* key) {
  std::vector<double> values;
  for (const Json& value : list(object, key)) {
    require(value.is_number(), "{}: want numbers, got {}", key, value.type_name());
    values.push_back(value.get<double>());
  }
  return values;
}

Json json_of(const SweepCell& cell) {
  return {{"task", cell.task},
          {"difficulty", cell.difficulty},
          {"rule", cell.rule},
          {"gain", or_null(cell.gain)},
          {"rate", cell.rate}};
}

SweepCell cell_from(const Json& json) {
  return {text(json, "task"), integer(json, "difficulty"), text(json, "rule"),
          unless_null(json, "gain", number), number(json, "rate")};
}

Json json_of(const std::optional<Failure>& failure) {
  if (!failure) return nullptr;
  return {{"epoch", failure->epoch},
          {"updates", failure->updates},
          {"step", failure->step},
          {"what", failure->what}};
}

Failure failure_from(const Json& object, const char* key) {
  const Json& json = object.at(key);
  return {integer(json, "epoch"), integer(json, "updates"), integer(json, "step"),
          text(json, "what")};
}

Json json_of(const std::vector<LearnedAt>& learned) {
  Json list = Json::array();
  for (const auto& [threshold, epoch] : learned)
    list.push_back({{"threshold", threshold}, {"epoch", or_null(epoch)}});
  return list;
}

std::vector<LearnedAt> learned_from(const Json& json) {
  std::vector<LearnedAt> learned;
  for (const Json& entry : list(json, "learned"))
    learned.push_back({number(entry, "threshold"), unless_null(entry, "epoch", integer)});
  return learned;
}

std::uint64_t seed_from(const Json& json) {
  const Json& value = json.at("seed");
  require(value.is_number_unsigned(), "seed: want an integer from 0 to 2^64 - 1, got {}",
          value.dump());
  return value.get<std::uint64_t>();
}

RunResult result_from(const Json& json) {
  const Json& history = json.at("history");
  return {.version = text(json, "version"),
          .plan = text(json, "plan"),
          .id = text(json, "id"),
          .cell = cell_from(json.at("cell")),
          .seed = seed_from(json),
          .epochs = integer(json, "epochs"),
          .outcome = outcome_named(text(json, "outcome")),
          .failure = unless_null(json, "failure", failure_from),
          .learned = learned_from(json),
          .test_loss = unless_null(json, "test_loss", number),
          .test_trials = integer(json, "test_trials"),
          .loss = numbers(history, "loss"),
          .validation_loss = numbers(history, "validation_loss")};
}

void require_finite(const char* what, double value) {
  require(std::isfinite(value), "{}: want a finite number, got {}", what, value);
}

void validate_history(const RunResult& result) {
  const auto epochs = static_cast<Index>(result.loss.size());
  require(result.validation_loss.size() == result.loss.size(),
          "history: {} losses but {} validation losses", epochs, result.validation_loss.size());
  const bool whole = result.outcome != Outcome::finished || epochs == result.epochs;
  require(whole && epochs <= result.epochs, "history: {} epochs of {}, but the run has {}", epochs,
          result.epochs, name_of(result.outcome));
  for (const double loss : result.loss) require_finite("loss", loss);
  for (const double loss : result.validation_loss) require_finite("validation loss", loss);
  for (const auto& [threshold, epoch] : result.learned) {
    require_finite("threshold", threshold);
    require(!epoch || (*epoch >= 1 && *epoch <= epochs),
            "learned: in epoch {}, of a history of {} epochs", epoch.value_or(0), epochs);
  }
}

void validate_end(const RunResult& result) {
  const bool diverged = result.outcome == Outcome::diverged;
  require(result.failure.has_value() == diverged,
          "failure: want one if and only if diverged, got {}", result.failure ? "one" : "none");
  require(result.test_loss.has_value() != diverged, "test loss: want one unless diverged, got {}",
          result.test_loss ? "one" : "none");
  if (result.test_loss) require_finite("test loss", *result.test_loss);
  require(result.test_trials >= 1, "test trials: want at least 1, got {}", result.test_trials);
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  // Nothing inserted counts as a failure too: an empty file.
  const bool whole = stream.is_open() && (content.good() || content.view().empty());
  require(whole && !std::filesystem::is_directory(file),
          "{}: cannot be read; is it a file that you may read?", file.string());
  return content.str();
}

}  // namespace

void validate(const RunResult& result) {
  require(result.outcome != Outcome::stopped,
          "run result: a run that was stopped has no result; run it to its end");
  const bool is_name = !result.id.empty() && result.id.find('/') == std::string::npos;
  require(is_name, "id: want a name for a file, got '{}'", result.id);
  require_finite("rate", result.cell.rate);
  if (result.cell.gain) require_finite("gain", *result.cell.gain);
  require(!result.learned.empty(), "learned: want at least one threshold, got none");
  validate_history(result);
  validate_end(result);
}

std::string to_json(const RunResult& result) {
  validate(result);
  const Json json{
      {"format", run_result_format},
      {"version", result.version},
      {"plan", result.plan},
      {"id", result.id},
      {"cell", json_of(result.cell)},
      {"seed", result.seed},
      {"epochs", result.epochs},
      {"outcome", name_of(result.outcome)},
      {"failure", json_of(result.failure)},
      {"learned", json_of(result.learned)},
      {"test_loss", or_null(result.test_loss)},
      {"test_trials", result.test_trials},
      {"history", {{"loss", result.loss}, {"validation_loss", result.validation_loss}}}};
  return json.dump(2) + "\n";
}

RunResult run_result_from(std::string_view text, const std::string& name) {
  try {
    const Json json = Json::parse(text);
    const Index format = integer(json, "format");
    require(format == run_result_format, "format {}, but this program reads {}", format,
            run_result_format);
    RunResult result = result_from(json);
    validate(result);
    return result;
  } catch (const Json::exception& error) {
    throw InvalidInput(fmt::format("{}: is not the result of a run ({})", name, error.what()));
  } catch (const InvalidInput& error) {
    throw InvalidInput(fmt::format("{}: is not the result of a run ({})", name, error.what()));
  }
}

void save_run_result(const std::filesystem::path& folder, const RunResult& result) {
  write_text(folder / (result.id + ".json"), to_json(result));
}

RunResult load_run_result(const std::filesystem::path& file) {
  RunResult result = run_result_from(content_of(file), file.string());
  require(file.filename() == result.id + ".json",
          "{}: holds the result of {}; give it that name, or remove it", file.string(), result.id);
  return result;
}

}  // namespace error_forcing
