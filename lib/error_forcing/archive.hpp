#pragma once
// Arrays and attributes in HDF5 files, row-major, as NumPy and PyTorch write them.
//
// Laws: what is written is read back to the bit, as doubles; the same contents are the same bytes,
// whenever they are written; a file is either complete or absent;
// whatever a file holds, a reader returns it or throws InvalidInput with one line that names the
// file and the dataset or attribute.

#include <error_forcing/history.hpp>
#include <error_forcing/parameters.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace error_forcing {

/// An array: name, shape and row-major values. An empty shape is a scalar.
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

/// The bytes of such a file; `name` is for the message. Throws InvalidInput if a name occurs twice
/// or if an array has not as many values as its shape says.
std::string archive_bytes(const std::string& name, const std::vector<NamedArray>& arrays,
                          const std::vector<NamedAttribute>& attributes = {});

/// Writes one file, atomically. Throws InvalidInput if it cannot be written, if a name occurs twice
/// or if an array has not as many values as its shape says.
void write_arrays(const std::filesystem::path& file, const std::vector<NamedArray>& arrays,
                  const std::vector<NamedAttribute>& attributes = {});

/// Reads one dataset of a file, given by its path in it: numbers of any type, or booleans as 0 and
/// 1. Throws InvalidInput if it is missing or holds something else.
NamedArray read_array(const std::filesystem::path& file, const std::string& dataset);

/// Whether the file has such a dataset. Throws InvalidInput if the file cannot be opened.
bool has_dataset(const std::filesystem::path& file, const std::string& dataset);

/// Reads an attribute of a group that is one number, or one boolean as 0 or 1. Throws InvalidInput
/// if it is missing or something else.
double read_number(const std::filesystem::path& file, const std::string& attribute,
                   const std::string& group = "/");

/// Reads an attribute of a group that is one text, of fixed or of variable length. Throws
/// InvalidInput if it is missing or something else.
std::string read_text(const std::filesystem::path& file, const std::string& attribute,
                      const std::string& group = "/");

}  // namespace error_forcing
