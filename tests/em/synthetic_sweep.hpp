#pragma once
// A folder of a sweep as it is on disk, from results that never ran.

#include <fmt/format.h>

#include <error_forcing/atomic_file.hpp>
#include <error_forcing/run_result.hpp>

#include <filesystem>
#include <vector>

namespace error_forcing::test {

/// The plan of these runs: what a reader of it needs, as the sweep writes it.
inline std::string synthetic_plan(const std::vector<RunResult>& runs,
                                  const std::string& version = "0.1.0") {
  std::string text =
      fmt::format(R"({{"format": 1, "version": "{}", "plan": "9f3a", "runs": [)", version);
  for (const RunResult& run : runs) {
    const SweepCell& cell = run.cell;
    text += fmt::format(
        R"({}{{"id": "{}", "cell": {{"task": "{}", "difficulty": {}, "rule": "{}", "gain": {}, "rate": {}}}, "seed": {}, "epochs": {}}})",
        &run == runs.data() ? "\n" : ",\n", run.id, cell.task, cell.difficulty, cell.rule,
        cell.gain ? fmt::format("{}", *cell.gain) : "null", cell.rate, run.seed, run.epochs);
  }
  return text + "\n]}\n";
}

/// Writes the plan and every run of it.
inline void write_sweep(const std::filesystem::path& folder, const std::vector<RunResult>& runs) {
  make_folder(folder / "runs");
  write_text(folder / "plan.json", synthetic_plan(runs));
  for (const RunResult& run : runs) save_run_result(folder / "runs", run);
}

}  // namespace error_forcing::test
