// The program's help, and how it refuses a command line it does not understand.

#include "program.hpp"
#include "sanitized.hpp"

namespace error_forcing::testing {
namespace {

const std::vector<std::string> commands{"verify", "gradient", "study", "task", "train"};

TEST(Usage, HelpNamesEveryCommandAndWithoutArgumentsHelpIsShown) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{}, {"--help"}, {"-h"}}) {
    const Outcome run = ef(arguments);
    EXPECT_EQ(run.status, 0);
    EXPECT_EQ(run.errors, "");
    for (const auto& command : commands)
      EXPECT_NE(run.output.find("  " + command + " "), std::string::npos) << command;
  }
}

TEST(Usage, EveryCommandHasHelp) {
  for (const auto& command : commands) {
    const Outcome run = ef({command, "--help"});
    EXPECT_EQ(run.status, 0) << command;
    EXPECT_EQ(run.errors, "");
    EXPECT_NE(run.output.find("ef " + command), std::string::npos) << run.output;
  }
}

TEST(Usage, VersionIsOneLine) {
  const Outcome run = ef({"--version"});
  EXPECT_EQ(run.status, 0);
  EXPECT_TRUE(run.output.starts_with("ef ") && run.output.ends_with('\n')) << run.output;
}

TEST(Usage, UnknownCommandsAndOptionsAreNamed) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  expect_refused(ef({"frobnicate"}), {"frobnicate"});
  expect_refused(ef({"--frobnicate"}), {"--frobnicate"});
  for (const auto& command : commands)
    expect_refused(ef({command, "--frobnicate"}), {"--frobnicate"});
}

TEST(Usage, WhatIsNotANumberOrNotInTheListIsNamed) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  const std::vector<std::string> gradient{"gradient", "case.h5", "--out", "out.h5"};
  const auto refuse = [&](const std::string& option, const std::string& value) {
    auto arguments = gradient;
    arguments.insert(arguments.end(), {option, value});
    expect_refused(ef(arguments), {option, value});
  };
  refuse("--rule", "magic");
  refuse("--precision", "half");
  refuse("--gain", "much");
  refuse("--ridge", "1e");
  expect_refused(ef({"verify", "--precision", "half"}), {"--precision", "half"});
  expect_refused(ef({"verify", "--seed", "-3.5"}), {"--seed", "-3.5"});
  expect_refused(ef({"verify", "--only", "Z9"}), {"--only", "Z9"});
}

TEST(Usage, AMissingArgumentIsNamed) {
  expect_refused(ef({"gradient", "--out", "out.h5"}), {"case"});
  expect_refused(ef({"gradient", "case.h5"}), {"--out"});
  expect_refused(ef({"gradient", "case.h5", "--out"}), {"--out"});
}

TEST(Usage, WhatBelongsToASourceTreeSaysSo) {
  expect_refused(ef({"test", "-R", "anything"}), {"test", "source tree", "./ef test"});
  expect_refused(ef({"bench", "--benchmark_filter=x"}), {"bench", "source tree", "./ef bench"});
}

}  // namespace
}  // namespace error_forcing::testing
