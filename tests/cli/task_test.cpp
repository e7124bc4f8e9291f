// ef task show: what a trial looks like, as text, table and picture.

#include <algorithm>
#include <regex>
#include <sstream>

#include "program.hpp"
#include "sanitized.hpp"

namespace error_forcing::testing {
namespace {

std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

const std::vector<std::string> tasks{"xor",     "sine",  "evidence",    "flip-flop",
                                     "context", "match", "limit-cycle", "lorenz"};

// Every cue and every gap is a row: 14, the last gap joined with the delay; then the window.
TEST(TaskShow, PrintsARowForEveryStretchInWhichNothingChanges) {
  const Outcome run = ef({"task", "show", "evidence", "--delay", "20"});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(run.errors, "");
  const auto lines = lines_in(run.output);
  ASSERT_EQ(lines.size(), 2U + 15U) << run.output;
  EXPECT_EQ(lines[0], "evidence: a trial of 95 steps, seed 1");
  EXPECT_TRUE(
      std::regex_match(lines[1], std::regex(" *steps +input 1 +input 2 +target 1 +mask 1")));
  const auto first = words_of(lines[2]), gap = words_of(lines[15]), window = words_of(lines[16]);
  EXPECT_EQ((std::vector<std::string>{first.begin(), first.begin() + 3}),
            (std::vector<std::string>{"1", "..", "5"}));
  EXPECT_EQ(gap, (std::vector<std::string>{"66", "..", "90", "0", "0", "0", "0"}));
  EXPECT_EQ((std::vector<std::string>{window.begin(), window.begin() + 5}),
            (std::vector<std::string>{"91", "..", "95", "0", "0"}));
  EXPECT_TRUE(window[5] == "1" || window[5] == "-1") << window[5];
  EXPECT_EQ(window[6], "1");
}

TEST(TaskShow, CutsWhatIsTooLongToReadAndSaysHowMuch) {
  const Outcome run = ef({"task", "show", "sine", "--steps", "60"});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(lines_in(run.output).size(), 2U + 20 + 1 + 5) << run.output;
  EXPECT_NE(run.output.find("35 rows more; --out writes every step"), std::string::npos);
  const Outcome whole = ef({"task", "show", "sine", "--steps", "26"});
  EXPECT_EQ(lines_in(whole.output).size(), 2U + 26) << whole.output;
}

TEST(TaskShow, WritesEveryStepAndAPictureOfEveryTask) {
  for (const auto& task : tasks) {
    SCOPED_TRACE(task);
    const ScratchFolder folder;
    const Outcome run = ef({"task", "show", task, "--out", "a/trial"}, {.folder = folder.path()});
    ASSERT_EQ(run.status, 0) << run.errors;
    EXPECT_EQ(run.errors, "");
    const std::string picture = read_file(folder / "a/trial/trial.svg");
    EXPECT_NE(picture.find("</svg>"), std::string::npos);
    EXPECT_NE(picture.find("target 1"), std::string::npos);
    const auto table = lines_in(read_file(folder / "a/trial/trial.csv"));
    EXPECT_TRUE(table[0].starts_with("step,input_1,")) << table[0];
    const std::string steps = std::to_string(table.size() - 1);
    EXPECT_NE(run.output.find(task + ": a trial of " + steps + " steps, seed 1\n"),
              std::string::npos);
    const auto columns = std::count(table[0].begin(), table[0].end(), ',');
    for (const auto& row : table) EXPECT_EQ(std::count(row.begin(), row.end(), ','), columns);
    EXPECT_EQ(contents(folder.path()).size(), 2U + 2U);
  }
}

TEST(TaskShow, TheSameSeedShowsTheSameTrial) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  for (const auto& task : tasks) {
    const auto show = [&](const std::string& seed) {
      const std::string text = ef({"task", "show", task, "--seed", seed}).output;
      return text.substr(text.find('\n'));
    };
    EXPECT_EQ(show("3"), show("3"));
    bool differs = false;
    for (const std::string seed : {"4", "5", "6", "7"}) differs |= show(seed) != show("3");
    EXPECT_TRUE(differs) << task;
  }
}

TEST(TaskShow, RefusesWhatIsOutOfRangeAndMakesNoFolder) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  const ScratchFolder folder;
  const auto refuse = [&](std::vector<std::string> arguments,
                          const std::vector<std::string>& mentions) {
    arguments.insert(arguments.begin(), {"task", "show"});
    arguments.insert(arguments.end(), {"--out", "made"});
    expect_refused(ef(arguments, {.folder = folder.path()}), mentions);
  };
  refuse({"parity"}, {"name", "parity"});
  refuse({"xor", "--delay", "1"}, {"delay", "1"});
  refuse({"evidence", "--delay=-1"}, {"delay", "-1"});
  refuse({"evidence", "--pulse", "4"}, {"--pulse", "ef task show xor", "not to evidence"});
  refuse({"sine", "--delay", "4"}, {"--delay", "ef task show xor", "not to sine"});
  refuse({"flip-flop", "--bits", "17"}, {"bits", "17"});
  refuse({"flip-flop", "--difficulty", "0"}, {"difficulty", "0"});
  refuse({"context", "--noise=-0.5"}, {"noise", "-0.5"});
  refuse({"match", "--stimuli", "1"}, {"stimuli", "1"});
  refuse({"limit-cycle", "--difficulty", "1"}, {"difficulty", "1"});
  refuse({"lorenz", "--steps", "0"}, {"steps", "0"});
  refuse({"match", "--noise", "0.5"}, {"--noise", "ef task show context", "not to match"});
  refuse({"xor", "--seed=-1"}, {"--seed", "-1"});
  refuse({"xor", "--delay", "1.5"}, {"--delay", "1.5"});
  expect_refused(ef({"task", "show"}), {"name"});
  EXPECT_TRUE(contents(folder.path()).empty());
}

// What is given is what is drawn.
TEST(TaskShow, EveryOptionReachesItsTask) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  const auto title = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"task", "show"});
    const Outcome run = ef(arguments);
    return run.output.substr(0, run.output.find(','));
  };
  EXPECT_EQ(title({"xor", "--delay", "20", "--pulse", "4"}), "xor: a trial of 38 steps");
  EXPECT_EQ(title({"sine", "--steps", "7"}), "sine: a trial of 7 steps");
  EXPECT_EQ(title({"context", "--delay", "15"}), "context: a trial of 100 steps");
  EXPECT_EQ(title({"match", "--delay", "15"}), "match: a trial of 45 steps");
  EXPECT_EQ(title({"flip-flop", "--steps", "9"}), "flip-flop: a trial of 9 steps");
  EXPECT_EQ(title({"limit-cycle", "--steps", "9"}), "limit-cycle: a trial of 9 steps");
  EXPECT_EQ(title({"lorenz", "--steps", "9"}), "lorenz: a trial of 9 steps");
  const auto differs = [](std::vector<std::string> arguments, const std::string& option,
                          const std::string& value) {
    arguments.insert(arguments.begin(), {"task", "show"});
    const std::string plain = ef(arguments).output;
    arguments.push_back(option + "=" + value);
    const Outcome run = ef(arguments);
    EXPECT_EQ(run.status, 0) << run.errors;
    EXPECT_NE(run.output, plain) << option;
  };
  differs({"sine"}, "--difficulty", "-55");
  differs({"flip-flop"}, "--difficulty", "3");
  differs({"flip-flop"}, "--bits", "2");
  differs({"limit-cycle"}, "--difficulty", "20");
  differs({"lorenz"}, "--difficulty", "3");
  differs({"context"}, "--noise", "0");
  differs({"match"}, "--stimuli", "3");
}

TEST(TaskShow, NamesGnuplotOnlyWhereItDraws) {
  const ScratchFolder folder;
  const RunOptions how{.folder = folder.path(), .without_path = true};
  EXPECT_EQ(ef({"task", "show", "xor"}, how).status, 0);
  expect_refused(ef({"task", "show", "xor", "--out", "made"}, how), {"gnuplot"});
  EXPECT_TRUE(contents(folder.path()).empty());
}

}  // namespace
}  // namespace error_forcing::testing
