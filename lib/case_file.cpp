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

bool holds(const Source& source, const std::string& name) {
  return has_dataset(source.file, (fs::path(source.group) / name).string());
}

std::optional<Matrix<double>> read_covariance(const Source& source, const std::string& name,
                                              Index size) {
  if (!holds(source, name)) return std::nullopt;
  return as_matrix(read(source, name, {&size, &size}), size, size);
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
  if (holds(source, "h0")) network.initial_state = as_vector(read(source, "h0", {&units}));
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
    auto Q = read_covariance(source, "Q", network.units());
    auto R = read_covariance(source, "R", network.outputs());
    return {std::move(network), std::move(batch), std::move(Q), std::move(R)};
  } catch (const InvalidInput& error) {
    const std::string what = error.what();
    if (what.starts_with(path.string())) throw;
    throw InvalidInput(path.string() + ": " + what);
  }
}

void write_network(const fs::path& path, const Network<double>& network,
                   const std::optional<Matrix<double>>& Q, const std::optional<Matrix<double>>& R) {
  auto arrays = named_arrays("", network.parameters);
  if (!network.initial_state.isZero(0)) arrays.push_back(named_array("h0", network.initial_state));
  if (Q) arrays.push_back(named_array("Q", *Q));
  if (R) arrays.push_back(named_array("R", *R));
  write_arrays(path, arrays,
               {{"leak", network.leak}, {"activation", 0, to_string(network.activation)}});
}

}  // namespace error_forcing
