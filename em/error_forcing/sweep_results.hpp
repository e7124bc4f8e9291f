#pragma once
// All results of a sweep's folder, whole or not: what its plan names, what is there, what is
// missing and what cannot be trusted.
//
//   DIR/plan.json        format, version, plan (the fingerprint), runs: id, cell, ..
//   DIR/runs/<id>.json   a run that is done (run_result.hpp)
//
// Laws: every run of the plan is among the results, the missing or the refused, and no result is
// from anywhere else; one bad file costs no good one; nothing is written, so a sweep that runs is
// not disturbed.

#include <error_forcing/run_result.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace error_forcing {

struct PlannedRun {
  std::string id;
  SweepCell cell;
};

struct SweepResults {
  std::vector<PlannedRun> planned;   ///< in the order of the plan
  std::vector<RunResult> runs;       ///< good ones, in the order of the plan
  std::vector<std::string> missing;  ///< ids of runs without a file
  std::vector<std::string> refused;  ///< a line for each file: which, why, the remedy
};

/// Reads the folder of a sweep by a program of this version. Throws InvalidInput if there is no
/// sweep in it, if its plan cannot be read, or if the sweep is of another format or version.
SweepResults load_sweep_results(const std::filesystem::path& folder, const std::string& version);

}  // namespace error_forcing
