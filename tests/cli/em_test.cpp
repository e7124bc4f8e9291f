// ef infer and ef em: what they write for a case, and what they refuse.

#include <cmath>
#include <error_forcing/archive.hpp>
#include <error_forcing/errors.hpp>

#include "program.hpp"
#include "sanitized.hpp"

namespace error_forcing::testing {
namespace {

// N = 2, I = 1, P = 1, B = 2, T = 3, linear, to be spoilt before it is written.
class Em : public ::testing::Test {
 protected:
  std::map<std::string, NamedArray> arrays{
      {"W", {"W", {2, 2}, {0.5, 0.1, -0.2, 0.3}}},
      {"U", {"U", {2, 1}, {0.4, -0.3}}},
      {"b", {"b", {2}, {0.1, 0}}},
      {"C", {"C", {1, 2}, {1, 0.5}}},
      {"d", {"d", {1}, {0.2}}},
      {"inputs", {"inputs", {2, 3, 1}, {1, 0, -1, 0.5, 0.2, 0.3}}},
      {"targets", {"targets", {2, 3, 1}, {0.3, 1, -0.4, 0.8, 0.1, 0.6}}},
      {"mask", {"mask", {2, 3, 1}, {1, 1, 1, 1, 0, 1}}},
      {"Q", {"Q", {2, 2}, {0.2, 0.05, 0.05, 0.1}}},
      {"R", {"R", {1, 1}, {0.3}}}};
  std::string activation = "identity";
  ScratchFolder folder;

  Outcome run(std::vector<std::string> arguments) {
    std::vector<NamedArray> all;
    for (const auto& [name, array] : arrays) all.push_back(array);
    write_arrays(folder / "case.h5", all, {{"leak", 0.5}, {"activation", 0, activation}});
    arguments.insert(arguments.begin() + 1, {"case.h5", "--out", "out.h5"});
    return ef(arguments, {.folder = folder.path()});
  }
  NamedArray out(const std::string& name) { return read_array(folder / "out.h5", name); }
};

TEST_F(Em, InferWritesWhatTheExactPosteriorKnows) {
  const auto done = run({"infer", "--e-step", "exact"});
  ASSERT_EQ(done.status, 0) << done.errors;
  for (const std::string name : {"displacement", "states", "posterior_mean", "posterior_variance"})
    EXPECT_EQ(out(name).shape, (std::vector<Index>{2, 3, 2})) << name;
  EXPECT_TRUE(out("log_evidence").shape.empty());
  EXPECT_FALSE(has_dataset(folder / "out.h5", "log_evidence_error"));
  EXPECT_EQ(out("score_W").shape, (std::vector<Index>{2, 2}));
}

TEST_F(Em, InferDrawsTrajectoriesFromTheExactPosterior) {
  const auto done = run({"infer", "--e-step", "exact", "--samples", "400"});
  ASSERT_EQ(done.status, 0) << done.errors;
  const auto samples = out("samples"), mean = out("posterior_mean"), v = out("posterior_variance");
  EXPECT_EQ(samples.shape, (std::vector<Index>{400, 2, 3, 2}));
  for (std::size_t i = 0; i < 12; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < 400; ++k) sum += samples.values[12 * k + i];
    EXPECT_NEAR(sum / 400, mean.values[i], 5 * std::sqrt(v.values[i] / 400)) << i;
  }
  expect_refused(run({"infer", "--e-step", "map", "--samples", "4"}), {"--samples", "exact"});
  const std::vector<std::string> three_steps{
      "em", "--e-step", "exact", "--m-step", "reparameterised", "--m-steps", "3"};
  expect_refused(run(three_steps), {"3 steps", "samples of exact"});
  auto sampled = three_steps;
  sampled.insert(sampled.end(), {"--samples", "50"});
  EXPECT_EQ(run(sampled).status, 0);
  expect_refused(run({"infer", "--e-step", "exact", "--samples", "-4"}), {"--samples", "-4"});
}

TEST_F(Em, FormsAndMethodsOfALinearModelAgree) {
  std::vector<double> evidence;
  for (const std::vector<std::string>& method :
       std::vector<std::vector<std::string>>{{"infer", "--e-step", "filter"},
                                             {"infer", "--e-step", "map"},
                                             {"infer", "--e-step", "map", "--form", "smoother"},
                                             {"infer", "--e-step", "exact", "--form", "rts"},
                                             {"infer", "--e-step", "exact", "--form", "dual"}}) {
    const auto done = run(method);
    ASSERT_EQ(done.status, 0) << done.errors;
    evidence.push_back(out("log_evidence").values[0]);
    EXPECT_NEAR(evidence.back(), evidence.front(), 1e-10) << method.back();
  }
  ASSERT_EQ(run({"infer", "--e-step", "particles", "--particles", "3000"}).status, 0);
  EXPECT_NEAR(out("log_evidence").values[0], evidence[0],
              5 * out("log_evidence_error").values[0] + 1e-9);
}

TEST_F(Em, EveryEStepThatMakesSenseRuns) {
  for (const std::string name :
       {"free", "tf", "ef", "greedy", "filter", "map", "exact", "particles"})
    EXPECT_EQ(run({"infer", "--e-step", name}).status, 0) << name;
  EXPECT_TRUE(has_dataset(folder / "out.h5", "effective_sample"));
}

TEST_F(Em, TheLoopWritesTheModelAndItsTrace) {
  const auto done =
      run({"em", "--e-step", "exact", "--iterations", "4", "--train", "W,U,b,C,d,Q,R"});
  ASSERT_EQ(done.status, 0) << done.errors;
  const auto trace = out("log_evidence").values;
  ASSERT_EQ(trace.size(), 5u);
  for (std::size_t k = 1; k < 5; ++k) EXPECT_GE(trace[k], trace[k - 1]);
  EXPECT_EQ(out("Q").shape, (std::vector<Index>{2, 2}));
  EXPECT_NE(out("Q").values[1], 0);  // full, as it came
  EXPECT_NE(out("d").values[0], 0.2);
}

TEST_F(Em, TheResultIsACaseToGoOnFrom) {
  ASSERT_EQ(run({"em", "--e-step", "exact", "--iterations", "3"}).status, 0);
  const auto three = out("W").values;
  ASSERT_EQ(run({"em", "--e-step", "exact", "--iterations", "1"}).status, 0);
  for (const std::string name : {"W", "U", "b", "C", "d", "Q", "R"}) arrays[name] = out(name);
  ASSERT_EQ(run({"em", "--e-step", "exact", "--iterations", "2"}).status, 0);
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(out("W").values[k], three[k], 1e-12);
}

TEST_F(Em, ACovarianceFromADeviationStaysIsotropic) {
  arrays.erase("Q");
  ASSERT_EQ(run({"em", "--e-step", "exact", "--sigma-h", "0.4", "--train", "Q"}).status, 0);
  const auto Q = out("Q").values;
  EXPECT_EQ(Q[1], 0);
  EXPECT_EQ(Q[0], Q[3]);
  EXPECT_NE(Q[0], 0.16);
}

TEST_F(Em, RefusalsSayWhatToDoAndWriteNothing) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  expect_refused(run({"infer", "--e-step", "exact", "--sigma-h", "1"}),
                 {"Q", "--sigma-h", "use one"});
  expect_refused(run({"infer", "--e-step", "quadrature"}), {"only for one unit, got 2"});
  expect_refused(run({"infer", "--e-step", "map", "--form", "rts"}), {"--form rts", "smoother"});
  expect_refused(run({"em", "--e-step", "filter"}), {"joint moments"});
  expect_refused(run({"em", "--e-step", "exact", "--m-step", "local", "--train", "Q"}),
                 {"closed-form to train Q and R"});
  arrays["Q"].values = {1, 2, 2, 1};
  expect_refused(run({"infer", "--e-step", "exact"}), {"Q", "not positive semidefinite"});
  arrays.erase("Q");
  expect_refused(run({"infer", "--e-step", "exact"}),
                 {"Q", "give its standard deviation by --sigma-h"});
  activation = "tanh";
  expect_refused(run({"infer", "--e-step", "exact", "--sigma-h", "1"}),
                 {"phi = identity, got tanh"});
  EXPECT_FALSE(fs::exists(folder / "out.h5"));
}

TEST_F(Em, MapThatStopsShortIsWrittenWithStatusOne) {
  activation = "tanh";
  const auto done =
      run({"infer", "--e-step", "map", "--map-iterations", "1", "--tolerance", "1e-15"});
  EXPECT_EQ(done.status, 1);
  EXPECT_NE(done.errors.find("did not reach --tolerance"), std::string::npos);
  EXPECT_EQ(out("converged").values[0], 0);
}

}  // namespace
}  // namespace error_forcing::testing
