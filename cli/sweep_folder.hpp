#pragma once
// The folder of a sweep. Every file is written aside and renamed.
//
//   plan.toml           the plan as it was given
//   plan.json           what it means: format, version, plan (its fingerprint), runs
//   runs/<id>.json      the result of a run (run_result.hpp), once it is done
//   seconds/<id>.json   how long it took: the one thing that another repetition has otherwise
//
// A result that cannot be read, or is of another plan, stays as runs/<id>.json.unreadable-<k>.

#include <error_forcing/sweep_plan.hpp>
#include <filesystem>

namespace error_forcing::cli {

struct SweepFolder {
  std::filesystem::path path;
  std::string plan;     ///< its fingerprint
  std::string version;  ///< of this program
};

/// Throws InvalidInput for a folder that holds the sweep of another plan or version, or something
/// else. A folder that is not there is fine.
void require_folder_of(const SweepFolder& folder, const SweepPlan& plan);

/// Creates what is missing of it.
void make_sweep_folder(const SweepFolder& folder, const SweepPlan& plan, const std::string& text);

/// A result that is there but is not that of its run.
struct BadResult {
  std::size_t place = 0;  ///< of the run in the plan
  std::string what = {};
};

/// Which of these runs are to be done.
struct Missing {
  std::vector<std::size_t> places;  ///< in the order given, those of `bad` too
  std::vector<BadResult> bad;
};
Missing missing_of(const SweepFolder& folder, const SweepPlan& plan,
                   const std::vector<std::size_t>& places);

/// Renames a bad result; returns its new name.
std::string keep_aside(const SweepFolder& folder, const SweepRun& run);

/// Whether there is a result now, whatever it is.
bool has_result(const SweepFolder& folder, const SweepRun& run);

/// Keeps the result, with the folder's version and plan.
void save_result(const SweepFolder& folder, RunResult result, double seconds);

}  // namespace error_forcing::cli
