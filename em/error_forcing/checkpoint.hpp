#pragma once
// A run of training half-way, in one file: all that it carries from epoch to epoch.
//
//   W U b C d               the weights
//   first_W .. second_d     the moments of Adam; velocity_W .. velocity_d of SGD
//   steps                   steps that the optimiser took
//   noise                   sigma_h and sigma_y, where the noise is tuned
//   history                 a row per epoch, as EpochRecord: epoch, loss, objective,
//   validation_loss,
//                           seconds; gain, sigma_h, sigma_y where the noise is tuned
//   attributes              format, program, run (CheckpointLabel), precision
//
// Nothing of the random numbers is kept: each epoch has streams of its own (training.hpp).
//
// Laws: what is read is what was written, bit for bit, in float and double; training on from it
// gives the bits of a run that was never stopped. A file that is damaged, of another format or
// program, or of another run is refused, and named.

#include <error_forcing/training.hpp>
#include <filesystem>

namespace error_forcing {

/// Whose checkpoint it is: a program goes on with its own only.
struct CheckpointLabel {
  std::string program;  ///< name and version; another version may round differently
  std::string run;      ///< all options that decide the run's numbers
};

template <typename Scalar>
struct Checkpoint {
  Learner<Scalar> learner;
  std::vector<EpochRecord> history;  ///< of the learner's epochs
};

/// Written aside and renamed, with a seal (sealed_archive.hpp). Float and double.
template <typename Scalar>
void write_checkpoint(const std::filesystem::path& file, const Learner<Scalar>& learner,
                      const std::vector<EpochRecord>& history, const CheckpointLabel& label);

/// `fresh` is the run's learner before its first epoch, make_learner(): it gives the shapes, the
/// optimiser, and all that training does not change. Throws InvalidInput for a file that is
/// missing, damaged, or somebody else's.
template <typename Scalar>
Checkpoint<Scalar> read_checkpoint(const std::filesystem::path& file, Learner<Scalar> fresh,
                                   const CheckpointLabel& label);

}  // namespace error_forcing
