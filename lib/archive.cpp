#include <H5Cpp.h>

#include <fmt/ranges.h>
#include <error_forcing/archive.hpp>
#include <error_forcing/atomic_file.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <numeric>

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

std::vector<hsize_t> extents(const std::vector<Index>& shape) {
  return {shape.begin(), shape.end()};
}

H5::DataSpace dataspace(const std::vector<Index>& shape) {
  const auto sizes = extents(shape);
  return shape.empty() ? H5::DataSpace(H5S_SCALAR)
                       : H5::DataSpace(static_cast<int>(sizes.size()), sizes.data());
}

void write_array(H5::H5File& file, const NamedArray& array) {
  const auto& type = H5::PredType::NATIVE_DOUBLE;
  auto dataset = file.createDataSet(array.name, type, dataspace(array.shape));
  if (!array.values.empty()) dataset.write(array.values.data(), type);
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

}  // namespace

void write_arrays(const fs::path& path, const std::vector<NamedArray>& arrays,
                  const std::vector<NamedAttribute>& attributes) {
  H5::Exception::dontPrint();
  AtomicFile target(path);
  try {
    H5::H5File file(target.temporary().string(), H5F_ACC_TRUNC);
    for (const auto& array : arrays) write_array(file, array);
    for (const auto& attribute : attributes) write_attribute(file, attribute);
    file.close();
  } catch (const H5::Exception& error) {
    throw InvalidInput(fmt::format("{}: writing failed ({}); is the disk full?", path.string(),
                                   error.getDetailMsg()));
  }
  target.commit();
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

// A NumPy bool is an enumeration over bytes.
std::vector<double> read_booleans(const H5::DataSet& dataset, std::size_t count) {
  std::vector<signed char> bytes(count);
  dataset.read(bytes.data(), dataset.getDataType());
  return {bytes.begin(), bytes.end()};
}

std::vector<double> read_values(const H5::DataSet& dataset, std::size_t count,
                                const std::string& where) {
  const auto type = dataset.getTypeClass();
  if (type == H5T_ENUM && dataset.getDataType().getSize() == 1)
    return read_booleans(dataset, count);
  require(type == H5T_FLOAT || type == H5T_INTEGER, "{}: want numbers, got another type", where);
  std::vector<double> values(count);
  dataset.read(values.data(), H5::PredType::NATIVE_DOUBLE);
  return values;
}

NamedArray read_array(const H5::H5File& file, const fs::path& path, const std::string& name) {
  const std::string where = fmt::format("{}: dataset {}", path.string(), name);
  try {
    const auto dataset = file.openDataSet(name);
    const auto space = dataset.getSpace();
    std::vector<hsize_t> sizes(static_cast<std::size_t>(space.getSimpleExtentNdims()));
    space.getSimpleExtentDims(sizes.data());
    const auto count = static_cast<std::size_t>(space.getSimpleExtentNpoints());
    return {name, {sizes.begin(), sizes.end()}, read_values(dataset, count, where)};
  } catch (const H5::Exception&) {
    throw InvalidInput(
        fmt::format("{} is missing or unreadable; a case holds W, U, b, C, d, "
                    "inputs, targets and mask",
                    where));
  }
}

// The datasets and attributes of one case, with errors that name the file.
class CaseReader {
 public:
  CaseReader(const fs::path& path, const std::string& group)
      : path_(path), group_(group), file_(open_file(path)) {}

  // `want` gives the shape; -1 stands for any size, and is set to the size found.
  std::vector<double> read(const std::string& name, std::vector<Index*> want) const {
    const auto array = read_array(file_, path_, group_ + "/" + name);
    bool fits = array.shape.size() == want.size();
    for (std::size_t k = 0; fits && k < want.size(); ++k) {
      if (*want[k] < 0) *want[k] = array.shape[k];
      fits = *want[k] == array.shape[k];
    }
    if (!fits) refuse_shape(name, array.shape, want);
    return array.values;
  }

  double read_number(const std::string& name) const {
    double value = 0;
    with_attribute(name, [&](const H5::Attribute& attribute) {
      attribute.read(H5::PredType::NATIVE_DOUBLE, &value);
    });
    return value;
  }

  std::string read_text(const std::string& name) const {
    std::string value;
    with_attribute(name, [&](const H5::Attribute& attribute) {
      attribute.read(attribute.getStrType(), value);
    });
    return value.substr(0, value.find('\0'));
  }

  std::string where(const std::string& what) const { return path_.string() + ": " + what; }

 private:
  template <typename Read>
  void with_attribute(const std::string& name, Read read) const {
    try {
      read(file_.openGroup(group_).openAttribute(name));
    } catch (const H5::Exception&) {
      throw InvalidInput(where(fmt::format(
          "attribute {} is missing or unreadable; a case says its leak (a number) and its "
          "activation (a name)",
          name)));
    }
  }

  [[noreturn]] void refuse_shape(const std::string& name, const std::vector<Index>& got,
                                 const std::vector<Index*>& want) const {
    std::vector<std::string> sizes;
    for (const Index* size : want) sizes.push_back(*size < 0 ? "any" : fmt::format("{}", *size));
    throw InvalidInput(
        where(fmt::format("{}: want {}, got {}", name, fmt::join(sizes, " x "),
                          got.empty() ? "a scalar" : fmt::format("{}", fmt::join(got, " x ")))));
  }

  fs::path path_;
  std::string group_;
  H5::H5File file_;
};

Matrix<double> as_matrix(const std::vector<double>& values, Index rows, Index cols) {
  return Eigen::Map<const Matrix<double>>(values.data(), rows, cols);
}

Vector<double> as_vector(const std::vector<double>& values) {
  return Eigen::Map<const Vector<double>>(values.data(), static_cast<Index>(values.size()));
}

Network<double> read_network(const CaseReader& file) {
  Index units = -1, inputs = -1, outputs = -1;
  Network<double> network;
  network.parameters.b = as_vector(file.read("b", {&units}));
  network.parameters.d = as_vector(file.read("d", {&outputs}));
  const auto W = file.read("W", {&units, &units});
  const auto U = file.read("U", {&units, &inputs});
  const auto C = file.read("C", {&outputs, &units});
  network.parameters.W = as_matrix(W, units, units);
  network.parameters.U = as_matrix(U, units, inputs);
  network.parameters.C = as_matrix(C, outputs, units);
  network.leak = file.read_number("leak");
  network.activation = parse_activation(file.read_text("activation"));
  return network;
}

Batch<double> read_batch(const CaseReader& file, const Network<double>& network) {
  Index trials = -1, steps = -1, inputs = network.inputs(), outputs = network.outputs();
  const auto targets = file.read("targets", {&trials, &steps, &outputs});
  const auto x = file.read("inputs", {&trials, &steps, &inputs});
  const auto mask = file.read("mask", {&trials, &steps, &outputs});
  const Layout layout = tiled(trials, steps);
  return {from_row_major<double>(layout, inputs, x.data()),
          from_row_major<double>(layout, outputs, targets.data()),
          from_row_major<double>(layout, outputs, mask.data())};
}

}  // namespace

NamedArray read_array(const fs::path& path, const std::string& dataset) {
  return read_array(open_file(path), path, dataset);
}

Case read_case(const fs::path& path, const std::string& group) {
  const CaseReader file(path, group);
  try {
    Case result;
    result.network = read_network(file);
    validate(result.network);
    result.batch = read_batch(file, result.network);
    validate(result.batch, result.network);
    return result;
  } catch (const InvalidInput& error) {
    const std::string what = error.what();
    if (what.starts_with(path.string())) throw;
    throw InvalidInput(file.where(what));
  }
}

void write_network(const fs::path& path, const Network<double>& network) {
  write_arrays(path, named_arrays("", network.parameters),
               {{"leak", network.leak}, {"activation", 0, to_string(network.activation)}});
}

#define INSTANTIATE(Scalar)                                             \
  template NamedArray named_array(std::string, const Matrix<Scalar>&);  \
  template NamedArray named_array(std::string, const Vector<Scalar>&);  \
  template NamedArray named_array(std::string, const History<Scalar>&); \
  template std::vector<NamedArray> named_arrays(const std::string&, const Parameters<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
