#include <algorithm>
#include <boost/crc.hpp>
#include <error_forcing/atomic_file.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/sealed_archive.hpp>
#include <fstream>
#include <iterator>

namespace error_forcing {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view seal_mark = "ef seal ";
constexpr std::size_t seal_length = seal_mark.size() + 9;

std::string seal_of(std::string_view bytes) {
  boost::crc_32_type sum;
  sum.process_bytes(bytes.data(), bytes.size());
  return fmt::format("{}{:08x}\n", seal_mark, sum.checksum());
}

}  // namespace

void write_sealed_arrays(const fs::path& file, const std::vector<NamedArray>& arrays,
                         const std::vector<NamedAttribute>& attributes) {
  const auto bytes = archive_bytes(file.string(), arrays, attributes);
  write_text(file, bytes + seal_of(bytes));
}

void require_sealed(const fs::path& file) {
  std::error_code failure;
  require(fs::exists(file, failure), "{}: no such file", file.string());
  std::ifstream stream(file, std::ios::binary);
  require(stream && fs::is_regular_file(file, failure), "{}: cannot be read", file.string());
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  const auto end = bytes.size() - std::min(bytes.size(), seal_length);
  const std::string_view all(bytes), seal = all.substr(end);
  require(seal.starts_with(seal_mark),
          "{}: has no seal at its end: cut short, or not written by ef; write it anew",
          file.string());
  require(seal == seal_of(all.substr(0, end)), "{}: damaged, its checksum is wrong; write it anew",
          file.string());
}

}  // namespace error_forcing
