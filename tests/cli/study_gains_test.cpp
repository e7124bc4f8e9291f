// ef study gains: three files that belong together, or none.

#include <algorithm>
#include <regex>
#include <sstream>

#include "program.hpp"
#include "sanitized.hpp"

namespace error_forcing::testing {
namespace {

Outcome study_gains(const ScratchFolder& folder, std::vector<std::string> options,
                    RunOptions how = {}) {
  options.insert(options.begin(), {"study", "gains"});
  how.folder = folder.path();
  return ef(options, how);
}

// Trials of 100 steps for three units, two epochs long.
std::vector<std::string> tiny(const std::vector<std::string>& more) {
  std::vector<std::string> options{"--units", "3", "--epochs", "2", "--out", "made/gains"};
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

std::vector<std::string> lines_of(const std::string& table) {
  std::vector<std::string> lines;
  std::istringstream text(table);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

TEST(StudyGains, TrainsSixFixedGainsAndThreeTunedOnes) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  const ScratchFolder folder;
  const Outcome run = study_gains(folder, tiny({"--task", "xor", "--delay", "10", "--seeds", "2"}));
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(run.errors, "");
  const std::string picture = read_file(folder / "made/gains/gains.svg");
  EXPECT_NE(picture.find("</svg>"), std::string::npos);
  EXPECT_NE(picture.find("tuned from 0.95"), std::string::npos);
  const auto gains = lines_of(read_file(folder / "made/gains/gains.csv"));
  EXPECT_EQ(gains.size(), 1U + 9 * 2 * 2);  // rules, seeds, epochs
  EXPECT_EQ(gains[0], "task,rule,start,seed,epoch,loss,validation_loss,gain,sigma_h,sigma_y");
  const std::string number = "[0-9.e-]+";
  for (std::size_t k = 1; k < gains.size(); ++k) {
    const bool tuned = k > 6 * 2 * 2;
    const std::regex row((tuned ? "xor,ef-tuned," : "xor,ef,") + number + ",[12],[12]," + number +
                         "," + number + "," + number +
                         (tuned ? "," + number + "," + number : ",,"));
    EXPECT_TRUE(std::regex_match(gains[k], row)) << gains[k];
  }
  EXPECT_EQ(lines_of(read_file(folder / "made/gains/summary.csv")).size(), 1U + 9);
  EXPECT_EQ(contents(folder.path()).size(), 2U + 3U);
}

// Four small steps of Adam later the noise still implies nearly the gain that it was made for.
TEST(StudyGains, StartsTheNoiseAtTheGainThatItNames) {
  const ScratchFolder folder;
  const Outcome run =
      study_gains(folder, tiny({"--delay", "10", "--seeds", "1", "--noise-step", "1e-9"}));
  ASSERT_EQ(run.status, 0) << run.errors;
  std::smatch row;
  const std::string table = read_file(folder / "made/gains/gains.csv");
  for (const std::string start : {"0.05", "0.5", "0.95"}) {
    const std::regex wanted("ef-tuned," + start + ",1,1,[^,]*,[^,]*,([^,]*),");
    ASSERT_TRUE(std::regex_search(table, row, wanted)) << table;
    EXPECT_NEAR(std::stod(row[1]), std::stod(start), 0.02);
  }
}

TEST(StudyGains, KnowsTheSineToo) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  const ScratchFolder folder;
  const Outcome run = study_gains(folder, tiny({"--task", "sine", "--steps", "5", "--seeds", "1"}));
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_TRUE(
      lines_of(read_file(folder / "made/gains/gains.csv"))[1].starts_with("sine,ef,0,1,1,"));
}

TEST(StudyGains, RefusesOptionsOutsideTheirRangeAndMakesNoFolder) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  const ScratchFolder folder;
  const auto refuse = [&](const std::string& option, const std::string& value) {
    expect_refused(study_gains(folder, {"--out", "gains", option, value}),
                   {option.substr(2), value});
  };
  for (const auto* seeds : {"0", "-1", "1001"}) refuse("--seeds", seeds);
  for (const auto* epochs : {"0", "-1"}) refuse("--epochs", epochs);
  for (const auto* delay : {"0", "1000000"}) refuse("--delay", delay);
  refuse("--units", "0");
  refuse("--task", "parity");
  for (const auto* step : {"0", "1.5", "nan"})
    expect_refused(study_gains(folder, {"--out", "gains", "--noise-step", step}),
                   {"noise step", step});
  expect_refused(study_gains(folder, {"--out", "gains", "--steps", "20"}),
                 {"--steps", "--task sine", "xor"});
  EXPECT_TRUE(contents(folder.path()).empty());
}

TEST(StudyGains, NamesGnuplotBeforeItTrains) {
  const ScratchFolder folder;
  const Outcome run = study_gains(folder, {"--out", "gains"}, {.without_path = true});
  expect_refused(run, {"gnuplot"});
  EXPECT_TRUE(contents(folder.path()).empty());
}

}  // namespace
}  // namespace error_forcing::testing
