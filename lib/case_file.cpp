#include <fmt/ranges.h>

#include <error_forcing/archive.hpp>
#include <error_forcing/case_file.hpp>
#include <error_forcing/errors.hpp>

namespace error_forcing {

namespace fs = std::filesystem;

namespace {

// Where a case is: its datasets are read by their names in the group.
struct Source {
  const fs::path& file;
  const std::string& group;
};

[[noreturn]] void refuse_shape(const Source& source, const std::string& name,
                               const std::vector<Index>& got, const std::vector<Index*>& want) {
  std::vector<std::string> sizes;
  for (const Index* size : want) sizes.push_back(*size < 0 ? "any" : fmt::format("{}", *size));
  throw InvalidInput(
      fmt::format("{}: {}: want {}, got {}", source.file.string(), name, fmt::join(sizes, " x "),
                  got.empty() ? "a scalar" : fmt::format("{}", fmt::join(got, " x "))));
}

// `want` gives the shape; -1 stands for any size, and is set to the size found.
std::vector<double> read(const Source& source, const std::string& name,
                         const std::vector<Index*>& want) {
  const auto array = read_array(source.file, (fs::path(source.group) / name).string());
  bool fits = array.shape.size() == want.size();
  for (std::size_t k = 0; fits && k < want.size(); ++k) {
    if (*want[k] < 0) *want[k] = array.shape[k];
    fits = *want[k] == array.shape[k];
  }
  if (!fits) refuse_shape(source, name, array.shape, want);
  return array.values;
}

Matrix<double> as_matrix(const std::vector<double>& values, Index rows, Index cols) {
  return Eigen::Map<const Matrix<double>>(values.data(), rows, cols);
}

Vector<double> as_vector(const std::vector<double>& values) {
  return Eigen::Map<const Vector<double>>(values.data(), static_cast<Index>(values.size()));
}

Network<double> read_network(const Source& source) {
  Index units = -1, inputs = -1, outputs = -1;
  Network<double> network;
  network.parameters.b = as_vector(read(source, "b", {&units}));
  network.parameters.d = as_vector(read(source, "d", {&outputs}));
  const auto W = read(source, "W", {&units, &units});
  const auto U = read(source, "U", {&units, &inputs});
  const auto C = read(source, "C", {&outputs, &units});
  network.parameters.W = as_matrix(W, units, units);
  network.parameters.U = as_matrix(U, units, inputs);
  network.parameters.C = as_matrix(C, outputs, units);
  network.leak = read_number(source.file, "leak", source.group);
  network.activation = parse_activation(read_text(source.file, "activation", source.group));
  validate(network);
  return network;
}

Batch<double> read_batch(const Source& source, const Network<double>& network) {
  Index trials = -1, steps = -1, inputs = network.inputs(), outputs = network.outputs();
  const auto targets = read(source, "targets", {&trials, &steps, &outputs});
  const auto x = read(source, "inputs", {&trials, &steps, &inputs});
  const auto mask = read(source, "mask", {&trials, &steps, &outputs});
  const Layout layout = tiled(trials, steps);
  Batch<double> batch{from_row_major<double>(layout, inputs, x.data()),
                      from_row_major<double>(layout, outputs, targets.data()),
                      from_row_major<double>(layout, outputs, mask.data())};
  validate(batch, network);
  return batch;
}

}  // namespace

Case read_case(const fs::path& path, const std::string& group) {
  const Source source{path, group};
  try {
    auto network = read_network(source);
    auto batch = read_batch(source, network);
    return {std::move(network), std::move(batch)};
  } catch (const InvalidInput& error) {
    const std::string what = error.what();
    if (what.starts_with(path.string())) throw;
    throw InvalidInput(path.string() + ": " + what);
  }
}

void write_network(const fs::path& path, const Network<double>& network) {
  require(network.initial_state.isZero(0),
          "{}: h0 is not zero, and a case has no place for it; set it to zero", path.string());
  write_arrays(path, named_arrays("", network.parameters),
               {{"leak", network.leak}, {"activation", 0, to_string(network.activation)}});
}

}  // namespace error_forcing
