#pragma once
// Cases and results as HDF5 files, row-major, as NumPy and PyTorch write them.
//
//   dataset   shape        dataset   shape           attribute
//   W         N x N        inputs    B x T x I       leak         number in (0, 1]
//   U         N x I        targets   B x T x P       activation   name
//   b         N            mask      B x T x P
//   C         P x N
//   d         P

#include <error_forcing/batch.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace error_forcing {

/// An array to write: name, shape and row-major values. An empty shape is a scalar.
struct NamedArray {
  std::string name;
  std::vector<Index> shape;
  std::vector<double> values;
};

template <typename Scalar>
NamedArray named_array(std::string name, const Matrix<Scalar>& matrix);
template <typename Scalar>
NamedArray named_array(std::string name, const Vector<Scalar>& vector);
template <typename Scalar>
NamedArray named_array(std::string name, const History<Scalar>& history);  ///< B x T x rows
NamedArray named_array(std::string name, double scalar);

/// The five weights as PREFIX + W, U, b, C, d.
template <typename Scalar>
std::vector<NamedArray> named_arrays(const std::string& prefix, const Parameters<Scalar>& p);

/// An attribute is a number or a text.
struct NamedAttribute {
  std::string name;
  double number = 0;
  std::string text = {};  ///< written in place of the number unless empty
};

/// Writes one file, atomically. Throws InvalidInput if it cannot be written.
void write_arrays(const std::filesystem::path& file, const std::vector<NamedArray>& arrays,
                  const std::vector<NamedAttribute>& attributes = {});

/// Reads one dataset of a file. Throws InvalidInput if it is missing.
NamedArray read_array(const std::filesystem::path& file, const std::string& dataset);

struct Case {
  Network<double> network;
  Batch<double> batch;
};

/// Reads and validates a case; `group` is where its datasets are. Throws InvalidInput naming the
/// file, the dataset and the shapes for anything missing, malformed or inconsistent.
Case read_case(const std::filesystem::path& file, const std::string& group = "/");

/// The weights, the leak and the activation, in the layout of a case.
void write_network(const std::filesystem::path& file, const Network<double>& network);

}  // namespace error_forcing
