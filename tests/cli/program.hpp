#pragma once
// Runs the program `ef` as its user does and judges what it leaves behind.

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "scratch_folder.hpp"

namespace error_forcing::testing {

namespace fs = std::filesystem;
using test::ScratchFolder;

/// What a run of a program left: its exit status (128 + the signal if one ended it) and its words.
struct Outcome {
  int status = 0;
  std::string output;
  std::string errors;
};

struct RunOptions {
  fs::path folder = ".";      ///< where it runs
  long largest_file = -1;     ///< bytes that it may write to one file, as on a full disk; -1: any
  bool without_path = false;  ///< finds no other program
  std::function<bool()> interrupt_when = {};  ///< asked again and again; Ctrl-C once it says yes
  int interrupt_by = SIGINT;                  ///< the signal that is meant by Ctrl-C
};

/// Runs `ef` with these arguments and waits for its end.
Outcome ef(const std::vector<std::string>& arguments, const RunOptions& options = {});

/// The same of any program, found in PATH, with its arguments.
Outcome run(const std::vector<std::string>& words, const RunOptions& options = {});

/// Every file and folder below a folder, with the content of the files.
std::map<std::string, std::string> contents(const fs::path& folder);

void write_file(const fs::path& file, const std::string& content);
std::string read_file(const fs::path& file);

/// Expects a refusal: status 2, silence on stdout and one line on stderr that has every mention.
void expect_refused(const Outcome& run, const std::vector<std::string>& mentions);

}  // namespace error_forcing::testing
