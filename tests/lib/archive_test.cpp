#include <error_forcing/archive.hpp>
#include <error_forcing/quad.hpp>
#include <error_forcing/random.hpp>

#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "hdf5_files.hpp"
#include "precision.hpp"

namespace error_forcing::test {
namespace {

class Archive : public Hdf5Files {};

void expect_same(const NamedArray& found, const NamedArray& want) {
  EXPECT_EQ(found.name, want.name);
  EXPECT_EQ(found.shape, want.shape);
  EXPECT_EQ(found.values, want.values);
}

// Rank 0 to 4, with and without values, at the ends of the range.
std::vector<NamedArray> arrays_of_every_shape() {
  const auto limits = std::numeric_limits<double>();
  std::vector<NamedArray> arrays{
      named_array("scalar", 0.1),
      {"extremes", {4}, {limits.max(), -limits.min(), limits.denorm_min(), limits.infinity()}},
      {"empty", {0}, {}},
      {"no columns", {3, 0}, {}},
      {"no trials", {0, 5, 2}, {}}};
  auto engine = random_engine(1, 51);
  for (const std::vector<Index>& shape :
       std::vector<std::vector<Index>>{{7}, {3, 4}, {2, 3, 5}, {2, 1, 3, 2}}) {
    Index count = 1;
    for (Index size : shape) count *= size;
    const auto values = normal_matrix(engine, 1, count);
    arrays.push_back(
        {fmt::format("rank {}", shape.size()), shape, {values.data(), values.data() + count}});
  }
  return arrays;
}

TEST_F(Archive, ReadsBackWhatItWroteToTheBit) {
  const auto arrays = arrays_of_every_shape();
  write_arrays(path, arrays, {{"number", -0.1}, {"zero", 0}, {"text", 0, "two words, äöü"}});
  for (const auto& array : arrays) expect_same(read_array(path, array.name), array);
  EXPECT_EQ(read_number(path, "number"), -0.1);
  EXPECT_EQ(read_number(path, "zero"), 0);
  EXPECT_EQ(read_text(path, "text"), "two words, äöü");
}

// ... so that the same numbers are the same file, whenever they are written.
TEST_F(Archive, KeepsNoTimeOfWriting) {
  const auto written = [&] {
    write_arrays(path, {named_array("x", 0.1)}, {{"a", 1}});
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string first = written();
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // HDF5 counts in seconds
  EXPECT_FALSE(first.empty());
  EXPECT_TRUE(written() == first);
}

TEST_F(Archive, KeepsNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  write_arrays(path, {{"x", {2}, {nan, 1}}}, {{"a", nan}});
  EXPECT_TRUE(std::isnan(read_array(path, "x").values[0]));
  EXPECT_EQ(read_array(path, "x").values[1], 1);
  EXPECT_TRUE(std::isnan(read_number(path, "a")));
}

template <typename Scalar>
class ArchiveOf : public Hdf5Files {};
TYPED_TEST_SUITE(ArchiveOf, AllPrecisions, PrecisionName);

TYPED_TEST(ArchiveOf, NamesWeightsAndHistoriesRowMajor) {
  using Scalar = TypeParam;
  const Matrix<Scalar> matrix{{1, 2, 3}, {4, 5, 6}};
  const Vector<Scalar> vector{{7, 8}};
  expect_same(named_array("m", matrix), {"m", {2, 3}, {1, 2, 3, 4, 5, 6}});
  expect_same(named_array("v", vector), {"v", {2}, {7, 8}});

  History<Scalar> states(tiled(35, 2), 3, 0);  // two tiles, and a step 0 that is not written
  for (Index trial = 0; trial < 35; ++trial)
    for (Index step = 0; step <= 2; ++step)
      for (Index row = 0; row < 3; ++row)
        states(trial, step, row) = Scalar(100 * trial + 10 * step + row);
  const auto array = named_array("h", states);
  EXPECT_EQ(array.shape, (std::vector<Index>{35, 2, 3}));
  ASSERT_EQ(array.values.size(), 35 * 2 * 3);
  EXPECT_EQ(array.values[0], 10);                       // trial 0, step 1, row 0
  EXPECT_EQ(array.values[5], 22);                       // trial 0, step 2, row 2
  EXPECT_EQ(array.values[(34 * 2 + 0) * 3 + 1], 3411);  // trial 34, step 1, row 1

  const auto weights =
      named_arrays("grad_", Parameters<Scalar>{matrix, matrix, vector, matrix, vector});
  ASSERT_EQ(weights.size(), 5);
  for (std::size_t k = 0; k < 5; ++k)
    EXPECT_EQ(weights[k].name, "grad_" + std::string(block_names[k]));
}

// What NumPy, PyTorch and MATLAB write: other number types, other byte orders, booleans.
TEST_F(Archive, ReadsNumbersOfAnyType) {
  put<float>(path, "float32", H5::PredType::NATIVE_FLOAT, {2}, {0.5f, -2});
  put<std::int64_t>(path, "int64", H5::PredType::NATIVE_INT64, {2}, {3, -4});
  put<std::uint8_t>(path, "uint8", H5::PredType::NATIVE_UINT8, {2}, {0, 255});
  put<std::int8_t>(path, "bool", boolean(), {2, 2}, {1, 0, 0, 1});
  auto file = hdf5(path);
  const double native[2] = {0.1, -7};
  file.createDataSet("big-endian", H5::PredType::IEEE_F64BE, space_of({2}))
      .write(native, H5::PredType::NATIVE_DOUBLE);
  file.close();
  expect_same(read_array(path, "float32"), {"float32", {2}, {0.5, -2}});
  expect_same(read_array(path, "int64"), {"int64", {2}, {3, -4}});
  expect_same(read_array(path, "uint8"), {"uint8", {2}, {0, 255}});
  expect_same(read_array(path, "bool"), {"bool", {2, 2}, {1, 0, 0, 1}});
  expect_same(read_array(path, "big-endian"), {"big-endian", {2}, {0.1, -7}});
}

TEST_F(Archive, ReadsAttributesOfAnyGroupAndNumberType) {
  hdf5(path).createGroup("case");
  const std::int8_t yes = 1;
  const std::int32_t seven = 7;
  const float half = 0.5;
  put_attribute(path, "flag", boolean(), space_of({}), &yes);
  put_attribute(path, "count", H5::PredType::NATIVE_INT32, space_of({}), &seven);
  put_attribute(path, "leak", H5::PredType::NATIVE_FLOAT, space_of({1}), &half, "case");
  EXPECT_EQ(read_number(path, "flag"), 1);
  EXPECT_EQ(read_number(path, "count"), 7);
  EXPECT_EQ(read_number(path, "leak", "case"), 0.5);
  EXPECT_EQ(read_number(path, "leak", "/case"), 0.5);
}

TEST_F(Archive, ReadsTextsOfFixedAndOfVariableLength) {
  const char* variable = "softplus";
  put_attribute(path, "variable", H5::StrType(H5::PredType::C_S1, H5T_VARIABLE), space_of({}),
                &variable);
  put_attribute(path, "exact", H5::StrType(H5::PredType::C_S1, 4), space_of({}), "tanh");
  put_attribute(path, "padded", H5::StrType(H5::PredType::C_S1, 9), space_of({}), "relu\0\0\0\0\0");
  put_attribute(path, "empty", H5::StrType(H5::PredType::C_S1, 3), space_of({}), "\0\0\0");
  EXPECT_EQ(read_text(path, "variable"), "softplus");
  EXPECT_EQ(read_text(path, "exact"), "tanh");
  EXPECT_EQ(read_text(path, "padded"), "relu");
  EXPECT_EQ(read_text(path, "empty"), "");
}

TEST_F(Archive, NamesAMissingDatasetAndWhatThereIsInstead) {
  write_arrays(path, {named_array("W", 1), named_array("inputs", 2)});
  hdf5(path).createGroup("case");
  expect_refusal_of_file([&] { read_array(path, "mask"); },
                         "dataset mask is missing; group / holds W, case, inputs");
  expect_refusal_of_file([&] { read_array(path, "/mask"); }, "group / holds W, case, inputs");
  expect_refusal_of_file([&] { read_array(path, "case/W"); },
                         "dataset case/W is missing; group /case holds nothing");
  expect_refusal_of_file([&] { read_array(path, "trial/W"); }, "there is no group /trial");
  expect_refusal_of_file([&] { read_array(path, "case"); }, "dataset case is missing");
  expect_refusal_of_file([&] { read_array(path, "W/W"); }, "dataset W/W is missing");
}

TEST_F(Archive, NamesAMissingAttributeAndItsGroup) {
  write_arrays(path, {named_array("W", 1)}, {{"gain", 1}});
  hdf5(path).createGroup("case");
  expect_refusal_of_file([&] { read_number(path, "gain", "case"); },
                         "attribute gain of group case is missing");
  expect_refusal_of_file([&] { read_text(path, "rule"); }, "attribute rule of group / is missing");
  expect_refusal_of_file([&] { read_number(path, "gain", "trial"); }, "of group trial is missing");
}

TEST_F(Archive, RefusesValuesOfAnotherKind) {
  const char* text = "tanh";
  const H5::StrType variable(H5::PredType::C_S1, H5T_VARIABLE);
  put<const char*>(path, "text", variable, {1}, {text});
  H5::CompType complex(2 * sizeof(double));
  complex.insertMember("r", 0, H5::PredType::NATIVE_DOUBLE);
  complex.insertMember("i", sizeof(double), H5::PredType::NATIVE_DOUBLE);
  put<double>(path, "complex", complex, {1}, {1, 2});
  put_attribute(path, "text", variable, space_of({}), &text);
  const double number = 1;
  put_attribute(path, "number", H5::PredType::NATIVE_DOUBLE, space_of({}), &number);
  expect_refusal_of_file([&] { read_array(path, "text"); }, "dataset text: want numbers");
  expect_refusal_of_file([&] { read_array(path, "complex"); }, "dataset complex: want numbers");
  expect_refusal_of_file([&] { read_number(path, "text"); }, "attribute text of group /: want num");
  expect_refusal_of_file([&] { read_text(path, "number"); },
                         "attribute number of group /: want a text");
}

// More values than the reader has room for, and fewer.
TEST_F(Archive, RefusesAttributesThatAreNotOneValue) {
  const std::vector<double> many(1000, 1.5);
  const std::vector<const char*> names(1000, "tanh");
  const H5::StrType variable(H5::PredType::C_S1, H5T_VARIABLE);
  put_attribute(path, "many", H5::PredType::NATIVE_DOUBLE, space_of({1000}), many.data());
  put_attribute(path, "none", H5::PredType::NATIVE_DOUBLE, space_of({0}), many.data());
  put_attribute(path, "names", variable, space_of({1000}), names.data());
  expect_refusal_of_file([&] { read_number(path, "many"); }, "want one value, got 1000");
  expect_refusal_of_file([&] { read_number(path, "none"); }, "want one value, got 0");
  expect_refusal_of_file([&] { read_text(path, "names"); }, "want one value, got 1000");
}

TEST_F(Archive, RefusesADatasetWithoutASpace) {
  hdf5(path).createDataSet("null", H5::PredType::NATIVE_DOUBLE, H5::DataSpace(H5S_NULL));
  expect_refusal_of_file([&] { read_array(path, "null"); }, "dataset null: holds no values");
}

TEST_F(Archive, RefusesWhatIsNoHdf5File) {
  expect_refusal_of_file([&] { read_array(path, "W"); }, "no such file");
  expect_refusal_of_file([&] { read_number(path, "leak"); }, "no such file");
  for (const std::string foreign : {"", "W,U,b\n1,2,3\n", "\x89HDF\r\n\x1a\n and nothing more"}) {
    std::ofstream(path) << foreign;
    expect_refusal_of_file([&] { read_array(path, "W"); }, "not an HDF5 file, or a truncated one");
  }
  path = folder;  // a folder is no file either
  expect_refusal_of_file([&] { read_array(path, "W"); }, "not an HDF5 file");
}

TEST_F(Archive, RefusesATruncatedFileWhereverItWasCut) {
  for (double share : {0.05, 0.3, 0.6, 0.9, 0.999}) {
    SCOPED_TRACE(share);
    write_arrays(path, arrays_of_every_shape());
    truncate_file(path, share);
    expect_refusal_of_file([&] { read_array(path, "rank 2"); }, "truncated");
  }
}

TEST_F(Archive, RefusesAFolderThatCannotTakeTheFile) {
  const std::vector<NamedArray> arrays{named_array("W", 1)};
  path = folder / "none" / "file.h5";
  expect_refusal_of_file([&] { write_arrays(path, arrays); }, "cannot be written");
  std::ofstream(folder / "text") << "not a folder";
  path = folder / "text" / "file.h5";
  expect_refusal_of_file([&] { write_arrays(path, arrays); }, "cannot be written");
  path = folder;
  expect_refusal_of_file([&] { write_arrays(path, arrays); }, "is a folder");
}

// Nothing half-written, and what was there before survives.
TEST_F(Archive, LeavesTheOlderFileWhenWritingFails) {
  write_arrays(path, {named_array("W", 1)});
  expect_refusal(
      [&] {
        write_arrays(path, {named_array("b", 1), named_array("b", 2)});
      },
      "does a name occur twice?");
  expect_refusal(
      [&] {
        write_arrays(path, {{"b", {2, 3}, {1, 2, 3, 4, 5}}});
      },
      "b: want the 6 values of its shape, got 5");
  expect_refusal([&] { write_arrays(path, {{"b", {}, {}}}); }, "b: want the 1 values");
  EXPECT_EQ(read_array(path, "W").values[0], 1);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
}

// A disk that takes 4096 bytes of a file and no more.
class FullDisk {
 public:
  FullDisk() {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit full{4096, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &full);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, previous_);
  }

 private:
  rlimit before_{};
  void (*previous_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

TEST_F(Archive, LeavesTheOlderFileWhenTheDiskIsFull) {
  write_arrays(path, {named_array("W", 1)});
  const NamedArray large{"large", {10000}, std::vector<double>(10000, 1)};
  expect_refusal_of_file(
      [&] {
        const FullDisk full;
        write_arrays(path, {named_array("b", 1), large, named_array("d", 1)});
      },
      "writing failed; is the disk full?");
  EXPECT_EQ(read_array(path, "W").values[0], 1);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
}

}  // namespace
}  // namespace error_forcing::test
