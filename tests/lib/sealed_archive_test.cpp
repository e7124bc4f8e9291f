#include <error_forcing/random.hpp>
#include <error_forcing/sealed_archive.hpp>

#include "hdf5_files.hpp"

namespace error_forcing::test {
namespace {

class SealedArchive : public Hdf5Files {
 protected:
  void SetUp() override {
    Hdf5Files::SetUp();
    auto engine = random_engine(1, 77);
    numbers = named_array("numbers", normal_matrix(engine, 5, 4));
    write_sealed_arrays(path, {numbers, named_array("one", 1)}, {{"run", 0, "the options"}});
  }

  std::string bytes() const {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  void replace(const std::string& content) const {
    std::ofstream(path, std::ios::binary) << content;
  }

  NamedArray numbers;
};

TEST_F(SealedArchive, IsAnOrdinaryArchiveAndPasses) {
  EXPECT_NO_THROW(require_sealed(path));
  EXPECT_EQ(read_array(path, "numbers").values, numbers.values);
  EXPECT_EQ(read_array(path, "numbers").shape, numbers.shape);
  EXPECT_EQ(read_text(path, "run"), "the options");
  EXPECT_EQ(hdf5(path).getNumObjs(), 2u);  // HDF5 itself, without our reader
}

TEST_F(SealedArchive, AnyByteThatIsWrongIsNoticed) {
  const std::string whole = bytes();
  for (std::size_t k = 0; k < whole.size(); k += k + 40 < whole.size() ? 59 : 1)
    for (const int flipped : {1, 128}) {
      std::string damaged = whole;
      damaged[k] = static_cast<char>(damaged[k] ^ flipped);
      replace(damaged);
      EXPECT_THROW(require_sealed(path), InvalidInput) << "byte " << k << " of " << whole.size();
    }
}

TEST_F(SealedArchive, AFileThatIsCutShortOrLengthenedIsRefused) {
  const std::string whole = bytes();
  for (const std::size_t kept : {std::size_t{0}, std::size_t{3}, whole.size() / 2,
                                 whole.size() - 18, whole.size() - 17, whole.size() - 1}) {
    replace(whole.substr(0, kept));
    expect_refusal_of_file([&] { require_sealed(path); }, "no seal at its end");
  }
  replace(whole + "\n");
  expect_refusal_of_file([&] { require_sealed(path); }, "no seal at its end");
  replace(whole + whole.substr(whole.size() - 17));
  expect_refusal_of_file([&] { require_sealed(path); }, "damaged, its checksum is wrong");
}

TEST_F(SealedArchive, OthersFilesAreRefused) {
  write_arrays(path, {numbers});
  expect_refusal_of_file([&] { require_sealed(path); }, "not written by ef");
  std::filesystem::remove(path);
  expect_refusal_of_file([&] { require_sealed(path); }, "no such file");
  std::filesystem::create_directory(path);
  expect_refusal_of_file([&] { require_sealed(path); }, "cannot be read");
}

TEST_F(SealedArchive, WhatCannotBeWrittenLeavesTheOldFile) {
  const std::string whole = bytes();
  EXPECT_THROW(write_sealed_arrays(path, {numbers, numbers}), InvalidInput);
  EXPECT_EQ(bytes(), whole);
}

// By the polynomial, bit for bit (ISO 3309).
TEST_F(SealedArchive, TheSealIsTheChecksumOfTheBytesBefore) {
  const std::string whole = bytes();
  const auto end = whole.size() - 17;
  std::uint32_t sum = 0xffffffff;
  for (std::size_t k = 0; k < end; ++k) {
    sum ^= static_cast<unsigned char>(whole[k]);
    for (int bit = 0; bit < 8; ++bit) sum = sum & 1 ? (sum >> 1) ^ 0xedb88320 : sum >> 1;
  }
  EXPECT_EQ(whole.substr(end), fmt::format("ef seal {:08x}\n", ~sum));
}

}  // namespace
}  // namespace error_forcing::test
