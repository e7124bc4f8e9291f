#include "sweep_folder.hpp"

#include <error_forcing/atomic_file.hpp>
#include <error_forcing/errors.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace error_forcing::cli {

namespace fs = std::filesystem;

namespace {

std::optional<std::string> text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return {};
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

fs::path result_file(const SweepFolder& folder, const SweepRun& run) {
  return folder.path / "runs" / (run.id + ".json");
}

// Why a plan.json is not that of this sweep.
[[noreturn]] void refuse_plan(const SweepFolder& folder, const std::string& text) {
  const std::string path = folder.path.string();
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const bool whole = json.is_object() && json.contains("version") && json.contains("plan");
  require(whole,
          "{0}/plan.json: is damaged; remove it if {0} is of this plan, every result is checked by "
          "itself",
          path);
  const std::string version = json.at("version").dump(), plan = json.at("plan").dump();
  require(version == '"' + folder.version + '"',
          "{}: was made by ef {}, this is ef {}, whose numbers may differ; use that version, or "
          "another --out",
          path, version, folder.version);
  throw InvalidInput(
      fmt::format("{0}: holds the sweep of another plan ({1}, this is \"{2}\"); use {0}/plan.toml, "
                  "or another --out",
                  path, plan, folder.plan));
}

// What is wrong with the result that is there; empty if nothing.
std::string fault_of(const SweepFolder& folder, const SweepRun& run) {
  try {
    const RunResult result = load_run_result(result_file(folder, run));
    const bool is_own = result.plan == folder.plan && result.version == folder.version &&
                        result.cell == run.cell && result.seed == run.training.seed;
    if (is_own) return "";
    return fmt::format("{}: is of another plan or version ({}, ef {})",
                       result_file(folder, run).string(), result.plan, result.version);
  } catch (const InvalidInput& error) {
    return error.what();
  }
}

// Shards that start at once may all write it, and the same.
void write_unless_there(const fs::path& file, const std::string& text) {
  if (fs::exists(file)) return;
  try {
    write_text(file, text);
  } catch (const InvalidInput&) {
    if (text_of(file) != text) throw;
  }
}

}  // namespace

void require_folder_of(const SweepFolder& folder, const SweepPlan& plan) {
  require(!folder.path.empty(), "--out: want the name of a folder, got an empty one");
  if (const auto text = text_of(folder.path / "plan.json")) {
    if (*text != to_json(plan, folder.version)) refuse_plan(folder, *text);
    return;
  }
  std::error_code failure;
  const fs::directory_iterator entries(folder.path, failure);
  if (failure == std::errc::no_such_file_or_directory) return;
  require(!failure, "{}: cannot be read ({}); choose another --out", folder.path.string(),
          failure.message());
  require(entries == fs::directory_iterator() || fs::is_directory(folder.path / "runs"),
          "{}: is not empty and holds no sweep; choose another --out", folder.path.string());
}

void make_sweep_folder(const SweepFolder& folder, const SweepPlan& plan, const std::string& text) {
  make_folder(folder.path / "runs");
  make_folder(folder.path / "seconds");
  write_unless_there(folder.path / "plan.toml", text);
  write_unless_there(folder.path / "plan.json", to_json(plan, folder.version));
}

bool has_result(const SweepFolder& folder, const SweepRun& run) {
  std::error_code unreadable;
  return fs::exists(fs::symlink_status(result_file(folder, run), unreadable));
}

Missing missing_of(const SweepFolder& folder, const SweepPlan& plan,
                   const std::vector<std::size_t>& places) {
  Missing missing;
  for (const std::size_t place : places) {
    const SweepRun& run = plan.runs[place];
    const bool there = has_result(folder, run);
    const std::string fault = there ? fault_of(folder, run) : "";
    if (!fault.empty()) missing.bad.push_back({place, fault});
    if (!there || !fault.empty()) missing.places.push_back(place);
  }
  return missing;
}

std::string keep_aside(const SweepFolder& folder, const SweepRun& run) {
  const fs::path file = result_file(folder, run);
  for (int k = 1;; ++k) {
    const fs::path aside = fmt::format("{}.unreadable-{}", file.string(), k);
    if (fs::exists(fs::symlink_status(aside))) continue;
    std::error_code failure;
    fs::rename(file, aside, failure);
    require(!failure, "{}: cannot be renamed ({}); move it out of the way", file.string(),
            failure.message());
    return aside.filename().string();
  }
}

void save_result(const SweepFolder& folder, RunResult result, double seconds) {
  result.plan = folder.plan;
  result.version = folder.version;
  write_text(folder.path / "seconds" / (result.id + ".json"),
             fmt::format("{{\"seconds\": {:.3f}}}\n", seconds));
  save_run_result(folder.path / "runs", result);
}

}  // namespace error_forcing::cli
