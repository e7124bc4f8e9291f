#pragma once
// Files in a folder of their own, as other programs write them: with HDF5 itself.

#include <H5Cpp.h>
#include <gtest/gtest.h>

#include <error_forcing/archive.hpp>
#include <filesystem>
#include <fstream>

#include "refusal.hpp"
#include "scratch_folder.hpp"

namespace error_forcing::test {

/// A folder for every test, gone afterwards.
class Hdf5Files : public ::testing::Test {
 protected:
  /// Expects one line of InvalidInput that begins with the file and contains `part`.
  template <typename Call>
  void expect_refusal_of_file(Call call, const std::string& part) const {
    expect_refusal(call, part);
    expect_refusal(call, path.string() + ": ");
  }

  ScratchFolder scratch;
  std::filesystem::path folder = scratch.path(), path = folder / "file.h5";
};

/// Opens a file to add to it, or creates it.
inline H5::H5File hdf5(const std::filesystem::path& path) {
  const bool exists = std::filesystem::exists(path);
  return H5::H5File(path.string(), exists ? H5F_ACC_RDWR : H5F_ACC_TRUNC);
}

inline H5::DataSpace space_of(std::vector<hsize_t> shape) {
  return shape.empty() ? H5::DataSpace(H5S_SCALAR)
                       : H5::DataSpace(static_cast<int>(shape.size()), shape.data());
}

/// A NumPy bool: an enumeration over bytes.
inline H5::EnumType boolean() {
  H5::EnumType type(H5::PredType::NATIVE_INT8);
  std::int8_t no = 0, yes = 1;
  type.insert("FALSE", &no);
  type.insert("TRUE", &yes);
  return type;
}

/// Replaces a dataset, or adds it.
template <typename Value>
void put(const std::filesystem::path& path, const std::string& name, const H5::DataType& type,
         const std::vector<hsize_t>& shape, const std::vector<Value>& values) {
  auto file = hdf5(path);
  if (file.nameExists(name)) file.unlink(name);
  auto dataset = file.createDataSet(name, type, space_of(shape));
  if (!values.empty()) dataset.write(values.data(), type);
}

/// Replaces an attribute of a group, or adds it. `value` points at what the type says.
inline void put_attribute(const std::filesystem::path& path, const std::string& name,
                          const H5::DataType& type, const H5::DataSpace& space, const void* value,
                          const std::string& group = "/") {
  auto file = hdf5(path);
  auto parent = file.openGroup(group);
  if (parent.attrExists(name)) parent.removeAttr(name);
  parent.createAttribute(name, type, space).write(type, value);
}

/// Keeps the first bytes of a file.
inline void truncate_file(const std::filesystem::path& path, double share) {
  const auto size = static_cast<double>(std::filesystem::file_size(path));
  std::filesystem::resize_file(path, static_cast<std::uintmax_t>(share * size));
}

}  // namespace error_forcing::test
