#include "run_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <error_forcing/atomic_file.hpp>
#include <error_forcing/case_file.hpp>
#include <error_forcing/errors.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

namespace error_forcing::cli {

namespace fs = std::filesystem;

// A file system that knows no locks has none.
FolderLock::FolderLock(const fs::path& folder) : descriptor_(::open(folder.c_str(), O_RDONLY)) {
  require(descriptor_ >= 0, "{}: cannot be read ({}); choose another folder", folder.string(),
          std::strerror(errno));
  const bool taken = ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (taken) ::close(descriptor_);
  require(!taken, "{}: another ef is at work in it; wait for it, or choose another folder",
          folder.string());
}

FolderLock::~FolderLock() { ::close(descriptor_); }

void open_run_folder(const fs::path& folder, bool overwrite) {
  require(!folder.empty(), "--out: want the name of a folder, got an empty one");
  make_folder(folder);
  std::error_code failure;
  const fs::directory_iterator entries(folder, failure);
  require(!failure, "{}: cannot be read ({}); choose another --out", folder.string(),
          failure.message());
  require(overwrite || entries == fs::directory_iterator(),
          "{}: is not empty; choose another --out, add --overwrite to replace the run in it, or "
          "--resume to go on with it",
          folder.string());
}

namespace {

// What a killed program had not finished to write. Only for who holds the lock.
void remove_partial_files(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".partial") fs::remove(entry.path(), ignored);
}

}  // namespace

void begin_run_folder(const fs::path& folder, const std::string& command) {
  std::error_code ignored;
  remove_partial_files(folder);
  fs::remove(folder / "outcome.json", ignored);
  fs::remove(folder / checkpoint_name, ignored);
  write_text(folder / "command.txt", command + "\n");
}

void reopen_run_folder(const fs::path& folder, const std::string& command) {
  remove_partial_files(folder);
  write_text(folder / "command.txt", command + "\n");
  std::error_code ignored;
  fs::remove(folder / "outcome.json", ignored);
}

void save_network(const fs::path& folder, const Network<double>& network,
                  const std::optional<IsotropicNoise<double>>& noise) {
  const fs::path file = folder / "network.h5";
  if (!noise) return write_network(file, network);
  const auto [Q, R] =
      isotropic_noise(network.units(), network.outputs(), noise->sigma_h, noise->sigma_y);
  write_network(file, network, Q, R);
}

void save_history(const fs::path& folder, const std::vector<EpochRecord>& history, bool tuned) {
  std::string table = "epoch,loss,objective,validation_loss,seconds";
  table += tuned ? ",gain,sigma_h,sigma_y\n" : "\n";
  for (const auto& record : history) {
    table += fmt::format("{},{},{},{},{:.4f}", record.epoch, record.loss, record.objective,
                         record.validation_loss, record.seconds);
    if (const auto& noise = record.noise)
      table += fmt::format(",{},{},{}", noise->gain, noise->sigma_h, noise->sigma_y);
    table += '\n';
  }
  write_text(folder / "history.csv", table);
}

void save_outcome(const fs::path& folder, const RunSummary& summary) {
  const auto or_null = [](const std::optional<Index>& epoch) {
    return epoch ? nlohmann::ordered_json(*epoch) : nlohmann::ordered_json(nullptr);
  };
  nlohmann::ordered_json report{{"outcome", name_of(summary.outcome)}, {"epochs", summary.epochs}};
  report["epoch_learned"] = or_null(summary.learned.at(0).epoch);
  for (const auto& [criterion, epoch] : summary.learned)
    report["criteria"].push_back({{"threshold", criterion.threshold},
                                  {"epochs_in_a_row", criterion.epochs},
                                  {"epoch_learned", or_null(epoch)}});
  if (const auto& failure = summary.failure)
    report["failure"] = {{"epoch", failure->epoch},
                         {"updates", failure->updates},
                         {"step", failure->step},
                         {"what", failure->what}};
  write_text(folder / "outcome.json", report.dump(2) + "\n");
}

namespace {

PastOutcome past_outcome(const nlohmann::json& report) {
  PastOutcome past;
  for (const auto outcome :
       {Outcome::finished, Outcome::learned, Outcome::stopped, Outcome::diverged})
    if (report.at("outcome") == name_of(outcome)) past.outcome = outcome;
  if (past.outcome == Outcome::diverged) {
    const auto& failure = report.at("failure");
    past.failure = {failure.at("epoch"), failure.at("updates"), failure.at("step"),
                    failure.at("what")};
  }
  return past;
}

}  // namespace

PastOutcome read_outcome(const fs::path& folder) {
  const fs::path file = folder / "outcome.json";
  std::error_code failure;
  if (!fs::exists(file, failure)) return {};
  try {
    auto past = past_outcome(nlohmann::json::parse(std::ifstream(file)));
    if (past.outcome) return past;
  } catch (const nlohmann::json::exception&) {
  }
  throw InvalidInput(
      fmt::format("{}: is not what ef wrote; remove it, then --resume goes on from the checkpoint",
                  file.string()));
}

}  // namespace error_forcing::cli
