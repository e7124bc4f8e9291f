// ef verify: a row per claim, a report, and an exit status that a script can trust.

#include <nlohmann/json.hpp>
#include <regex>

#include "program.hpp"

namespace error_forcing::testing {
namespace {

#ifdef ERROR_FORCING_WITHOUT_QUAD
const std::vector<std::string> precisions{"double"};

TEST(Verify, RefusesQuadInABuildWithoutIt) {
  expect_refused(ef({"verify", "--precision", "quad"}), {"precision", "ERROR_FORCING_QUAD"});
}
#else
const std::vector<std::string> precisions{"double", "quad"};
#endif

TEST(Verify, CertifiesTheClaimsItIsAskedFor) {
  for (const std::string& precision : precisions) {
    const Outcome run = ef({"verify", "--only", "I1", "R2", "--precision", precision});
    EXPECT_EQ(run.status, 0) << run.output << run.errors;
    EXPECT_EQ(run.errors, "");
    EXPECT_TRUE(std::regex_search(run.output, std::regex("\nI1 .*holds"))) << run.output;
    EXPECT_TRUE(std::regex_search(run.output, std::regex("\nR2 .*order.*holds"))) << run.output;
    EXPECT_NE(run.output.find("2 claims hold, 0 fail; " + precision), std::string::npos);
  }
}

TEST(Verify, TheReportSaysTheSameAndHowItWasMade) {
  const ScratchFolder folder;
  const Outcome run = ef({"verify", "--only", "I2", "--seed", "7", "--json", "report.json"},
                         {.folder = folder.path()});
  ASSERT_EQ(run.status, 0) << run.errors;
  const auto report = nlohmann::json::parse(read_file(folder / "report.json"));
  EXPECT_EQ(report.at("seed"), 7);
  EXPECT_EQ(report.at("precision"), "double");
  for (const auto* key : {"compiler", "flags", "points"}) EXPECT_FALSE(report.at(key).empty());
  ASSERT_EQ(report.at("claims").size(), 1U);
  const auto& claim = report.at("claims")[0];
  EXPECT_EQ(claim.at("label"), "I2");
  EXPECT_EQ(claim.at("holds"), true);
  EXPECT_LE(claim.at("measured").get<double>(), claim.at("tolerance").get<double>());
}

TEST(Verify, TheSeedDecidesTheNumbers) {
  const auto measured = [](const std::string& seed) {
    const ScratchFolder folder;
    ef({"verify", "--only", "I1", "--json", "r.json", "--seed", seed}, {.folder = folder.path()});
    return nlohmann::json::parse(read_file(folder / "r.json")).at("claims")[0].at("residuals");
  };
  EXPECT_EQ(measured("3"), measured("3"));
  EXPECT_NE(measured("3"), measured("4"));
}

TEST(Verify, RefusesAReportThatCannotBeWrittenBeforeTheWork) {
  const ScratchFolder folder;
  write_file(folder / "file", "");
  for (const std::string place : {"absent/report.json", "file/report.json", "/proc/report.json"})
    expect_refused(ef({"verify", "--json", place}, {.folder = folder.path()}), {place});
  EXPECT_EQ(contents(folder.path()).size(), 1U);
}

}  // namespace
}  // namespace error_forcing::testing
