#include <H5Cpp.h>

#include <fmt/ranges.h>
#include <algorithm>
#include <error_forcing/archive.hpp>
#include <error_forcing/atomic_file.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>

namespace error_forcing {

namespace fs = std::filesystem;

template <typename Scalar>
NamedArray named_array(std::string name, const Matrix<Scalar>& matrix) {
  const auto* values = matrix.data();
  NamedArray array{std::move(name), {matrix.rows(), matrix.cols()}, {}};
  for (Index k = 0; k < matrix.size(); ++k) array.values.push_back(static_cast<double>(values[k]));
  return array;
}

template <typename Scalar>
NamedArray named_array(std::string name, const Vector<Scalar>& vector) {
  NamedArray array{std::move(name), {vector.size()}, {}};
  for (const Scalar& value : vector) array.values.push_back(static_cast<double>(value));
  return array;
}

template <typename Scalar>
NamedArray named_array(std::string name, const History<Scalar>& history) {
  const Layout& layout = history.layout();
  return {std::move(name),
          {layout.trials, layout.steps, history.rows()},
          to_row_major<double>(history)};
}

NamedArray named_array(std::string name, double scalar) { return {std::move(name), {}, {scalar}}; }

template <typename Scalar>
std::vector<NamedArray> named_arrays(const std::string& prefix, const Parameters<Scalar>& p) {
  return {named_array(prefix + "W", p.W), named_array(prefix + "U", p.U),
          named_array(prefix + "b", p.b), named_array(prefix + "C", p.C),
          named_array(prefix + "d", p.d)};
}

namespace {

H5::DataSpace dataspace(const std::vector<Index>& shape) {
  const std::vector<hsize_t> sizes(shape.begin(), shape.end());
  return shape.empty() ? H5::DataSpace(H5S_SCALAR)
                       : H5::DataSpace(static_cast<int>(sizes.size()), sizes.data());
}

// HDF5 keeps the time of writing unless told not to; the same numbers shall be the same bytes.
H5::DSetCreatPropList without_time() {
  H5::DSetCreatPropList properties;
  H5Pset_obj_track_times(properties.getId(), false);
  return properties;
}

void write_array(H5::H5File& file, const NamedArray& array) {
  const auto& type = H5::PredType::NATIVE_DOUBLE;
  const auto space = dataspace(array.shape);
  const auto count = static_cast<std::size_t>(space.getSimpleExtentNpoints());
  require(array.values.size() == count, "{}: want the {} values of its shape, got {}", array.name,
          count, array.values.size());
  auto dataset = file.createDataSet(array.name, type, space, without_time());
  if (count > 0) dataset.write(array.values.data(), type);
}

void write_attribute(H5::H5File& file, const NamedAttribute& attribute) {
  const H5::DataSpace scalar(H5S_SCALAR);
  if (attribute.text.empty()) {
    const auto& type = H5::PredType::NATIVE_DOUBLE;
    file.createAttribute(attribute.name, type, scalar).write(type, &attribute.number);
  } else {
    const H5::StrType type(H5::PredType::C_S1, H5T_VARIABLE);
    file.createAttribute(attribute.name, type, scalar).write(type, attribute.text);
  }
}

// A file that never touches the disk: where it does and the disk is full, HDF5 1.10 crashes.
H5::H5File file_in_memory(const std::string& name) {
  H5::FileAccPropList in_memory;
  in_memory.setCore(std::size_t{1} << 16, false);
  return {name, H5F_ACC_TRUNC, H5::FileCreatPropList::DEFAULT, in_memory};
}

std::string bytes_of(H5::H5File& file) {
  file.flush(H5F_SCOPE_GLOBAL);
  const auto size = H5Fget_file_image(file.getId(), nullptr, 0);
  std::string bytes(static_cast<std::size_t>(std::max<ssize_t>(size, 0)), '\0');
  if (size <= 0 || H5Fget_file_image(file.getId(), bytes.data(), bytes.size()) != size)
    throw H5::FileIException("bytes_of", "no image");
  return bytes;
}

}  // namespace

std::string archive_bytes(const std::string& name, const std::vector<NamedArray>& arrays,
                          const std::vector<NamedAttribute>& attributes) {
  H5::Exception::dontPrint();
  try {
    auto file = file_in_memory(name);
    for (const auto& array : arrays) write_array(file, array);
    for (const auto& attribute : attributes) write_attribute(file, attribute);
    return bytes_of(file);
  } catch (const H5::Exception& error) {
    throw InvalidInput(fmt::format("{}: HDF5 cannot hold it ({}); does a name occur twice?", name,
                                   error.getDetailMsg()));
  }
}

void write_arrays(const fs::path& path, const std::vector<NamedArray>& arrays,
                  const std::vector<NamedAttribute>& attributes) {
  write_text(path, archive_bytes(path.string(), arrays, attributes));
}

namespace {

H5::H5File open_file(const fs::path& path) {
  H5::Exception::dontPrint();
  require(fs::exists(path), "{}: no such file", path.string());
  try {
    return H5::H5File(path.string(), H5F_ACC_RDONLY);
  } catch (const H5::Exception&) {
    throw InvalidInput(
        fmt::format("{}: not an HDF5 file, or a truncated one; write it again", path.string()));
  }
}

// What a group holds, for the message about what it does not hold.
std::string contents(const H5::H5File& file, const std::string& group) {
  std::vector<std::string> names;
  try {
    const auto opened = file.openGroup(group);
    for (hsize_t k = 0; k < std::min<hsize_t>(opened.getNumObjs(), 12); ++k)
      names.push_back(opened.getObjnameByIdx(k));
  } catch (const H5::Exception&) {
    return fmt::format("there is no group {}", group);
  }
  return fmt::format("group {} holds {}", group,
                     names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", ")));
}

H5::DataSet open_dataset(const H5::H5File& file, const std::string& name,
                         const std::string& where) {
  try {
    return file.openDataSet(name);
  } catch (const H5::Exception&) {
    const auto group = (fs::path("/") / fs::path(name).relative_path()).parent_path();
    throw InvalidInput(fmt::format("{} is missing; {}", where, contents(file, group.string())));
  }
}

H5::Attribute open_attribute(const H5::H5File& file, const std::string& name,
                             const std::string& group, const std::string& where) {
  try {
    return file.openGroup(group).openAttribute(name);
  } catch (const H5::Exception&) {
    throw InvalidInput(fmt::format("{} is missing", where));
  }
}

// The values of a dataset or an attribute, which HDF5 reads by different functions.
void read_into(void* values, const H5::DataSet& source, const H5::DataType& type) {
  source.read(values, type);
}
void read_into(void* values, const H5::Attribute& source, const H5::DataType& type) {
  source.read(type, values);
}

template <typename Source>
std::vector<double> read_values(const Source& source, const std::string& where) {
  const auto type = source.getTypeClass();
  const auto count = static_cast<std::size_t>(source.getSpace().getSimpleExtentNpoints());
  if (type == H5T_ENUM && source.getDataType().getSize() == 1) {  // a NumPy bool
    std::vector<signed char> bytes(count);
    read_into(bytes.data(), source, source.getDataType());
    return {bytes.begin(), bytes.end()};
  }
  require(type == H5T_FLOAT || type == H5T_INTEGER, "{}: want numbers, got another type", where);
  std::vector<double> values(count);
  read_into(values.data(), source, H5::PredType::NATIVE_DOUBLE);
  return values;
}

// Calls read() and says which thing is damaged where HDF5 only says that something is.
template <typename Read>
auto reading(const std::string& where, Read read) {
  try {
    return read();
  } catch (const H5::Exception&) {
    throw InvalidInput(fmt::format("{} is damaged and cannot be read; write it again", where));
  }
}

void require_one(const H5::Attribute& attribute, const std::string& where) {
  const auto count = attribute.getSpace().getSimpleExtentNpoints();
  require(count == 1, "{}: want one value, got {}", where, count);
}

std::string name_attribute(const fs::path& path, const std::string& name,
                           const std::string& group) {
  return fmt::format("{}: attribute {} of group {}", path.string(), name, group);
}

}  // namespace

NamedArray read_array(const fs::path& path, const std::string& name) {
  const std::string where = fmt::format("{}: dataset {}", path.string(), name);
  const auto file = open_file(path);
  return reading(where, [&]() -> NamedArray {
    const auto dataset = open_dataset(file, name, where);
    const auto space = dataset.getSpace();
    require(space.getSimpleExtentType() != H5S_NULL, "{}: holds no values", where);
    std::vector<hsize_t> sizes(static_cast<std::size_t>(space.getSimpleExtentNdims()));
    space.getSimpleExtentDims(sizes.data());
    return {name, {sizes.begin(), sizes.end()}, read_values(dataset, where)};
  });
}

bool has_dataset(const fs::path& path, const std::string& name) {
  const auto file = open_file(path);
  return reading(fmt::format("{}", path.string()), [&] { return file.exists(name); });
}

double read_number(const fs::path& path, const std::string& name, const std::string& group) {
  const std::string where = name_attribute(path, name, group);
  const auto file = open_file(path);
  return reading(where, [&] {
    const auto attribute = open_attribute(file, name, group, where);
    require_one(attribute, where);
    return read_values(attribute, where)[0];
  });
}

std::string read_text(const fs::path& path, const std::string& name, const std::string& group) {
  const std::string where = name_attribute(path, name, group);
  const auto file = open_file(path);
  return reading(where, [&] {
    const auto attribute = open_attribute(file, name, group, where);
    require_one(attribute, where);
    require(attribute.getTypeClass() == H5T_STRING, "{}: want a text, got another type", where);
    std::string text;
    attribute.read(attribute.getStrType(), text);
    return text.substr(0, text.find('\0'));
  });
}

#define INSTANTIATE(Scalar)                                             \
  template NamedArray named_array(std::string, const Matrix<Scalar>&);  \
  template NamedArray named_array(std::string, const Vector<Scalar>&);  \
  template NamedArray named_array(std::string, const History<Scalar>&); \
  template std::vector<NamedArray> named_arrays(const std::string&, const Parameters<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
