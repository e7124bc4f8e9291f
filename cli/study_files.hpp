#pragma once
// The files that a study leaves: whole, together, and named on standard output.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace error_forcing::cli {

/// Names in the folder, and what they hold.
using StudyFiles = std::vector<std::pair<std::string, std::string>>;

/// Writes them all into the folder, which exists, and only then prints where they are.
void write_study(const std::filesystem::path& folder, const StudyFiles& files);

}  // namespace error_forcing::cli
