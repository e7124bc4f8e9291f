#pragma once
// A case: a network and a batch from another program, in one HDF5 file.
//
//   dataset   shape        dataset   shape           attribute
//   W         N x N        inputs    B x T x I       leak         number in (0, 1]
//   U         N x I        targets   B x T x P       activation   name
//   b         N            mask      B x T x P
//   C         P x N
//   d         P
//
// The state starts at h_0 = 0.

#include <error_forcing/batch.hpp>
#include <filesystem>
#include <string>

namespace error_forcing {

struct Case {
  Network<double> network;
  Batch<double> batch;
};

/// Reads and validates a case; `group` is where its datasets and attributes are. Throws
/// InvalidInput naming the file, the dataset and the shapes for anything missing, malformed or
/// inconsistent.
Case read_case(const std::filesystem::path& file, const std::string& group = "/");

/// The weights, the leak and the activation, in the layout of a case. Throws InvalidInput if the
/// file cannot be written, or if h_0 is not zero, for which a case has no place.
void write_network(const std::filesystem::path& file, const Network<double>& network);

}  // namespace error_forcing
