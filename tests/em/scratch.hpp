#pragma once
// A folder of its own for a test, removed with it.

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace error_forcing::test {

struct Scratch {
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "em_test_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create " + name);
    path = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  std::filesystem::path path;
};

}  // namespace error_forcing::test
