// ef report: tables and pictures of sweeps whose outcomes are known.

#include <cmath>
#include <sstream>

#include "em/synthetic_runs.hpp"
#include "em/synthetic_sweep.hpp"
#include "program.hpp"
#include "sanitized.hpp"

namespace error_forcing::testing {
namespace {

using test::diverged_run;
using test::never;
using test::synthetic_run;

constexpr double inf = std::numeric_limits<double>::infinity();

// Delayed XOR at one delay, three seeds, a budget of 50 epochs; epochs to 0.1 and test losses:
//   bptt      40 0.05   never 0.5    30 0.03
//   ef 0.05   25 0.04   45 0.1       never 0.6
//   ef 0.5    20 0.02   diverged     never 0.7
std::vector<RunResult> nine_runs() {
  const SweepCell bptt{.task = "xor", .difficulty = 300, .rule = "bptt"};
  const SweepCell weak{.task = "xor", .difficulty = 300, .rule = "ef", .gain = 0.05};
  const SweepCell strong{.task = "xor", .difficulty = 300, .rule = "ef", .gain = 0.5};
  return {synthetic_run(bptt, 1, {40, never}, 0.05),    synthetic_run(bptt, 2, {never, never}, 0.5),
          synthetic_run(bptt, 3, {30, never}, 0.03),    synthetic_run(weak, 1, {25, never}, 0.04),
          synthetic_run(weak, 2, {45, never}, 0.1),     synthetic_run(weak, 3, {never, never}, 0.6),
          synthetic_run(strong, 1, {20, never}, 0.02),  diverged_run(strong, 2, 3),
          synthetic_run(strong, 3, {never, never}, 0.7)};
}

// Rows of a table by the names of its columns.
using NamedRow = std::map<std::string, std::string>;

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text + at);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

std::vector<NamedRow> read_table(const fs::path& file) {
  auto lines = split(read_file(file), '\n');
  EXPECT_EQ(lines.back(), "");
  lines.pop_back();
  const auto names = split(lines.at(0), ',');
  std::vector<NamedRow> rows;
  for (std::size_t k = 1; k < lines.size(); ++k) {
    const auto fields = split(lines[k], ',');
    EXPECT_EQ(fields.size(), names.size()) << lines[k];
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i == 0) rows.emplace_back();
      rows.back()[names[i]] = fields.at(i);
    }
  }
  return rows;
}

NamedRow row_with(const std::vector<NamedRow>& rows, const NamedRow& wanted) {
  for (const NamedRow& row : rows) {
    bool same = true;
    for (const auto& [name, value] : wanted) same = same && row.at(name) == value;
    if (same) return row;
  }
  ADD_FAILURE() << "no row with " << wanted.begin()->second;
  return {};
}

void expect_row(const NamedRow& row, const std::map<std::string, double>& wanted) {
  for (const auto& [name, value] : wanted) {
    ASSERT_TRUE(row.contains(name)) << name;
    const double found = std::stod(row.at(name));
    // The difference of two infinities is no number.
    EXPECT_TRUE(found == value || std::abs(found - value) < 1e-12)
        << name << ": want " << value << ", got " << found;
  }
}

class Report : public ::testing::Test {
 protected:
  void write(const std::vector<RunResult>& runs) { test::write_sweep(folder / "sweep", runs); }
  Outcome report(std::vector<std::string> more = {}, RunOptions how = {}) const {
    more.insert(more.begin(), {"report", "sweep"});
    how.folder = folder.path();
    return ef(more, how);
  }
  fs::path made(const std::string& name) const { return folder / "sweep/report" / name; }
  fs::path run_file(const RunResult& run) const {
    return folder / "sweep/runs" / (run.id + ".json");
  }

  ScratchFolder folder;
};

TEST_F(Report, WritesARowForEveryRun) {
  write(nine_runs());
  const Outcome run = report();
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(run.errors, "");
  const auto lines = split(read_file(made("runs.csv")), '\n');
  ASSERT_EQ(lines.size(), 1U + 9 + 1);
  EXPECT_EQ(lines[0],
            "id,task,difficulty,rule,gain,rate,seed,epochs,outcome,failure_epoch,failure_step,"
            "threshold_1,epoch_1,threshold_2,epoch_2,test_loss,final_loss,final_validation_loss");
  EXPECT_EQ(lines[2],
            nine_runs()[1].id + ",xor,300,bptt,,0.001,2,50,finished,,,0.1,,0.01,,0.5,0.25,0.5");
  EXPECT_EQ(lines[8],
            nine_runs()[7].id + ",xor,300,ef,0.5,0.001,2,50,diverged,4,17,0.1,,0.01,,,0.5,1");
}

// Intervals of 2 and 0 of 3: 0.975^(1/3) and 1 - 0.025^(1/3) are their upper ends.
TEST_F(Report, SummarisesEveryCell) {
  write(nine_runs());
  ASSERT_EQ(report().status, 0);
  const auto rows = read_table(made("cells.csv"));
  ASSERT_EQ(rows.size(), 3U + 1);
  EXPECT_EQ(rows[0].at("gain"), "");
  expect_row(rows[0], {{"planned", 3},
                       {"runs", 3},
                       {"diverged", 0},
                       {"threshold_1", 0.1},
                       {"learned_1", 2},
                       {"fraction_1", 2.0 / 3},
                       {"fraction_low_1", 0.094299324050246},
                       {"fraction_high_1", std::cbrt(0.975)},
                       {"median_epoch_1", 40},
                       {"epoch_low_1", 30},
                       {"epoch_high_1", inf},
                       {"epoch_coverage_1", 0.75},
                       {"censored_1", 1},
                       {"threshold_2", 0.01},
                       {"learned_2", 0},
                       {"fraction_high_2", 1 - std::cbrt(0.025)},
                       {"median_epoch_2", inf},
                       {"censored_2", 3},
                       {"test_loss", 0.05},
                       {"test_loss_low", 0.03},
                       {"test_loss_high", 0.5},
                       {"test_loss_coverage", 0.75},
                       {"final_loss", 0.025},
                       {"final_validation_loss", 0.05}});
  const auto strong = row_with(rows, {{"gain", "0.5"}});
  expect_row(strong, {{"runs", 3},
                      {"diverged", 1},
                      {"learned_1", 1},
                      {"median_epoch_1", inf},
                      {"epoch_low_1", 20},
                      {"censored_1", 2},
                      {"test_loss", 0.7},
                      {"test_loss_least", 0.02},
                      {"test_loss_most", inf},
                      {"final_validation_loss", 0.36}});
}

// Without seed 1 the gain 0.05 learned 1 of 2 and 0.5 none; without seed 2 each 1 of 2, at median
// losses of 0.32 and 0.36; without seed 3 0.05 learned both.
TEST_F(Report, ChoosesGainsByTheOtherSeeds) {
  write(nine_runs());
  const Outcome run = report();
  const auto chosen = row_with(read_table(made("cells.csv")), {{"gain", "held-out"}});
  EXPECT_EQ(chosen.at("planned"), "");
  expect_row(chosen, {{"runs", 3}, {"learned_1", 2}, {"median_epoch_1", 45}, {"test_loss", 0.1}});
  EXPECT_NE(run.output.find("ef *"), std::string::npos) << run.output;
  EXPECT_NE(run.output.find("chosen by the other seeds"), std::string::npos) << run.output;
}

TEST_F(Report, ComparesRulesSeedBySeed) {
  write(nine_runs());
  ASSERT_EQ(report().status, 0);
  const auto rows = read_table(made("pairs.csv"));
  EXPECT_EQ(rows.size(), 3U * 5);  // two gains and the chosen ones; five measures
  const auto of = [&](const std::string& measure, const std::string& threshold) {
    return row_with(rows, {{"rule", "ef"},
                           {"gain", "0.05"},
                           {"against", "bptt"},
                           {"against_gain", ""},
                           {"measure", measure},
                           {"threshold", threshold}});
  };
  expect_row(of("learned", "0.1"), {{"pairs", 3},
                                    {"better", 1},
                                    {"worse", 1},
                                    {"difference_low", 0},
                                    {"difference_high", 0},
                                    {"coverage", 0.95},
                                    {"p", 1},
                                    {"p_holm", 1},
                                    {"smallest_p", 0.25}});
  // -15, at most 45 - 51, at least 51 - 30
  expect_row(of("epochs", "0.1"), {{"better", 2},
                                   {"worse", 1},
                                   {"difference_low", -15},
                                   {"difference_high", -6},
                                   {"low", -inf},
                                   {"high", inf},
                                   {"coverage", 0.75},
                                   {"p", 1}});
  // -0.01, -0.4, 0.57
  expect_row(of("test_loss", ""), {{"better", 2},
                                   {"worse", 1},
                                   {"difference_low", -0.01},
                                   {"low", -0.4},
                                   {"high", 0.57},
                                   {"p", 1}});
  // 0.02 - 0.05, infinity, 0.7 - 0.03
  expect_row(row_with(rows, {{"gain", "0.5"}, {"measure", "test_loss"}}),
             {{"better", 1}, {"worse", 2}, {"difference_low", 0.67}, {"high", inf}});
  EXPECT_EQ(row_with(rows, {{"gain", "held-out"}, {"measure", "learned"}}).at("against"), "bptt");
}

TEST_F(Report, ShowsAShortTable) {
  write(nine_runs());
  const Outcome run = report();
  for (const std::string line : {"300         bptt          2/3  [0.09, 0.99]    40   0/3  [0.00, "
                                 "0.71]  > 50  0.05 [0.03, 0.5]\n",
                                 "            ef *          2/3  [0.09, 0.99]    45   0/3  [0.00, "
                                 "0.71]  > 50  0.1 [0.04, 0.6]\n",
                                 "9 of 9 runs, 1 diverged; 3 seeds can show no p below 0.25\n"})
    EXPECT_NE(run.output.find(line), std::string::npos) << run.output;
  EXPECT_EQ(run.output.find("missing"), std::string::npos);
}

TEST_F(Report, CountsAndNamesWhatIsMissing) {
  const auto runs = nine_runs();
  write(runs);
  for (const std::size_t k : {1, 6, 7, 8}) fs::remove(run_file(runs[k]));
  const Outcome run = report();
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_NE(run.output.find("5 of 9 runs"), std::string::npos) << run.output;
  EXPECT_NE(run.output.find("missing: " + runs[1].id + ", " + runs[6].id + ", " + runs[7].id +
                            " and 1 more; ef sweep does what is missing"),
            std::string::npos)
      << run.output;
  const auto rows = read_table(made("cells.csv"));
  expect_row(rows[0], {{"planned", 3}, {"runs", 2}, {"learned_1", 2}});
  const auto none = row_with(rows, {{"gain", "0.5"}});
  expect_row(none, {{"planned", 3}, {"runs", 0}, {"diverged", 0}});
  EXPECT_EQ(none.at("fraction_1"), "");
  EXPECT_EQ(read_table(made("pairs.csv")).size(), 5U);
  expect_row(read_table(made("pairs.csv"))[0], {{"pairs", 2}});
}

TEST_F(Report, IsMadeOfTheGoodFilesAndNamesTheBadOnes) {
  const auto runs = nine_runs();
  write(runs);
  fs::resize_file(run_file(runs[4]), 50);
  auto foreign = runs[5];
  foreign.plan = "a1b2";
  save_run_result(folder / "sweep/runs", foreign);
  const Outcome run = report();
  EXPECT_EQ(run.status, 1);
  const auto lines = split(run.errors, '\n');
  ASSERT_EQ(lines.size(), 3U) << run.errors;
  for (const std::size_t k : {0, 1}) {
    EXPECT_TRUE(lines[k].starts_with("ef: sweep/runs/" + runs[4 + k].id)) << lines[k];
    EXPECT_TRUE(lines[k].ends_with("remove it and run the sweep again")) << lines[k];
  }
  EXPECT_NE(lines[1].find("a1b2"), std::string::npos);
  EXPECT_NE(run.output.find("7 of 9 runs"), std::string::npos) << run.output;
  EXPECT_EQ(read_table(made("runs.csv")).size(), 7U);
  EXPECT_TRUE(fs::exists(made("learning.svg")));
}

// Every element is closed by its own name, and the document ends with its root.
void expect_well_formed(const std::string& picture) {
  std::vector<std::string> open;
  for (std::size_t at = picture.find('<'); at != std::string::npos;
       at = picture.find('<', at + 1)) {
    const std::size_t end = picture.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = picture.substr(at + 1, end - at - 1);
    if (tag.starts_with("?") || tag.starts_with("!") || tag.ends_with("/")) continue;
    if (tag.starts_with("/")) {
      ASSERT_FALSE(open.empty());
      ASSERT_EQ(open.back(), tag.substr(1));
      open.pop_back();
    } else {
      open.push_back(tag.substr(0, tag.find_first_of(" \t\n")));
    }
  }
  EXPECT_TRUE(open.empty());
  EXPECT_TRUE(picture.find("<svg") != std::string::npos &&
              picture.find("nan") == std::string::npos);
}

TEST_F(Report, DrawsAPanelForEachTaskAndALineForEachRule) {
  auto runs = nine_runs();
  for (auto run : nine_runs()) {
    run.cell.task = "sine";
    run.learned.pop_back();
    run.id = "sine" + run.id;
    runs.push_back(run);
  }
  write(runs);
  const Outcome run = report();
  ASSERT_EQ(run.status, 0) << run.errors;
  for (const std::string name : {"learning", "gap", "gains", "gains_loss"}) {
    const std::string picture = read_file(made(name + ".svg"));
    expect_well_formed(picture);
    for (const std::string task : {"xor", "sine"})
      EXPECT_NE(picture.find(">" + task), std::string::npos) << name << " " << task;
    EXPECT_NE(run.output.find("sweep/report/" + name + ".svg\n"), std::string::npos);
  }
  const std::string learning = read_file(made("learning.svg"));
  for (const std::string text : {"bptt", "ef *", "loss &lt; 0.1", "loss &lt; 0.01", "delay (steps)",
                                 "difficulty", "test loss", "75 % or more"})
    EXPECT_NE(learning.find(text), std::string::npos) << text;
  EXPECT_NE(read_file(made("gains.svg")).find(">0.05<"), std::string::npos);
}

// 550 pixels: no line of small print has more than 85 characters, and none of it is lost.
TEST_F(Report, SmallPrintFitsUnderASinglePanel) {
  write(nine_runs());
  ASSERT_EQ(report().status, 0);
  const std::string picture = read_file(made("learning.svg"));
  std::size_t from = picture.find("Bars: exact"), length = 0;
  for (int line = 0; line < 3; ++line) {
    ASSERT_NE(from, std::string::npos);
    const std::string text = picture.substr(from, picture.find('<', from) - from);
    EXPECT_LE(text.size(), 85U) << text;
    length += text.size();
    if (text.ends_with("every gain.")) break;
    from = picture.find("<tspan", from);
    if (from != std::string::npos) from = picture.find('>', from) + 1;
  }
  EXPECT_GT(length, 200U);
}

TEST_F(Report, DrawsWhatDivergedAltogether) {
  std::vector<RunResult> runs;
  for (const auto& run : nine_runs()) runs.push_back(diverged_run(run.cell, run.seed, 0));
  write(runs);
  const Outcome run = report();
  ASSERT_EQ(run.status, 0) << run.errors;
  for (const std::string name : {"learning", "gap", "gains", "gains_loss"})
    expect_well_formed(read_file(made(name + ".svg")));
  EXPECT_NE(run.output.find("9 of 9 runs, 9 diverged"), std::string::npos);
}

// A sweep that has just begun: nothing to choose a gain by.
TEST_F(Report, ShowsEveryGainOfOneSeed) {
  std::vector<RunResult> runs;
  for (const auto& run : nine_runs())
    if (run.seed == 1 && run.cell.rule == "ef") runs.push_back(run);
  write(runs);
  const Outcome run = report();
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_NE(run.output.find("not above: ef on xor 300;"), std::string::npos) << run.output;
  EXPECT_EQ(read_table(made("cells.csv")).size(), 2U);
  for (const std::string name : {"learning", "gap", "gains", "gains_loss"})
    expect_well_formed(read_file(made(name + ".svg")));
}

TEST_F(Report, DrawsEachRateByItselfAndNoGainsWhereThereAreNone) {
  std::vector<RunResult> runs;
  for (const double rate : {1e-3, 1e-2})
    for (std::size_t k = 0; k < 3; ++k) {
      auto run = nine_runs()[k];
      run.cell.rate = rate;
      run.id += fmt::format("-{}", rate);
      runs.push_back(run);
    }
  write(runs);
  ASSERT_EQ(report({"--out", "made/here"}).status, 0);
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder / "made/here"))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"cells.csv", "gap-rate0.001.svg", "gap-rate0.01.svg",
                                             "learning-rate0.001.svg", "learning-rate0.01.svg",
                                             "pairs.csv", "runs.csv"}));
}

TEST_F(Report, LeavesTheSweepAsItIsAndSaysTheSameAgain) {
  write(nine_runs());
  const auto before = contents(folder / "sweep");
  ASSERT_EQ(report({"--out", "first"}).status, 0);
  ASSERT_EQ(report({"--out", "second"}).status, 0);
  EXPECT_EQ(contents(folder / "sweep"), before);
  for (const auto& entry : fs::directory_iterator(folder / "first"))
    EXPECT_EQ(read_file(entry.path()), read_file(folder / "second" / entry.path().filename()));
}

TEST_F(Report, RefusesWhatIsNoSweepOfThisVersion) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  expect_refused(report(), {"sweep", "--out of ef sweep"});
  write({});
  expect_refused(report(), {"plan.json", "no runs"});
  const auto runs = nine_runs();
  write(runs);
  write_file(folder / "sweep/plan.json", test::synthetic_plan(runs, "0.0.1"));
  expect_refused(report(), {"plan.json", "0.0.1", "0.1.0"});
  write_file(folder / "sweep/plan.json", "{\"format\": 2}");
  expect_refused(report(), {"plan.json", "format 2"});
  write_file(folder / "sweep/plan.json", "{");
  expect_refused(report(), {"plan.json", "run the sweep again"});
  fs::remove(folder / "sweep/plan.json");
  expect_refused(report(), {"plan.json"});
  EXPECT_FALSE(fs::exists(made("")));
}

TEST_F(Report, RefusesASweepOfWhichNothingIsDone) {
  const auto runs = nine_runs();
  write(runs);
  for (const auto& run : runs) fs::remove(run_file(run));
  expect_refused(report(), {"none of its 9 runs", "run ef sweep"});
  write_file(run_file(runs[0]), "{");
  expect_refused(report(), {"none of its 9 runs", runs[0].id});
  EXPECT_FALSE(fs::exists(made("")));
}

TEST_F(Report, RefusesAPlaceThatItCannotWriteToAndMissesGnuplotFirst) {
  write(nine_runs());
  expect_refused(report({}, {.without_path = true}), {"gnuplot"});
  EXPECT_FALSE(fs::exists(made("")));
  write_file(folder / "file", "");
  expect_refused(report({"--out", "file"}), {"file"});
  expect_refused(ef({"report"}), {"dir"});
}

TEST_F(Report, LeavesNothingHalfWrittenOnAFullDisk) {
  write(nine_runs());
  for (const long size : {500L, 4000L, 12000L, 25000L}) {
    const Outcome run = report({}, {.largest_file = size});
    EXPECT_NE(run.status, 0) << size;
    EXPECT_NE(run.errors, "");
    if (!fs::exists(made(""))) continue;
    for (const auto& [name, content] : contents(made("")))
      EXPECT_TRUE(content.ends_with("\n") && name.find("partial") == std::string::npos) << name;
  }
}

}  // namespace
}  // namespace error_forcing::testing
