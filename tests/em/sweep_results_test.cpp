#include <error_forcing/sweep_results.hpp>

#include <fstream>

#include "refusal.hpp"
#include "scratch_folder.hpp"
#include "synthetic_runs.hpp"
#include "synthetic_sweep.hpp"

namespace error_forcing {
namespace {

namespace fs = std::filesystem;

// Two cells of three seeds.
std::vector<RunResult> six_runs() {
  std::vector<RunResult> runs;
  for (const char* rule : {"ef", "bptt"})
    for (const std::uint64_t seed : {1, 2, 3}) {
      SweepCell cell{.task = "xor", .difficulty = 300, .rule = rule};
      if (cell.rule == "ef") cell.gain = 0.05;
      runs.push_back(test::synthetic_run(cell, seed, {20, test::never}, 0.5));
    }
  return runs;
}

class SweepFolder : public ::testing::Test {
 protected:
  void SetUp() override { test::write_sweep(folder.path(), runs); }
  fs::path file(std::size_t k) const { return folder / "runs" / (runs[k].id + ".json"); }
  SweepResults load() const { return load_sweep_results(folder.path(), "0.1.0"); }
  // What the plan names is there, missing or refused, and `refused` mentions a file.
  void expect_one_refusal(const std::string& part) {
    const auto found = load();
    EXPECT_EQ(found.runs.size(), 5U);
    EXPECT_TRUE(found.missing.empty());
    ASSERT_EQ(found.refused.size(), 1U);
    for (const auto& wanted : {part, std::string("remove it")})
      EXPECT_NE(found.refused[0].find(wanted), std::string::npos) << found.refused[0];
    EXPECT_EQ(found.refused[0].find('\n'), std::string::npos);
  }

  test::ScratchFolder folder;
  std::vector<RunResult> runs = six_runs();
};

TEST_F(SweepFolder, IsReadInTheOrderOfItsPlan) {
  const auto found = load();
  ASSERT_EQ(found.runs.size(), 6U);
  ASSERT_EQ(found.planned.size(), 6U);
  for (std::size_t k = 0; k < 6; ++k) {
    EXPECT_EQ(found.runs[k].id, runs[k].id);
    EXPECT_EQ(found.runs[k].cell, runs[k].cell);
    EXPECT_EQ(found.planned[k].id, runs[k].id);
    EXPECT_EQ(found.planned[k].cell, runs[k].cell);
  }
  EXPECT_TRUE(found.missing.empty());
  EXPECT_TRUE(found.refused.empty());
}

TEST_F(SweepFolder, NamesWhatIsMissingWhileTheSweepRuns) {
  fs::rename(file(1), file(1).string() + ".4711.partial");
  fs::remove(file(4));
  const auto found = load();
  EXPECT_EQ(found.missing, (std::vector{runs[1].id, runs[4].id}));
  EXPECT_EQ(found.runs.size(), 4U);
  EXPECT_TRUE(found.refused.empty());
  fs::remove_all(folder / "runs");
  EXPECT_EQ(load().missing.size(), 6U);
}

TEST_F(SweepFolder, LosesNoGoodResultToABadOne) {
  fs::resize_file(file(2), 100);
  expect_one_refusal(file(2).string());
  fs::resize_file(file(2), 0);
  expect_one_refusal(file(2).string());
  fs::remove(file(2));
  fs::create_directory(file(2));
  expect_one_refusal(file(2).string());
  fs::remove(file(2));
  fs::create_symlink("nowhere", file(2));
  expect_one_refusal(file(2).string());
}

TEST_F(SweepFolder, TakesNoResultOfAnotherPlanVersionOrCell) {
  auto other = runs[2];
  other.plan = "a1b2";
  save_run_result(folder / "runs", other);
  expect_one_refusal("a1b2, not 9f3a");
  other.plan = "9f3a";
  other.version = "0.0.9";
  save_run_result(folder / "runs", other);
  expect_one_refusal("version 0.0.9, not 0.1.0");
  other.version = "0.1.0";
  other.cell.gain = 0.1;
  save_run_result(folder / "runs", other);
  expect_one_refusal("another cell");
}

TEST_F(SweepFolder, NamesResultsThatThePlanDoesNotKnow) {
  auto stranger = runs[2];
  stranger.id = "stranger";
  save_run_result(folder / "runs", stranger);
  const auto found = load();
  EXPECT_EQ(found.runs.size(), 6U);
  ASSERT_EQ(found.refused.size(), 1U);
  EXPECT_NE(found.refused[0].find("stranger.json"), std::string::npos);
}

TEST_F(SweepFolder, OfAnotherVersionOrFormatIsRefused) {
  test::expect_refusal([&] { load_sweep_results(folder.path(), "0.2.0"); }, "0.1.0");
  test::expect_refusal([&] { load_sweep_results(folder.path(), "0.2.0"); }, "0.2.0");
  std::string plan = test::synthetic_plan(runs);
  plan.replace(plan.find("\"format\": 1"), 11, "\"format\": 7");
  write_text(folder / "plan.json", plan);
  test::expect_refusal([&] { load(); }, "format 7");
}

TEST_F(SweepFolder, WithoutAPlanIsNone) {
  for (const std::string text : {"", "{", "[]", "{\"format\": 1}", "{\"format\": \"x\"}"}) {
    write_text(folder / "plan.json", text);
    test::expect_refusal([&] { load(); }, "plan.json");
  }
  write_text(folder / "plan.json", test::synthetic_plan({}));
  test::expect_refusal([&] { load(); }, "no runs");
  fs::remove(folder / "plan.json");
  test::expect_refusal([&] { load(); }, "holds no sweep");
  test::expect_refusal([&] { load_sweep_results(folder / "nowhere", "0.1.0"); }, "no folder");
}

}  // namespace
}  // namespace error_forcing
