#pragma once
// A case: a network and a batch from another program, in one HDF5 file.
//
//   dataset   shape        dataset   shape           attribute
//   W         N x N        inputs    B x T x I       leak         number in (0, 1]
//   U         N x I        targets   B x T x P       activation   name
//   b         N            mask      B x T x P
//   C         P x N
//   d         P
//   Q         N x N    optional: covariance of the state noise
//   R         P x P    optional: covariance of the observation noise
//   h0        N        optional: the initial state; 0 by default

#include <error_forcing/batch.hpp>
#include <filesystem>
#include <optional>
#include <string>

namespace error_forcing {

struct Case {
  Network<double> network;
  Batch<double> batch;
  std::optional<Matrix<double>> Q = {};  ///< as the file gives it, not validated here
  std::optional<Matrix<double>> R = {};
};

/// Reads and validates a case; `group` is where its datasets and attributes are. Throws
/// InvalidInput naming the file, the dataset and the shapes for anything missing, malformed or
/// inconsistent.
Case read_case(const std::filesystem::path& file, const std::string& group = "/");

/// The weights, h_0 unless it is zero, the leak and the activation, and the covariances that are
/// given, in the layout of a case. Throws InvalidInput if the file cannot be written.
void write_network(const std::filesystem::path& file, const Network<double>& network,
                   const std::optional<Matrix<double>>& Q = {},
                   const std::optional<Matrix<double>>& R = {});

}  // namespace error_forcing
