#pragma once
// Files that are either complete or absent: written aside, then renamed.

#include <filesystem>
#include <string_view>

namespace error_forcing {

/// A file under construction beside its final place. Write to temporary(), then commit();
/// without commit() the destructor removes what was written.
class AtomicFile {
 public:
  /// Throws InvalidInput if the folder of `target` does not exist or cannot be written.
  explicit AtomicFile(std::filesystem::path target);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  const std::filesystem::path& temporary() const { return temporary_; }
  /// Renames the temporary file to the target, replacing an older one.
  void commit();

 private:
  std::filesystem::path target_, temporary_;
  bool committed_ = false;
};

/// Writes a whole text file atomically.
void write_text(const std::filesystem::path& target, std::string_view text);

/// Creates the folder, and those above it, for results. Throws InvalidInput if that cannot be done.
void make_folder(const std::filesystem::path& folder);

}  // namespace error_forcing
