#pragma once
// The folder of a training run. Every file is written aside and renamed, so that whatever happens
// to the program the folder holds a whole network and a whole history.
//
//   command.txt    the command, ready for a shell
//   network.h5     the network after the last epoch, in the layout of a case (case_file.hpp), with
//                  Q and R where the noise is tuned
//   history.csv    epoch, loss, objective, validation_loss, seconds; gain, sigma_h and sigma_y
//                  where the noise is tuned
//   checkpoint.h5  all that the run carries (checkpoint.hpp), some epochs old at most
//   outcome.json   how the run ended; absent while it runs, or when it was killed

#include <error_forcing/training.hpp>
#include <filesystem>

namespace error_forcing::cli {

inline constexpr const char* checkpoint_name = "checkpoint.h5";

/// Keeps other programs out of the folder of a run while it lives. The system lets go of it when
/// the program is killed.
class FolderLock {
 public:
  /// Throws InvalidInput if the folder is not there, or another program has it.
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  int descriptor_;
};

/// Creates the folder. Throws InvalidInput for a folder that already holds something, unless
/// `overwrite` says that the files of the run in it may be replaced.
void open_run_folder(const std::filesystem::path& folder, bool overwrite);

/// Writes the command's file, and removes the outcome and the checkpoint of a run before.
void begin_run_folder(const std::filesystem::path& folder, const std::string& command);

/// Makes the folder of a run that goes on as it is while it runs: removes the outcome, and what a
/// killed program had not finished to write.
void reopen_run_folder(const std::filesystem::path& folder, const std::string& command);

void save_network(const std::filesystem::path& folder, const Network<double>& network,
                  const std::optional<IsotropicNoise<double>>& noise);
/// Every record of a tuned run holds its noise.
void save_history(const std::filesystem::path& folder, const std::vector<EpochRecord>& history,
                  bool tuned);

/// A criterion and the epoch in which it was met, if it was.
struct CriterionMet {
  Criterion criterion;
  std::optional<Index> epoch;
};

/// How a run ended, apart from the weights.
struct RunSummary {
  Outcome outcome = Outcome::finished;
  Index epochs = 0;  ///< done
  std::vector<CriterionMet> learned = {};
  std::optional<Failure> failure = {};
};

void save_outcome(const std::filesystem::path& folder, const RunSummary& summary);

/// What outcome.json says, if there is one.
struct PastOutcome {
  std::optional<Outcome> outcome = {};
  std::optional<Failure> failure = {};  ///< if it diverged
};

/// Throws InvalidInput for a file that save_outcome() did not write.
PastOutcome read_outcome(const std::filesystem::path& folder);

}  // namespace error_forcing::cli
