#include "run_folder.hpp"

#include <error_forcing/atomic_file.hpp>
#include <error_forcing/case_file.hpp>
#include <error_forcing/errors.hpp>
#include <nlohmann/json.hpp>

namespace error_forcing::cli {

namespace fs = std::filesystem;

namespace {

std::string name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::finished: return "finished";
    case Outcome::learned: return "learned";
    case Outcome::stopped: return "interrupted";
    case Outcome::diverged: return "diverged";
  }
  return "unknown";
}

}  // namespace

void open_run_folder(const fs::path& folder, const std::string& command, bool overwrite) {
  require(!folder.empty(), "--out: want the name of a folder, got an empty one");
  make_folder(folder);
  std::error_code failure;
  const fs::directory_iterator entries(folder, failure);
  require(!failure, "{}: cannot be read ({}); choose another --out", folder.string(),
          failure.message());
  require(overwrite || entries == fs::directory_iterator(),
          "{}: is not empty; choose another --out, or add --overwrite to replace the run in it",
          folder.string());
  fs::remove(folder / "outcome.json", failure);
  write_text(folder / "command.txt", command + "\n");
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

std::optional<IsotropicNoise<double>> noise_of(const EpochRecord& record) {
  if (!record.noise) return {};
  return IsotropicNoise<double>{record.noise->sigma_h, record.noise->sigma_y};
}

void save_outcome(const fs::path& folder, const RunSummary& summary) {
  nlohmann::ordered_json report{{"outcome", name_of(summary.outcome)}, {"epochs", summary.epochs}};
  report["epoch_learned"] = nullptr;
  if (summary.learned) report["epoch_learned"] = *summary.learned;
  if (const auto& failure = summary.failure)
    report["failure"] = {{"epoch", failure->epoch},
                         {"updates", failure->updates},
                         {"step", failure->step},
                         {"what", failure->what}};
  write_text(folder / "outcome.json", report.dump(2) + "\n");
}

}  // namespace error_forcing::cli
