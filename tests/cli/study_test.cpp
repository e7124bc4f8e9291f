// ef study: files that belong together, or none.

#include <algorithm>
#include <cmath>
#include <error_forcing/matrix.hpp>
#include <map>
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
  SKIP_UNDER_SANITIZERS("one refusal is like another");
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
  SKIP_UNDER_SANITIZERS("its stems are tested");
  const ScratchFolder folder;
  const Outcome run = ef({"study", "equivalence", "--out", "made", "--draws", "1", "--particles",
                          "20", "--units", "8", "--epochs", "2"},
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
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  const ScratchFolder folder;
  for (const std::string option : {"--draws", "--particles", "--units", "--epochs"})
    expect_refused(
        ef({"study", "equivalence", "--out", "made", option, "0"}, {.folder = folder.path()}),
        {"at least one", "0"});
  expect_refused(
      ef({"study", "equivalence", "--out", "made", "--task", "chess"}, {.folder = folder.path()}),
      {"chess"});
  EXPECT_TRUE(contents(folder.path()).empty());
}

// Tables of pairs that obey their laws: rtrl is bptt, the readout of truncated credit is exact, a
// pair is the reverse of its reverse.
TEST(StudyAlignment, ComparesEveryPairOfRulesInEveryBlock) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  const ScratchFolder folder;
  const Outcome run = ef({"study", "alignment", "--out", "made", "--delay", "10", "--units", "6",
                          "--epochs", "2", "--seeds", "2", "--trials", "2"},
                         {.folder = folder.path()});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(run.errors, "");
  for (const auto* name : {"training.svg", "pairs.svg"})
    EXPECT_NE(read_file(folder / "made" / name).find("</svg>"), std::string::npos) << name;
  EXPECT_EQ(cells(read_file(folder / "made/training.csv")).size(), 1U + 2 * 3);
  const auto rows = cells(read_file(folder / "made/alignment.csv"));
  ASSERT_EQ(rows.size(), 1U + 2 * 3 * 13 * 13 * 7);  // seeds, snapshots, pairs, groups
  std::map<std::vector<std::string>, std::vector<double>> pairs;
  for (std::size_t k = 1; k < rows.size(); ++k) {
    const auto& row = rows[k];
    ASSERT_EQ(row.size(), 8U);
    pairs[{row[0], row[1], row[2], row[3], row[4]}] = {std::stod(row[5]), std::stod(row[6]),
                                                       std::stod(row[7])};
  }
  Index exact = 0, different = 0;
  for (const auto& [key, found] : pairs) {
    const auto& back = pairs.at({key[0], key[1], key[3], key[2], key[4]});
    EXPECT_NEAR(found[0], back[0], 1e-12);
    EXPECT_NEAR(found[1] * back[1], 1, 1e-9);
    EXPECT_EQ(found[2], back[2]);
    if (key[3] != "bptt") continue;
    const bool truncated = key[2] == "rflo" || key[2] == "snap1" || key[2] == "rflo random";
    const bool readout = key[4] == "C" || key[4] == "d";
    if (key[2] == "rtrl" || key[2] == "bptt" || (truncated && readout)) {
      EXPECT_NEAR(found[0], 1, 1e-12) << key[2];
      EXPECT_NEAR(found[1], 1, 1e-12) << key[2];
      ++exact;
    } else if (key[4] == "W") {
      different += std::abs(found[0] - 1) > 1e-3;
    }
  }
  EXPECT_EQ(exact, 2 * 3 * (2 * 7 + 3 * 2));
  EXPECT_EQ(different, 2 * 3 * 11);
}

TEST(StudyAlignment, RefusesNumbersOutsideTheirRangeAndMakesNoFolder) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  const ScratchFolder folder;
  const auto refuse = [&](const std::string& option, const std::string& value) {
    expect_refused(
        ef({"study", "alignment", "--out", "made", option, value}, {.folder = folder.path()}),
        {value});
  };
  for (const auto* option : {"--seeds", "--epochs", "--trials"}) refuse(option, "0");
  refuse("--units", "1");
  refuse("--units", "201");
  refuse("--gain", "1.5");
  refuse("--task", "chess");
  refuse("--rule", "ef-tuned");
  expect_refused(
      ef({"study", "alignment", "--out", "made", "--steps", "20"}, {.folder = folder.path()}),
      {"--steps", "--task sine", "xor"});
  EXPECT_TRUE(contents(folder.path()).empty());
}

TEST(Study, NamesTheStudiesThereAre) {
  expect_refused(ef({"study"}), {"subcommand"});
  expect_refused(ef({"study", "algebra"}), {"algebra"});
}

}  // namespace
}  // namespace error_forcing::testing
