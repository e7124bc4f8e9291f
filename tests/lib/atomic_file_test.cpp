#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <error_forcing/atomic_file.hpp>
#include <error_forcing/errors.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "scratch_folder.hpp"

namespace error_forcing {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public testing::Test {
 protected:
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }

  test::ScratchFolder scratch;
  fs::path folder = scratch.path();
};

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// What InvalidInput said, or nothing.
template <typename Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const InvalidInput& error) {
    return error.what();
  }
  return "";
}

// The same in a child process that is not root, since root may write everywhere.
template <typename Action>
std::string refusal_without_privileges(Action action) {
  int channel[2];
  if (::pipe(channel) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string said = "cannot give up root";
    if (::geteuid() != 0 || ::setuid(65534) == 0) {
      try {
        said = refusal(action);
      } catch (const std::exception& error) {
        said = std::string("not InvalidInput: ") + error.what();
      }
    }
    const bool sent = ::write(channel[1], said.data(), said.size()) >= 0;
    ::_exit(sent ? 0 : 1);
  }
  ::close(channel[1]);
  std::string said(4096, ' ');
  said.resize(
      static_cast<std::size_t>(std::max<ssize_t>(0, ::read(channel[0], said.data(), 4096))));
  ::close(channel[0]);
  ::waitpid(child, nullptr, 0);
  return said;
}

using AtomicFileLaw = AtomicFileTest;
using AtomicFileHostile = AtomicFileTest;

TEST_F(AtomicFileLaw, WhatIsWrittenIsReadAndNothingIsLeftAside) {
  const std::string text("one line\nNUL: \0, CR: \r\n", 24);
  write_text(folder / "a.txt", text);
  EXPECT_EQ(content(folder / "a.txt"), text);
  write_text(folder / "empty.txt", "");
  EXPECT_EQ(content(folder / "empty.txt"), "");
  EXPECT_EQ(entries(), 2u);
}

TEST_F(AtomicFileLaw, TheTargetIsAbsentUntilCommitted) {
  const fs::path target = folder / "a.txt";
  AtomicFile file(target);
  std::ofstream(file.temporary()) << "new";
  EXPECT_FALSE(fs::exists(target));
  EXPECT_EQ(file.temporary().parent_path(), folder);  // a rename across devices is not atomic
  file.commit();
  EXPECT_EQ(content(target), "new");
  EXPECT_FALSE(fs::exists(file.temporary()));
}

TEST_F(AtomicFileLaw, AnOlderFileStaysWholeUntilItIsReplaced) {
  const fs::path target = folder / "a.txt";
  write_text(target, "old and longer");
  AtomicFile file(target);
  std::ofstream(file.temporary()) << "new";
  EXPECT_EQ(content(target), "old and longer");
  file.commit();
  EXPECT_EQ(content(target), "new");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFileLaw, WithoutCommitNothingHappened) {
  const fs::path target = folder / "a.txt";
  write_text(target, "old");
  {
    AtomicFile file(target);
    std::ofstream(file.temporary()) << "half of the n";
  }
  EXPECT_EQ(content(target), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFileLaw, AProcessKilledWhileWritingLeavesTheOldFile) {
  const fs::path target = folder / "a.txt";
  write_text(target, "old");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    AtomicFile file(target);
    std::ofstream(file.temporary()) << "half of the n" << std::flush;
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(content(target), "old");
}

TEST_F(AtomicFileLaw, AnExceptionInFlightRemovesTheHalfWrittenFile) {
  EXPECT_THROW(
      {
        AtomicFile file(folder / "a.txt");
        throw std::runtime_error("on the way");
      },
      std::runtime_error);
  EXPECT_EQ(entries(), 0u);
}

TEST_F(AtomicFileLaw, FoldersAreMadeWithThoseAboveAndMayExist) {
  make_folder(folder / "a" / "b" / "c");
  EXPECT_TRUE(fs::is_directory(folder / "a" / "b" / "c"));
  make_folder(folder / "a" / "b" / "c");
  EXPECT_TRUE(fs::is_empty(folder / "a" / "b" / "c"));
}

TEST_F(AtomicFileHostile, AMissingFolderIsNamedWithItsReason) {
  const fs::path target = folder / "nowhere" / "a.txt";
  const std::string said = refusal([&] { write_text(target, "text"); });
  EXPECT_NE(said.find(target.string() + ": cannot be written (No such file or directory)"),
            std::string::npos)
      << said;
  EXPECT_EQ(said.find('\n'), std::string::npos);
}

TEST_F(AtomicFileHostile, AFolderIsNoFile) {
  EXPECT_NE(refusal([&] { write_text(folder, "text"); }).find("is a folder"), std::string::npos);
  EXPECT_NE(refusal([&] { write_text(folder / "", "text"); }).find("is a folder"),
            std::string::npos);
  EXPECT_NE(refusal([] { write_text("", "text"); }).find("give the name of a file"),
            std::string::npos);
  EXPECT_EQ(entries(), 0u);
}

TEST_F(AtomicFileHostile, AFileIsNoFolder) {
  write_text(folder / "file", "text");
  const std::string said = refusal([&] { make_folder(folder / "file"); });
  EXPECT_NE(said.find((folder / "file").string()), std::string::npos) << said;
  EXPECT_NE(refusal([&] { make_folder(folder / "file" / "below"); }), "");
  EXPECT_NE(refusal([&] { write_text(folder / "file" / "a.txt", "text"); }), "");
  EXPECT_EQ(content(folder / "file"), "text");
}

TEST_F(AtomicFileHostile, AFolderThatMayNotBeWrittenOrEnteredIsRefused) {
  for (const auto allowed : {fs::perms(0555), fs::perms::none}) {
    fs::permissions(folder, allowed);
    const std::string file = refusal_without_privileges([&] { write_text(folder / "a", "text"); });
    const std::string below = refusal_without_privileges([&] { make_folder(folder / "below"); });
    fs::permissions(folder, fs::perms::owner_all);
    EXPECT_NE(file.find("cannot be written (Permission denied)"), std::string::npos) << file;
    EXPECT_NE(below.find("Permission denied"), std::string::npos) << below;
    EXPECT_EQ(entries(), 0u);
  }
}

TEST_F(AtomicFileHostile, ANameTooLongIsRefused) {
  const fs::path target = folder / std::string(300, 'x');
  EXPECT_NE(refusal([&] { write_text(target, "text"); }).find("File name too long"),
            std::string::npos);
  EXPECT_NE(refusal([&] { make_folder(target); }).find("File name too long"), std::string::npos);
}

// A limit on the size of files stands in for a disk that is full.
TEST_F(AtomicFileHostile, AFullDiskLeavesTheOldFileAndNothingElse) {
  const fs::path target = folder / "a.txt";
  write_text(target, "old");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string said = refusal([&] { write_text(target, std::string(100'000, 'x')); });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(said.find("writing failed"), std::string::npos) << said;
  EXPECT_EQ(content(target), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFileHostile, ATargetThatBecameAFolderIsReportedAtCommit) {
  const fs::path target = folder / "a.txt";
  {
    AtomicFile file(target);
    fs::create_directory(target);
    EXPECT_NE(refusal([&] { file.commit(); }).find("cannot be written"), std::string::npos);
  }
  EXPECT_EQ(entries(), 1u);
}

}  // namespace
}  // namespace error_forcing
