// ef study geometry: three files that belong together, or none.

#include <algorithm>

#include "program.hpp"

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

TEST(Study, NamesTheStudiesThereAre) {
  expect_refused(ef({"study"}), {"subcommand"});
  expect_refused(ef({"study", "algebra"}), {"algebra"});
}

}  // namespace
}  // namespace error_forcing::testing
