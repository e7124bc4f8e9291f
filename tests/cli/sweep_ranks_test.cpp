// mpirun ef sweep: several processes, one sweep.

#include <fstream>
#include <sstream>

#include "sanitized.hpp"
#include "small_sweep.hpp"

namespace error_forcing::testing {
namespace {

class SweepRanks : public SweepTest {
 protected:
  // As root, as in a container, and with more ranks than cores mpirun runs only if told to.
  SweepRanks() {
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // OpenMPI's own, in plugins it has unloaded
  }
  ~SweepRanks() override { ::unsetenv("ASAN_OPTIONS"); }

  void SetUp() override {
    if (!fs::exists(fs::path(EF_PROGRAM).parent_path() / "libef_mpi.so"))
      GTEST_SKIP() << "built without OpenMPI";
  }

  Outcome ranks(const std::string& count, const std::vector<std::string>& options,
                RunOptions how = {}) {
    std::vector<std::string> words{"mpirun", "--oversubscribe", "-n", count, EF_PROGRAM, "sweep"};
    words.insert(words.end(), options.begin(), options.end());
    how.folder = folder_.path();
    return run(words, how);
  }

  // The process that is this rank of the sweep in the folder; 0 if there is none.
  pid_t process_of_rank(const std::string& rank) {
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string pid = entry.path().filename();
      if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
      std::error_code gone;
      const auto folder = fs::read_symlink(entry.path() / "cwd", gone);
      if (gone || folder != fs::canonical(folder_.path())) continue;
      const std::string variable = std::string("\0OMPI_COMM_WORLD_RANK=", 22) + rank + '\0';
      if (read_file(entry.path() / "environ").find(variable) != std::string::npos)
        return static_cast<pid_t>(std::stol(pid));
    }
    return 0;
  }
};

TEST_F(SweepRanks, GiveTheSameFilesAsOneProcessByteForByte) {
  small_sweep("one");
  const Outcome done = ranks("2", {"plan.toml", "--out", "two"});
  EXPECT_EQ(done.status, 0) << done.errors;
  EXPECT_NE(done.output.find("12/12 runs"), std::string::npos) << done.output;
  EXPECT_NE(done.output.find("two: 12 runs done, 0 were there; 0 diverged\n"), std::string::npos)
      << done.output;
  EXPECT_TRUE(results("two") == results("one"));
  const auto before = times("two");
  const Outcome again = ranks("2", {"plan.toml", "--out", "two", "--threads", "2"});
  EXPECT_EQ(again.output, "two: 0 runs done, 12 were there; 0 diverged\n") << again.errors;
  EXPECT_EQ(times("two"), before);
}

TEST_F(SweepRanks, KilledHalfWayTheSweepGoesOnToTheSameFiles) {
  SKIP_UNDER_SANITIZERS("ranks run there in another test");
  ASSERT_EQ(sweep({"slow.toml", "--out", "whole"}).status, 0);
  for (const std::string rank : {"0", "1"}) {
    const std::string out = "rank" + rank;
    bool killed = false;
    const auto kill_rank_once = [&] {
      const pid_t process = killed || result_files(out).size() < 2 ? 0 : process_of_rank(rank);
      if (process != 0) killed = ::kill(process, SIGKILL) == 0;
      return false;
    };
    const Outcome died =
        ranks("2", {"slow.toml", "--out", out}, {.interrupt_when = kill_rank_once});
    EXPECT_TRUE(killed);
    EXPECT_NE(died.status, 0);
    EXPECT_GE(result_files(out).size(), 2U);
    EXPECT_LT(result_files(out).size(), 8U);
    const Outcome again =
        rank == "1" ? ranks("2", {"slow.toml", "--out", out}) : sweep({"slow.toml", "--out", out});
    EXPECT_EQ(again.status, 0) << again.errors;
    for (const auto& file : result_files("whole"))
      EXPECT_EQ(read_file(file), read_file(folder_ / out / "runs" / file.filename()));
  }
}

TEST_F(SweepRanks, ABadPlanIsSaidOnceAndEndsThemAll) {
  SKIP_UNDER_SANITIZERS("one refusal is like another");
  write_file(folder_ / "bad.toml", small_plan + "colour = 3\n");
  const Outcome bad = ranks("2", {"bad.toml", "--out", "out"});
  EXPECT_EQ(bad.status, 2) << bad.errors;
  const auto first = bad.errors.find("ef: bad.toml");
  EXPECT_NE(first, std::string::npos) << bad.errors;
  EXPECT_EQ(bad.errors.find("ef: bad.toml", first + 1), std::string::npos) << bad.errors;
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(SweepRanks, AResultThatCannotBeKeptEndsThemAllWithStatus2) {
  SKIP_UNDER_SANITIZERS("ranks run there in another test");
  small_sweep("out");
  const auto files = result_files("out");
  for (const auto& file : files)
    if (file.string().find("rflo") != std::string::npos) {
      fs::remove(file);
      fs::remove(folder_ / "out/seconds" / file.filename());
      fs::create_directory(folder_ / "out/seconds" / file.filename());
    }
  const Outcome full = ranks("2", {"plan.toml", "--out", "out"});
  EXPECT_EQ(full.status, 2) << full.errors;
  EXPECT_NE(full.errors.find("ef: out/seconds/xor-delay"), std::string::npos) << full.errors;
  EXPECT_EQ(result_files("out").size(), 8U);
}

// Elsewhere than beside its module the program is one that was built without it.
TEST_F(SweepRanks, WithoutOpenMpiItSaysSo) {
  fs::copy_file(EF_PROGRAM, folder_ / "lonely");
  ::setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
  ::setenv("OMPI_COMM_WORLD_RANK", "0", 1);
  const Outcome alone =
      run({"./lonely", "sweep", "plan.toml", "--out", "out"}, {.folder = folder_.path()});
  ::unsetenv("OMPI_COMM_WORLD_SIZE");
  ::unsetenv("OMPI_COMM_WORLD_RANK");
  expect_refused(alone, {"built without OpenMPI", "--shard"});
}

}  // namespace
}  // namespace error_forcing::testing
