// ef gradient: what it writes, and how it refuses a case that it cannot use.

#include <cmath>
#include <error_forcing/archive.hpp>
#include <error_forcing/errors.hpp>
#include <limits>
#include <set>

#include "program.hpp"
#include "sanitized.hpp"

namespace error_forcing::testing {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// A case of N = 4, I = 2, P = 2, B = 3, T = 5, to be spoilt before it is written.
struct CaseFile {
  std::map<std::string, NamedArray> arrays;
  std::map<std::string, NamedAttribute> attributes{{"leak", {"leak", 0.5}},
                                                   {"activation", {"activation", 0, "tanh"}}};

  CaseFile() {
    add("W", {4, 4});
    add("U", {4, 2});
    add("b", {4});
    add("C", {2, 4});
    add("d", {2});
    add("inputs", {3, 5, 2});
    add("targets", {3, 5, 2});
    add("mask", {3, 5, 2});
    for (double& m : arrays["mask"].values) m = 1;
  }

  void add(const std::string& name, const std::vector<Index>& shape) {
    Index count = 1;
    for (const Index size : shape) count *= size;
    NamedArray array{name, shape, {}};
    for (Index k = 0; k < count; ++k)
      array.values.push_back(std::sin(double(k * k + 1 + Index(name.front()))));
    arrays[name] = array;
  }

  void write(const fs::path& file) const {
    std::vector<NamedArray> all_arrays;
    std::vector<NamedAttribute> all_attributes;
    for (const auto& [name, array] : arrays) all_arrays.push_back(array);
    for (const auto& [name, attribute] : attributes) all_attributes.push_back(attribute);
    write_arrays(file, all_arrays, all_attributes);
  }
};

class Gradient : public ::testing::Test {
 protected:
  Outcome run_case(const CaseFile& input, std::vector<std::string> options = {}) {
    input.write(folder_ / "case.h5");
    options.insert(options.begin(), {"gradient", "case.h5", "--out", "out.h5"});
    return ef(options, {.folder = folder_.path()});
  }

  // Refused in one line, and the folder is as it was before.
  void expect_case_refused(const CaseFile& input, const std::vector<std::string>& mentions,
                           const std::vector<std::string>& options = {}) {
    input.write(folder_ / "case.h5");
    const auto before = contents(folder_.path());
    expect_refused(run_case(input, options), mentions);
    EXPECT_FALSE(fs::exists(folder_ / "out.h5"));
    EXPECT_EQ(contents(folder_.path()).size(), before.size());
  }

  // As above, for arguments that may name other files.
  void expect_untouched_refusal(const std::vector<std::string>& arguments,
                                const std::vector<std::string>& mentions, long largest_file = -1) {
    const auto before = contents(folder_.path());
    expect_refused(ef(arguments, {.folder = folder_.path(), .largest_file = largest_file}),
                   mentions);
    EXPECT_TRUE(contents(folder_.path()) == before) << "something was left behind or changed";
  }

  ScratchFolder folder_;
};

// --- what it writes ----------------------------------------------------------------------------

TEST_F(Gradient, WritesEveryResultInItsShape) {
  const Outcome done = run_case(CaseFile(), {"--rule", "ef", "--gain", "0.5"});
  ASSERT_EQ(done.status, 0) << done.errors;
  EXPECT_EQ(done.errors, "");
  const std::map<std::string, std::vector<Index>> shapes{{"states_before", {3, 5, 4}},
                                                         {"states", {3, 5, 4}},
                                                         {"outputs", {3, 5, 2}},
                                                         {"loss", {}},
                                                         {"objective", {}},
                                                         {"grad_W", {4, 4}},
                                                         {"grad_U", {4, 2}},
                                                         {"grad_b", {4}},
                                                         {"grad_C", {2, 4}},
                                                         {"grad_d", {2}},
                                                         {"total_grad_W", {4, 4}},
                                                         {"total_grad_U", {4, 2}},
                                                         {"total_grad_b", {4}},
                                                         {"total_grad_C", {2, 4}},
                                                         {"total_grad_d", {2}}};
  for (const auto& [name, shape] : shapes) {
    const auto array = read_array(folder_ / "out.h5", name);
    EXPECT_EQ(array.shape, shape) << name;
    for (const double value : array.values) EXPECT_TRUE(std::isfinite(value)) << name;
  }
}

TEST_F(Gradient, TheSameCaseGivesTheSameBytes) {
  ASSERT_EQ(run_case(CaseFile()).status, 0);
  const auto first = read_array(folder_ / "out.h5", "total_grad_W").values;
  ASSERT_EQ(run_case(CaseFile()).status, 0);
  EXPECT_EQ(read_array(folder_ / "out.h5", "total_grad_W").values, first);
}

TEST_F(Gradient, FloatAgreesWithDoubleToSinglePrecision) {
  ASSERT_EQ(run_case(CaseFile(), {"--precision", "double"}).status, 0);
  const auto fine = read_array(folder_ / "out.h5", "grad_W").values;
  ASSERT_EQ(run_case(CaseFile(), {"--precision", "float"}).status, 0);
  const auto coarse = read_array(folder_ / "out.h5", "grad_W").values;
  double difference = 0, size = 0;
  for (std::size_t k = 0; k < fine.size(); ++k) {
    difference = std::max(difference, std::abs(fine[k] - coarse[k]));
    size = std::max(size, std::abs(fine[k]));
  }
  EXPECT_GT(difference, 0);
  EXPECT_LT(difference, 1e-5 * size);
}

// Each rule and feedback has a gradient of its own in W and the same in C; RTRL has that of bptt.
TEST_F(Gradient, ForwardRulesAndFeedbacksAreAllDifferent) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  const auto after = [&](const std::string& rule, std::vector<std::string> options = {}) {
    options.insert(options.end(), {"--rule", rule, "--gain", "0.5"});
    const Outcome done = run_case(CaseFile(), options);
    EXPECT_EQ(done.status, 0) << done.errors;
    return read_array(folder_ / "out.h5", "grad_W").values;
  };
  const auto bptt = after("bptt"), rtrl = after("rtrl");
  for (std::size_t k = 0; k < bptt.size(); ++k) EXPECT_NEAR(rtrl[k], bptt[k], 1e-13);
  const std::vector<std::string> random{"--feedback", "random"},
      another{"--feedback", "random", "--feedback-seed", "2"};
  std::set<std::vector<double>> all{bptt};
  for (const std::string rule : {"rflo", "snap1", "ef-rflo", "ef-snap1"})
    for (const auto& options :
         {std::vector<std::string>{"--feedback", "symmetric"}, random, another})
      EXPECT_TRUE(all.insert(after(rule, options)).second) << rule;
  EXPECT_FALSE(all.insert(after("rflo", {"--as-released"})).second) << "the released RFLO: SnAp-1";
  EXPECT_TRUE(all.insert(after("ef-rflo", {"--as-released"})).second);
}

TEST_F(Gradient, RefusesFeedbackWhereNoneIsToChoose) {
  expect_case_refused(CaseFile(), {"feedback", "bptt", "rflo"},
                      {"--rule", "bptt", "--feedback", "random"});
  expect_case_refused(CaseFile(), {"--feedback-seed", "--feedback random"},
                      {"--rule", "rflo", "--feedback-seed", "2"});
  expect_case_refused(CaseFile(), {"--feedback-seed", "-1"},
                      {"--rule", "rflo", "--feedback", "random", "--feedback-seed=-1"});
  expect_case_refused(CaseFile(), {"routing", "rflo"}, {"--rule", "rflo", "--routing", "through"});
}

// Four directions, one of them by two seeds and one at two angles: no two gradients are equal.
TEST_F(Gradient, ForcingFeedbacksAreAllDifferentAndApartFromTheFeedbackOfTheSignal) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  const auto after = [&](const std::string& rule, std::vector<std::string> options) {
    options.insert(options.end(), {"--rule", rule, "--gain", "0.2"});
    const Outcome done = run_case(CaseFile(), options);
    EXPECT_EQ(done.status, 0) << done.errors;
    return read_array(folder_ / "out.h5", "grad_W").values;
  };
  const std::vector<std::vector<std::string>> ways{
      {},
      {"--forcing-feedback", "transpose"},
      {"--forcing-feedback", "random"},
      {"--forcing-feedback", "random", "--forcing-seed", "2"},
      {"--forcing-feedback", "misaligned"},
      {"--forcing-feedback", "misaligned", "--forcing-angle", "20"},
      {"--forcing-feedback", "misaligned", "--forcing-seed", "2"}};
  std::set<std::vector<double>> all;
  for (const std::string rule : {"ef", "ef-rflo", "ef-snap1"})
    for (const auto& way : ways) EXPECT_TRUE(all.insert(after(rule, way)).second) << rule;
  const std::vector<std::string> both{"--forcing-feedback", "random", "--feedback", "random"};
  EXPECT_TRUE(all.insert(after("ef-rflo", both)).second);
  EXPECT_FALSE(all.insert(after("ef", {"--forcing-feedback", "pseudoinverse"})).second);
}

TEST_F(Gradient, WarnsWhereForcingMakesErrorsGrowAndWritesTheGradient) {
  CaseFile input;
  input.arrays["C"].values = {1, 0, 0, 0, 0, 2, 0, 0};  // s_max = 2: errors shrink below 2 / 4
  const auto warning = [&](const std::string& gain) {
    const Outcome done = run_case(input, {"--forcing-feedback", "transpose", "--gain", gain});
    EXPECT_EQ(done.status, 0);
    EXPECT_TRUE(fs::exists(folder_ / "out.h5"));
    return done.errors;
  };
  EXPECT_EQ(warning("0.49"), "");
  const std::string found = warning("0.75");  // 1 - 0.75 * 4 = -2
  EXPECT_NE(found.find("ef: warning: --gain 0.75"), std::string::npos) << found;
  EXPECT_NE(found.find("factor of 2 a step; at gains below 0.5"), std::string::npos) << found;
  EXPECT_EQ(std::count(found.begin(), found.end(), '\n'), 1);
}

TEST_F(Gradient, RefusesForcingFeedbackWhereItHasNoMeaning) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  const auto refuse = [&](const std::vector<std::string>& mentions,
                          std::vector<std::string> options) {
    options.insert(options.begin(), "--forcing-feedback");
    expect_case_refused(CaseFile(), mentions, options);
  };
  refuse({"forcing feedback", "bptt", "ef-rflo"}, {"random", "--rule", "bptt"});
  refuse({"--forcing-seed", "random or misaligned"}, {"transpose", "--forcing-seed", "2"});
  refuse({"--forcing-angle", "misaligned"}, {"random", "--forcing-angle", "20"});
  refuse({"angle", "181"}, {"misaligned", "--forcing-angle", "181"});
  refuse({"ridge", "C+"}, {"transpose", "--ridge", "0.1"});
  refuse({"gain", "-1"}, {"transpose", "--gain=-1"});
  refuse({"released"}, {"random", "--as-released"});
  refuse({"routing", "misaligned"}, {"misaligned", "--routing", "through"});
  refuse({"sideways"}, {"sideways"});
}

TEST_F(Gradient, ATargetMayBeNaNWhereItIsNotObserved) {
  CaseFile input;
  input.arrays["mask"].values[3] = 0;
  input.arrays["targets"].values[3] = nan;
  const Outcome done = run_case(input);
  ASSERT_EQ(done.status, 0) << done.errors;
  for (const double value : read_array(folder_ / "out.h5", "grad_W").values)
    EXPECT_TRUE(std::isfinite(value));
}

// --- cases it refuses --------------------------------------------------------------------------

TEST_F(Gradient, NamesTheMissingDatasetOrAttribute) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  for (const auto& [name, array] : CaseFile().arrays) {
    CaseFile input;
    input.arrays.erase(name);
    expect_case_refused(input, {"case.h5", name, "missing"});
  }
  for (const auto& [name, attribute] : CaseFile().attributes) {
    CaseFile input;
    input.attributes.erase(name);
    expect_case_refused(input, {"case.h5", name, "missing"});
  }
}

TEST_F(Gradient, NamesTheDatasetOfAWrongShapeWithBothShapes) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  const auto refuse = [&](const std::string& name, const std::vector<Index>& shape,
                          const std::vector<std::string>& mentions) {
    CaseFile input;
    input.add(name, shape);
    expect_case_refused(input, mentions);
  };
  refuse("W", {4, 5}, {"W", "4 x 4", "4 x 5"});
  refuse("W", {16}, {"W", "16"});
  refuse("U", {3, 2}, {"U", "3 x 2"});
  refuse("C", {2, 5}, {"C", "2 x 4", "2 x 5"});
  refuse("b", {4, 1}, {"b", "4 x 1"});
  refuse("d", {}, {"d", "scalar"});
  refuse("inputs", {3, 5, 3}, {"inputs", "3 x 5 x 3"});
  refuse("inputs", {3, 6, 2}, {"inputs", "3 x 5 x 2", "3 x 6 x 2"});
  refuse("targets", {3, 5, 1}, {"targets", "3 x 5 x 1"});
  refuse("mask", {3, 5}, {"mask", "3 x 5"});
  refuse("mask", {2, 5, 2}, {"mask", "3 x 5 x 2", "2 x 5 x 2"});
}

TEST_F(Gradient, RefusesEmptyDimensions) {
  CaseFile input;
  for (const auto* name : {"inputs", "targets", "mask"}) input.add(name, {0, 5, 2});
  expect_case_refused(input, {"0 x 5"});
}

TEST_F(Gradient, NamesTheDatasetThatIsNotFinite) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  for (const auto& [name, array] : CaseFile().arrays)
    for (const double value : {nan, infinity, -infinity}) {
      CaseFile input;
      input.arrays[name].values.back() = value;
      expect_case_refused(input, {"case.h5", name});
    }
}

TEST_F(Gradient, RefusesAMaskThatObservesNothingOrIsNoMask) {
  CaseFile input;
  for (double& m : input.arrays["mask"].values) m = 0;
  expect_case_refused(input, {"mask", "30", "0"});
  input.arrays["mask"].values[7] = 0.5;
  expect_case_refused(input, {"mask", "0.5"});
}

TEST_F(Gradient, RefusesALeakOutsideItsRange) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  for (const double leak : {0.0, -0.1, 1.5, nan, infinity}) {
    CaseFile input;
    input.attributes["leak"].number = leak;
    expect_case_refused(input, {"leak", "(0, 1]", fmt::format("{}", leak)});
  }
}

TEST_F(Gradient, RefusesAnUnknownActivation) {
  CaseFile input;
  input.attributes["activation"].text = "sine";
  expect_case_refused(input, {"case.h5", "sine", "tanh"});
  input.attributes["activation"] = {"activation", 3};
  expect_case_refused(input, {"case.h5", "activation"});
}

TEST_F(Gradient, RefusesAGainOrARidgeOutsideItsRange) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  for (const std::string gain : {"-0.1", "1.5", "nan", "inf"})
    for (const std::string rule : {"tf", "gtf", "ef"})
      expect_case_refused(CaseFile(), {"gain", "[0, 1]", gain}, {"--rule", rule, "--gain", gain});
  for (const std::string ridge : {"-1", "nan", "inf"})
    expect_case_refused(CaseFile(), {"ridge", ridge}, {"--ridge", ridge});
}

TEST_F(Gradient, NamesAGroupThatIsNotThere) {
  expect_case_refused(CaseFile(), {"case.h5", "nowhere"}, {"--group", "nowhere"});
}

// --- files it refuses --------------------------------------------------------------------------

TEST_F(Gradient, RefusesATruncatedFileWhereverItIsCut) {
  CaseFile().write(folder_ / "whole.h5");
  const std::string whole = read_file(folder_ / "whole.h5");
  for (const std::size_t size :
       {std::size_t(0), std::size_t(7), std::size_t(100), whole.size() / 2, whole.size() - 1}) {
    write_file(folder_ / "cut.h5", whole.substr(0, size));
    expect_untouched_refusal({"gradient", "cut.h5", "--out", "out.h5"}, {"cut.h5"});
  }
}

TEST_F(Gradient, RefusesAFileOfAnotherKind) {
  write_file(folder_ / "notes.txt", "W = 1\nU = 2\n");
  write_file(folder_ / "noise.h5", "\x89HDF\r\n\x1a\n" + std::string(600, 'x'));
  fs::create_directory(folder_ / "folder.h5");
  for (const std::string name : {"notes.txt", "noise.h5", "folder.h5", "absent.h5"})
    expect_untouched_refusal({"gradient", name, "--out", "out.h5"}, {name});
}

TEST_F(Gradient, SurvivesEveryByteThatIsDamaged) {
  CaseFile().write(folder_ / "whole.h5");
  const std::string whole = read_file(folder_ / "whole.h5");
  const auto expect_survival = [&](std::size_t at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(~damaged[at]);
    write_file(folder_ / "damaged.h5", damaged);
    const Outcome run =
        ef({"gradient", "damaged.h5", "--out", "out.h5"}, {.folder = folder_.path()});
    EXPECT_TRUE(run.status == 0 || run.status == 2) << "byte " << at << ": " << run.errors;
    fs::remove(folder_ / "out.h5");
  };
  for (std::size_t at = 0; at < whole.size(); at += whole.size() / (test::sanitized ? 15 : 60))
    expect_survival(at);
  if (test::sanitized) return;  // they stop at the errors of HDF5 that the program survives
  const std::size_t heap = whole.find("GCOL");  // of texts, where HDF5 itself can crash
  ASSERT_NE(heap, std::string::npos);
  for (std::size_t at = heap + 26; at < heap + 32; ++at) expect_survival(at);
}

TEST_F(Gradient, RefusesAPlaceThatCannotBeWritten) {
  CaseFile().write(folder_ / "case.h5");
  write_file(folder_ / "file", "not a folder");
  fs::create_directory(folder_ / "folder");
  const auto refuse = [&](const std::string& place) {
    expect_untouched_refusal({"gradient", "case.h5", "--out", place}, {place});
  };
  refuse("absent/out.h5");
  refuse("file/out.h5");
  refuse("folder");
  refuse("/proc/out.h5");  // not even root can create a file there
}

TEST_F(Gradient, LeavesAnOlderResultAloneWhenTheDiskIsFull) {
  CaseFile().write(folder_ / "case.h5");
  write_file(folder_ / "out.h5", "an older result");
  expect_untouched_refusal({"gradient", "case.h5", "--out", "out.h5"}, {"out.h5"}, 1024);
}

}  // namespace
}  // namespace error_forcing::testing
