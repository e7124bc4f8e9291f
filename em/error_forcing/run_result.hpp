#pragma once
// What one run of a sweep came to, and the file that keeps it: DIR/runs/<id>.json.
//
//   format           of this file, run_result_format
//   version, plan    of the program, and the fingerprint of the plan (sweep_plan.hpp)
//   id               the file's own name, without .json
//   cell             task, difficulty, rule, gain (null if the rule has none), rate
//   seed, epochs     the run, and the epochs that it was allowed
//   outcome          "finished", "learned" or "diverged"
//   failure          epoch, updates, step, what; null unless diverged
//   learned          for each threshold the epoch in which its criterion was met, or null
//   test_loss        of the network running free on test_trials fresh trials; null if diverged
//   history          loss and validation_loss, a number an epoch
//
// Laws: writing and reading gives the same result, every number bit for bit; equal results give
// equal bytes, so no time of day and no duration is in the file; what is read is whole and agrees
// with itself, or is refused.

#include <error_forcing/training.hpp>
#include <filesystem>

namespace error_forcing {

inline constexpr int run_result_format = 1;

/// What all seeds of a cell share, beside the sizes that the plan fixes.
struct SweepCell {
  std::string task = "xor";
  Index difficulty = 0;  ///< the task's own: delay, steps added to a period, ..
  std::string rule = "bptt";
  std::optional<double> gain = {};  ///< of rules that force, and only of those
  double rate = 1e-3;               ///< of learning

  bool operator==(const SweepCell&) const = default;
};

/// When the validation loss had been below a threshold for the criterion's epochs in a row.
struct LearnedAt {
  double threshold = 0.1;
  std::optional<Index> epoch = {};  ///< the last of the row, from 1; none: never

  bool operator==(const LearnedAt&) const = default;
};

struct RunResult {
  std::string version, plan, id;
  SweepCell cell;
  std::uint64_t seed = 1;
  Index epochs = 0;                      ///< the budget
  Outcome outcome = Outcome::finished;   ///< or learned, or diverged
  std::optional<Failure> failure = {};   ///< if diverged
  std::vector<LearnedAt> learned = {};   ///< the task's own criterion first
  std::optional<double> test_loss = {};  ///< unless diverged
  Index test_trials = 0;
  std::vector<double> loss = {}, validation_loss = {};  ///< one an epoch that was whole
};

/// Throws InvalidInput for a result that does not agree with itself: an id that is no name of a
/// file, a number that is not finite, histories of unequal length or longer than the budget, a
/// failure without divergence or the reverse, an epoch that is not in the history.
void validate(const RunResult& result);

/// The content of the file. Validates first.
std::string to_json(const RunResult& result);

/// The inverse. `name` is what a refusal calls the text. Throws InvalidInput for text that is no
/// result, of another format, cut short, or does not agree with itself.
RunResult run_result_from(std::string_view text, const std::string& name);

/// Writes FOLDER/<id>.json aside and renames it. Throws InvalidInput where that fails.
void save_run_result(const std::filesystem::path& folder, const RunResult& result);

/// Reads FOLDER/<id>.json; the id in it must be the name of the file, or a copy would count twice.
RunResult load_run_result(const std::filesystem::path& file);

}  // namespace error_forcing
