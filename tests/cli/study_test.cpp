// ef study: files that belong together, or none.

#include <algorithm>
#include <cmath>
#include <sstream>

#include "program.hpp"
#include "sanitized.hpp"

namespace error_forcing::testing {
namespace {

Outcome study(const ScratchFolder& folder, std::vector<std::string> options, RunOptions how = {}) {
  options.insert(options.begin(), {"study", "geometry"});
  how.folder = folder.path();
  return ef(options, how);
}

TEST(Study, DrawsThePictureAndWritesTheTablesBehindIt) {
  const ScratchFolder folder;
  const Outcome run = study(folder, {"--out", "made/figures", "--steps", "5"});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(run.errors, "");
  const std::string picture = read_file(folder / "made/figures/geometry.svg");
  EXPECT_NE(picture.find("<svg"), std::string::npos);
  EXPECT_NE(picture.find("</svg>"), std::string::npos);
  for (const auto* name : {"trajectories.csv", "displacement_split.csv"}) {
    const std::string table = read_file(folder / "made/figures" / name);
    EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 1 + 3 * 5) << name;
    EXPECT_EQ(table.find("nan"), std::string::npos) << name;
  }
  EXPECT_EQ(contents(folder.path()).size(), 2U + 3U);  // two folders, three files, nothing else
}

TEST(Study, RefusesOptionsOutsideTheirRangeAndMakesNoFolder) {
  const ScratchFolder folder;
  for (const std::string gain : {"-0.1", "1.1", "nan"})
    expect_refused(study(folder, {"--out", "figures", "--gain", gain}), {"gain", gain});
  for (const std::string steps : {"0", "-4", "10001"})
    expect_refused(study(folder, {"--out", "figures", "--steps", steps}), {"steps", steps});
  EXPECT_TRUE(contents(folder.path()).empty());
}

TEST(Study, RefusesAPlaceThatCannotBeWritten) {
  const ScratchFolder folder;
  write_file(folder / "file", "");
  for (const std::string place : {"file", "file/figures", "/proc/figures"})
    expect_refused(study(folder, {"--out", place}), {place});
  EXPECT_EQ(contents(folder.path()).size(), 1U);
}

TEST(Study, NamesGnuplotWhereItIsMissing) {
  const ScratchFolder folder;
  expect_refused(study(folder, {"--out", "figures"}, {.without_path = true}), {"gnuplot"});
  EXPECT_TRUE(contents(folder.path()).empty());
}

// The cells of a table of numbers and words without commas.
std::vector<std::vector<std::string>> cells(const std::string& table) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream of_line(line);
    rows.emplace_back();
    for (std::string cell; std::getline(of_line, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}

TEST(StudyEquivalence, ComparesEveryRuleAndFollowsInference) {
  if (test::sanitized) GTEST_SKIP() << "too slow under the sanitizers; its stems are tested";
  const ScratchFolder folder;
  const Outcome run = ef({"study", "equivalence", "--out", "made", "--draws", "1", "--particles",
                          "20", "--epochs", "2"},
                         {.folder = folder.path()});
  ASSERT_EQ(run.status, 0) << run.errors;
  for (const auto* name : {"linear.svg", "parts.svg", "nonlinear.svg", "inference.svg"})
    EXPECT_NE(read_file(folder / "made" / name).find("</svg>"), std::string::npos) << name;
  for (const auto& row : cells(read_file(folder / "made/rules.csv"))) {
    ASSERT_EQ(row.size(), 8U);
    if (row[0] == "sweep") continue;
    EXPECT_LE(std::abs(std::stod(row[5])), 1 + 1e-12) << row[0] << ' ' << row[3];
  }
  // (I4): the two M-steps are as far apart as inference is from its end.
  const auto inference = cells(read_file(folder / "made/inference.csv"));
  ASSERT_GT(inference.size(), 20U);
  for (std::size_t k = 1; k < inference.size(); ++k) {
    if (std::stod(inference[k][4]) > 1e-9) continue;
    EXPECT_LT(std::stod(inference[k][5]), 1e-5) << k;
  }
}

TEST(StudyEquivalence, RefusesNumbersOutsideTheirRangeAndMakesNoFolder) {
  const ScratchFolder folder;
  for (const std::string option : {"--draws", "--particles", "--epochs"})
    expect_refused(
        ef({"study", "equivalence", "--out", "made", option, "0"}, {.folder = folder.path()}),
        {"at least one", "0"});
  expect_refused(
      ef({"study", "equivalence", "--out", "made", "--task", "chess"}, {.folder = folder.path()}),
      {"chess"});
  EXPECT_TRUE(contents(folder.path()).empty());
}

TEST(Study, NamesTheStudiesThereAre) {
  expect_refused(ef({"study"}), {"subcommand"});
  expect_refused(ef({"study", "algebra"}), {"algebra"});
}

}  // namespace
}  // namespace error_forcing::testing
