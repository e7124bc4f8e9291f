// ef sweep: the folder of a sweep, whatever happens to it.

#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "sanitized.hpp"
#include "small_sweep.hpp"

namespace error_forcing::testing {
namespace {

using Json = nlohmann::json;

using Sweep = SweepTest;
using SweepShards = SweepTest;
using SweepAgain = SweepTest;
using SweepFolder = SweepTest;
using SweepInterrupted = SweepTest;

TEST_F(Sweep, KeepsAResultForEveryRunOfThePlan) {
  const Outcome done = small_sweep("out");
  EXPECT_EQ(done.errors, "");
  EXPECT_NE(done.output.find("out: 12 runs done, 0 were there; 0 diverged\n"), std::string::npos)
      << done.output;
  const auto plan = Json::parse(read_file(folder_ / "out/plan.json"));
  EXPECT_EQ(read_file(folder_ / "out/plan.toml"), small_plan);
  ASSERT_EQ(plan.at("runs").size(), 12U);
  for (const auto& run : plan.at("runs")) {
    const std::string id = run.at("id");
    const auto result = Json::parse(read_file(folder_ / "out/runs" / (id + ".json")));
    EXPECT_EQ(result.at("plan"), plan.at("plan"));
    EXPECT_EQ(result.at("version"), plan.at("version"));
    EXPECT_EQ(result.at("cell"), run.at("cell"));
    EXPECT_EQ(result.at("seed"), run.at("seed"));
    EXPECT_EQ(result.at("outcome"), "finished");
    EXPECT_EQ(result.at("test_trials"), 8);
    EXPECT_EQ(result.at("history").at("loss").size(), 3U);
    EXPECT_GE(Json::parse(read_file(folder_ / "out/seconds" / (id + ".json"))).at("seconds"), 0);
  }
  EXPECT_EQ(result_files("out").size(), 12U);
}

TEST_F(Sweep, APipeGetsALineARun) {
  const Outcome done = small_sweep("out", {"--threads", "1"});
  EXPECT_EQ(done.output.find('\r'), std::string::npos);
  EXPECT_EQ(std::count(done.output.begin(), done.output.end(), '\n'), 13);
  for (const std::string count : {" 1/12 runs", " 7/12 runs", "12/12 runs"})
    EXPECT_TRUE(std::regex_search(
        done.output, std::regex(count + "  xor-delay[34]-.*not learned  test [0-9.]+.* left\n")))
        << count << done.output;
  // The longest first.
  EXPECT_TRUE(done.output.starts_with(" 1/12 runs  xor-delay4")) << done.output;
}

TEST_F(Sweep, TheLineOfARunSaysWhenItLearned) {
  write_file(folder_ / "easy.toml", "thresholds = [1e9]\ncriterion_epochs = 2\n" + small_plan);
  const Outcome easy = sweep({"easy.toml", "--out", "out"});
  EXPECT_NE(easy.output.find("  learned in 2  test "), std::string::npos) << easy.output;
}

TEST_F(Sweep, ADivergenceIsAResultAndCounted) {
  write_file(folder_ / "wild.toml", small_plan + "seeds = [1]\nrate = 1e30\n");
  const Outcome done = sweep({"wild.toml", "--out", "out"});
  EXPECT_EQ(done.status, 0) << done.errors;
  EXPECT_NE(done.output.find("10 runs done, 0 were there; 2 diverged\n"), std::string::npos)
      << done.output;
  const auto wild =
      Json::parse(read_file(folder_ / "out/runs/xor-delay3-ef-c1-rate1e+30-seed1.json"));
  EXPECT_EQ(wild.at("outcome"), "diverged");
  EXPECT_TRUE(wild.at("test_loss").is_null());
  EXPECT_EQ(wild.at("failure").at("epoch"), 1);
}

TEST_F(Sweep, ADryRunSaysWhatIsMissingAndWritesNothing) {
  const Outcome all = sweep({"plan.toml", "--out", "out", "--dry-run"});
  EXPECT_EQ(all.status, 0) << all.errors;
  EXPECT_EQ(std::count(all.output.begin(), all.output.end(), '\n'), 13);
  EXPECT_NE(all.output.find("12 of 12 runs to do\n"), std::string::npos) << all.output;
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  small_sweep("out", {"--shard", "1/3"});
  const auto before = times("out");
  EXPECT_NE(sweep({"plan.toml", "--out", "out", "--dry-run"}).output.find("8 of 12 runs to do"),
            std::string::npos);
  EXPECT_EQ(times("out"), before);
}

TEST_F(SweepShards, ThreadsAndShardsGiveTheSameFilesByteForByte) {
  small_sweep("one", {"--threads", "1"});
  small_sweep("two", {"--threads", "2"});
  small_sweep("shards", {"--threads", "1", "--shard", "1/2"});
  EXPECT_EQ(result_files("shards").size(), 6U);
  small_sweep("shards", {"--threads", "1", "--shard", "2/2"});
  const auto one = results("one");
  EXPECT_EQ(one.size(), 12U + 3);  // plan.toml, plan.json and the folder of runs
  EXPECT_TRUE(results("two") == one);
  EXPECT_TRUE(results("shards") == one);
}

TEST_F(SweepShards, RefusesPartsThatAreNone) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  for (const std::string shard : {"0/2", "3/2", "1", "1/", "/2", "a/b", "1/2/3", "-1/2", "1/0"})
    expect_refused(sweep({"plan.toml", "--out", "out", "--shard", shard}), {"--shard", shard});
  for (const std::string threads : {"0", "-1", "two", "1.5"})
    expect_refused(sweep({"plan.toml", "--out", "out", "--threads", threads}), {"--threads"});
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

// The ready batch script, with the variables that Slurm would set.
TEST_F(SweepShards, TheSlurmScriptDoesThePartOfItsTask) {
  small_sweep("one");
  ::setenv("EF", EF_PROGRAM, 1);
  ::setenv("SLURM_ARRAY_TASK_COUNT", "3", 1);
  ::setenv("SLURM_CPUS_PER_TASK", "1", 1);
  std::size_t files = 0;
  for (const std::string task : {"1", "2", "3"}) {
    ::setenv("SLURM_ARRAY_TASK_ID", task.c_str(), 1);
    const std::string script = EF_SOURCE "/plans/sweep.sbatch";
    const Outcome done = run({"sh", script, "plan.toml", "slurm"}, {.folder = folder_.path()});
    EXPECT_EQ(done.status, 0) << done.errors;
    EXPECT_EQ(result_files("slurm").size(), files += 4);
  }
  ::setenv("SLURM_ARRAY_TASK_ID", "0", 1);
  const Outcome zero = run({"sh", EF_SOURCE "/plans/sweep.sbatch", "plan.toml", "slurm"},
                           {.folder = folder_.path()});
  expect_refused(zero, {"--shard", "0/3", "number a Slurm array from 1"});
  for (const char* name :
       {"EF", "SLURM_ARRAY_TASK_COUNT", "SLURM_CPUS_PER_TASK", "SLURM_ARRAY_TASK_ID"})
    ::unsetenv(name);
  const Outcome alone = run({"sh", EF_SOURCE "/plans/sweep.sbatch", "plan.toml", "slurm"},
                            {.folder = folder_.path()});
  EXPECT_EQ(alone.status, 2);
  EXPECT_NE(alone.errors.find("--array"), std::string::npos) << alone.errors;
  EXPECT_TRUE(results("slurm") == results("one"));
}

TEST_F(SweepAgain, ItDoesNothingTwice) {
  small_sweep("out");
  const auto before = times("out");
  const Outcome again = small_sweep("out");
  EXPECT_EQ(again.errors, "");
  EXPECT_EQ(again.output, "out: 0 runs done, 12 were there; 0 diverged\n");
  EXPECT_EQ(times("out"), before);
}

TEST_F(SweepAgain, ItDoesWhatIsMissing) {
  small_sweep("out");
  const auto all = results("out");
  auto kept = times("out");
  const auto files = result_files("out");
  for (const auto& file : {files[0], files[5], files[11]}) {
    kept.erase(file);
    kept.erase((folder_ / "out/seconds" / file.filename()).string());
    fs::remove(file);
  }
  const Outcome again = small_sweep("out");
  EXPECT_NE(again.output.find("out: 3 runs done, 9 were there;"), std::string::npos)
      << again.output;
  EXPECT_TRUE(results("out") == all);
  const auto now = times("out");
  for (const auto& [path, time] : kept)
    EXPECT_TRUE(fs::is_directory(path) || now.at(path) == time) << path;
}

TEST_F(SweepAgain, AnotherTextOfTheSamePlanGoesOn) {
  small_sweep("out");
  const auto before = times("out");
  write_file(folder_ / "plan.toml", "# the same\n" + small_plan + "seeds = [2, 1]\n");
  small_sweep("out");
  EXPECT_EQ(times("out"), before);
}

TEST_F(SweepAgain, ResultsThatCannotBeReadAreNamedKeptAsideAndDoneAgain) {
  small_sweep("out");
  const auto all = results("out");
  const auto files = result_files("out");
  const std::string whole = read_file(files[2]);
  write_file(files[2], whole.substr(0, whole.size() / 2));
  write_file(files[4], "");
  auto foreign = Json::parse(read_file(files[6]));
  foreign["plan"] = "9f3a";
  write_file(files[6], foreign.dump());
  fs::copy_file(files[7], files[8], fs::copy_options::overwrite_existing);
  auto elsewhere = Json::parse(read_file(files[10]));
  elsewhere["cell"]["difficulty"] = 11;
  write_file(files[10], elsewhere.dump());
  auto older = Json::parse(read_file(files[9]));
  older["version"] = "0.0.1";
  write_file(files[9], older.dump());
  auto reseeded = Json::parse(read_file(files[11]));
  reseeded["seed"] = 77;
  write_file(files[11], reseeded.dump());
  const auto damaged = results("out");
  const auto kept = times("out");

  const Outcome dry = sweep({"plan.toml", "--out", "out", "--dry-run"});
  EXPECT_NE(dry.output.find("7 of 12 runs to do\n"), std::string::npos) << dry.output;
  EXPECT_EQ(times("out"), kept);

  const Outcome again = small_sweep("out");
  EXPECT_EQ(std::count(again.errors.begin(), again.errors.end(), '\n'), 7) << again.errors;
  auto now = results("out");
  for (const std::size_t k : {2U, 4U, 6U, 8U, 9U, 10U, 11U}) {
    const std::string name = "runs/" + files[k].filename().string();
    EXPECT_NE(again.errors.find(name), std::string::npos) << name << " in " << again.errors;
    EXPECT_EQ(now.at(name + ".unreadable-1"), damaged.at(name));
    now.erase(name + ".unreadable-1");
  }
  EXPECT_TRUE(now == all);
  for (const std::size_t k : {0U, 1U, 3U, 5U, 7U})
    EXPECT_EQ(fs::last_write_time(files[k]), kept.at(files[k])) << files[k];

  write_file(files[2], "again");
  small_sweep("out");
  EXPECT_EQ(read_file(files[2].string() + ".unreadable-2"), "again");
  EXPECT_EQ(read_file(files[2].string() + ".unreadable-1"), whole.substr(0, whole.size() / 2));
}

TEST_F(SweepFolder, OfAnotherPlanOrVersionIsRefused) {
  small_sweep("out");
  const auto before = times("out");
  write_file(folder_ / "other.toml", small_plan + "rate = 0.01\n");
  expect_refused(sweep({"other.toml", "--out", "out"}), {"out: ", "another plan", "--out"});
  EXPECT_EQ(times("out"), before);

  std::string plan = read_file(folder_ / "out/plan.json");
  const auto place = plan.find("\"version\": \"");
  ASSERT_NE(place, std::string::npos);
  write_file(folder_ / "out/plan.json", plan.insert(place + 12, "9."));
  expect_refused(sweep({"plan.toml", "--out", "out"}), {"made by ef \"9.", "--out"});

  write_file(folder_ / "out/plan.json", plan.substr(0, 50));
  expect_refused(sweep({"plan.toml", "--out", "out"}), {"plan.json: is damaged", "remove it"});
  fs::remove(folder_ / "out/plan.json");
  const Outcome done = small_sweep("out");
  EXPECT_NE(done.output.find("0 runs done, 12 were there"), std::string::npos) << done.output;
}

TEST_F(SweepFolder, ThatHoldsSomethingElseIsRefused) {
  fs::create_directory(folder_ / "out");
  write_file(folder_ / "out/thesis.tex", "");
  write_file(folder_ / "file", "");
  const auto before = contents(folder_.path());
  expect_refused(sweep({"plan.toml", "--out", "out"}), {"out: is not empty"});
  for (const std::string place : {"file", "file/out", "/proc/out"})
    expect_refused(sweep({"plan.toml", "--out", place}), {place});
  expect_refused(sweep({"plan.toml", "--out", ""}), {"--out"});
  EXPECT_TRUE(contents(folder_.path()) == before);
}

TEST_F(SweepFolder, IsNotMadeForAPlanThatIsRefused) {
  expect_refused(sweep({"nothing.toml", "--out", "out"}), {"nothing.toml"});
  const auto refuse = [&](const std::string& text, const std::string& mention) {
    write_file(folder_ / "bad.toml", text);
    expect_refused(sweep({"bad.toml", "--out", "out"}), {"bad.toml", mention});
  };
  refuse("", "bad.toml");
  refuse("seeds = 3", "[[grid]]");
  refuse(small_plan + "delay = 3", "unknown key 'delay'");
  refuse(small_plan + "gain = 2", "gain");
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(SweepFolder, AFullDiskIsSaidInOneLineAndLosesNothing) {
  if (test::sanitized) GTEST_SKIP() << "the OpenMP of Clang needs a file of its own, and aborts";
  small_sweep("out");
  const auto files = result_files("out");
  fs::remove(files[3]);
  fs::remove(files[9]);
  const auto before = results("out");
  const Outcome full = sweep({"plan.toml", "--out", "out"}, {.largest_file = 400});
  EXPECT_EQ(full.status, 2);
  EXPECT_EQ(std::count(full.errors.begin(), full.errors.end(), '\n'), 1) << full.errors;
  EXPECT_NE(full.errors.find("is the disk full?"), std::string::npos) << full.errors;
  EXPECT_TRUE(results("out") == before);
  small_sweep("out");
  EXPECT_EQ(result_files("out"), files);
}

TEST_F(SweepInterrupted, ItStopsAtOnceKeepsWhatIsDoneAndGoesOn) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  ASSERT_EQ(sweep({"slow.toml", "--out", "whole"}).status, 0);
  for (const int signal : {SIGINT, SIGTERM, SIGKILL}) {
    const std::string out = "out" + std::to_string(signal);
    const auto some_are_done = [&] { return result_files(out).size() >= 2; };
    const Outcome stopped = sweep({"slow.toml", "--out", out, "--threads", "1"},
                                  {.interrupt_when = some_are_done, .interrupt_by = signal});
    EXPECT_EQ(stopped.status, signal == SIGKILL ? 128 + SIGKILL : 130) << stopped.errors;
    if (signal != SIGKILL) {
      EXPECT_NE(stopped.errors.find("interrupted"), std::string::npos) << stopped.errors;
      for (const auto& [name, content] : results(out))
        EXPECT_EQ(name.find(".partial"), std::string::npos) << name;
    }
    const auto done = result_files(out);
    EXPECT_GE(done.size(), 2U);
    EXPECT_LT(done.size(), 8U);
    for (const auto& file : done)
      EXPECT_EQ(read_file(file), read_file(folder_ / "whole/runs" / file.filename()));
    ASSERT_EQ(sweep({"slow.toml", "--out", out}).status, 0);
    for (const auto& file : result_files("whole"))
      EXPECT_EQ(read_file(file), read_file(folder_ / out / "runs" / file.filename()));
  }
}

}  // namespace
}  // namespace error_forcing::testing
