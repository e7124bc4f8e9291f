#include "study_files.hpp"

#include <fmt/format.h>

#include <error_forcing/atomic_file.hpp>

namespace error_forcing::cli {

void write_study(const std::filesystem::path& folder, const StudyFiles& files) {
  for (const auto& [name, content] : files) write_text(folder / name, content);
  for (const auto& [name, content] : files) fmt::print("{}\n", (folder / name).string());
}

}  // namespace error_forcing::cli
