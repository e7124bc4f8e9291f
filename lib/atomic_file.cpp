#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <error_forcing/atomic_file.hpp>
#include <error_forcing/errors.hpp>
#include <fstream>

namespace error_forcing {

namespace fs = std::filesystem;

AtomicFile::AtomicFile(fs::path target) : target_(std::move(target)) {
  temporary_ = target_;
  temporary_ += fmt::format(".{}.partial", ::getpid());
  std::error_code unreadable;  // reported below, by the attempt to write
  require(!target_.filename().empty() && !fs::is_directory(target_, unreadable),
          "{}: is a folder; give the name of a file to write", target_.string());
  errno = 0;
  const bool writable = static_cast<bool>(std::ofstream(temporary_, std::ios::binary));
  require(writable, "{}: cannot be written ({}); give a path in an existing, writable folder",
          target_.string(), std::strerror(errno));
}

AtomicFile::~AtomicFile() {
  std::error_code ignored;
  if (!committed_) fs::remove(temporary_, ignored);
}

void AtomicFile::commit() {
  std::error_code failure;
  fs::rename(temporary_, target_, failure);
  require(!failure, "{}: cannot be written ({})", target_.string(), failure.message());
  committed_ = true;
}

void write_text(const fs::path& target, std::string_view text) {
  AtomicFile file(target);
  std::ofstream stream(file.temporary(), std::ios::binary);
  stream << text;
  stream.close();
  require(static_cast<bool>(stream), "{}: writing failed; is the disk full?", target.string());
  file.commit();
}

void make_folder(const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  require(!failure && fs::is_directory(folder, failure),
          "{}: cannot be created as a folder ({}); choose another place", folder.string(),
          failure ? failure.message() : "a file has that name");
}

}  // namespace error_forcing
