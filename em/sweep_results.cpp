#include <error_forcing/errors.hpp>
#include <error_forcing/sweep_results.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

namespace error_forcing {

namespace fs = std::filesystem;

namespace {

constexpr int sweep_format = 1;
constexpr const char* again = "remove it and run the sweep again";

struct SweepHead {
  std::string version, plan;
  std::vector<PlannedRun> runs;
};

SweepCell planned_cell(const nlohmann::json& json) {
  SweepCell cell{.task = json.at("task"),
                 .difficulty = json.at("difficulty"),
                 .rule = json.at("rule"),
                 .rate = json.at("rate")};
  if (!json.at("gain").is_null()) cell.gain = json.at("gain").get<double>();
  return cell;
}

void require_version(const std::string& name, const std::string& found, const std::string& wanted) {
  require(found == wanted,
          "{}: is of version {}, but this program is {}; run the sweep again into a new folder, or "
          "use that version",
          name, found, wanted);
}

SweepHead head_from(const nlohmann::json& json, const std::string& name,
                    const std::string& version) {
  const int format = json.at("format");
  require(format == sweep_format,
          "{}: is of format {}, but this program reads {}; use the program "
          "that wrote it",
          name, format, sweep_format);
  require_version(name, json.at("version"), version);
  SweepHead head{json.at("version"), json.at("plan"), {}};
  for (const auto& run : json.at("runs"))
    head.runs.push_back({run.at("id"), planned_cell(run.at("cell"))});
  require(!head.runs.empty(), "{}: has no runs; run the sweep again into a new folder", name);
  return head;
}

SweepHead load_head(const fs::path& folder, const std::string& version) {
  std::error_code failure;
  require(fs::is_directory(folder, failure), "{}: is no folder; give the --out of ef sweep",
          folder.string());
  const fs::path file = folder / "plan.json";
  std::ifstream stream(file, std::ios::binary);
  require(stream.is_open(),
          "{}: holds no sweep that can be read (no plan.json); give the --out of "
          "ef sweep",
          folder.string());
  try {
    return head_from(nlohmann::json::parse(stream), file.string(), version);
  } catch (const nlohmann::json::exception& error) {
    throw InvalidInput(
        fmt::format("{}: is no plan of a sweep ({}); run the sweep again, which "
                    "writes it anew",
                    file.string(), error.what()));
  }
}

// A file that is whole but not of this sweep.
void require_own(const RunResult& result, const PlannedRun& planned, const SweepHead& head,
                 const std::string& name) {
  require(result.plan == head.plan, "{}: is of another plan ({}, not {})", name, result.plan,
          head.plan);
  require(result.version == head.version, "{}: is of version {}, not {}", name, result.version,
          head.version);
  require(result.cell == planned.cell, "{}: is of another cell than its name in plan.json", name);
}

void load_run(const fs::path& file, const PlannedRun& planned, const SweepHead& head,
              SweepResults& found) {
  std::error_code unknown;
  if (!fs::exists(fs::symlink_status(file, unknown))) {
    found.missing.push_back(planned.id);
    return;
  }
  try {
    RunResult result = load_run_result(file);
    require_own(result, planned, head, file.string());
    found.runs.push_back(std::move(result));
  } catch (const InvalidInput& error) {
    found.refused.push_back(fmt::format("{}; {}", error.what(), again));
  }
}

// Results of no run of the plan; files that a run is still writing have another ending.
void refuse_strangers(const fs::path& folder, SweepResults& found) {
  std::set<std::string> known;
  for (const auto& [id, cell] : found.planned) known.insert(id + ".json");
  std::set<std::string> strangers;
  std::error_code none_yet;
  for (const auto& entry : fs::directory_iterator(folder, none_yet))
    if (entry.path().extension() == ".json" && !known.contains(entry.path().filename()))
      strangers.insert(entry.path().string());
  for (const auto& name : strangers)
    found.refused.push_back(fmt::format("{}: is no run of plan.json; remove it", name));
}

}  // namespace

SweepResults load_sweep_results(const fs::path& folder, const std::string& version) {
  SweepHead head = load_head(folder, version);
  SweepResults found;
  for (const auto& planned : head.runs)
    load_run(folder / "runs" / (planned.id + ".json"), planned, head, found);
  found.planned = std::move(head.runs);
  refuse_strangers(folder / "runs", found);
  return found;
}

}  // namespace error_forcing
