#pragma once
// A case, from a file that may be damaged. HDF5 checks little of what it reads and can crash on a
// wrong byte (of its global heap, where texts of variable length are).

#include <error_forcing/case_file.hpp>

namespace error_forcing::cli {

/// As read_case(); where HDF5 crashes the program says that the file is damaged and exits with 2.
Case read_case_safely(const std::string& file, const std::string& group);

}  // namespace error_forcing::cli
