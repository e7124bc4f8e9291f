#pragma once
// The folder of a training run. Every file is written aside and renamed, so that whatever happens
// to the program the folder holds a whole network and a whole history.
//
//   command.txt    the command, ready for a shell
//   network.h5     the network after the last epoch, in the layout of a case (case_file.hpp), with
//                  Q and R where the noise is tuned
//   history.csv    epoch, loss, objective, validation_loss, seconds; gain, sigma_h and sigma_y
//                  where the noise is tuned
//   outcome.json   how the run ended; absent while it runs, or when it was killed

#include <error_forcing/training.hpp>
#include <filesystem>

namespace error_forcing::cli {

/// Creates the folder and the command's file. Throws InvalidInput for a folder that already holds
/// something, unless `overwrite` says that the files of the run in it may be replaced.
void open_run_folder(const std::filesystem::path& folder, const std::string& command,
                     bool overwrite);

void save_network(const std::filesystem::path& folder, const Network<double>& network,
                  const std::optional<IsotropicNoise<double>>& noise);
/// Every record of a tuned run holds its noise.
void save_history(const std::filesystem::path& folder, const std::vector<EpochRecord>& history,
                  bool tuned);

/// The noise of a record of a tuned run.
std::optional<IsotropicNoise<double>> noise_of(const EpochRecord& record);

/// How a run ended, apart from the weights.
struct RunSummary {
  Outcome outcome = Outcome::finished;
  Index epochs = 0;                   ///< done
  std::optional<Index> learned = {};  ///< the epoch in which the criterion was met
  std::optional<Failure> failure = {};
};

void save_outcome(const std::filesystem::path& folder, const RunSummary& summary);

}  // namespace error_forcing::cli
