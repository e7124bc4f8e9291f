#pragma once
// An archive (archive.hpp) with a checksum after its last byte, for what must not be read wrongly:
// HDF5 itself returns wrong numbers for a wrong byte, or crashes on it.
//
//   seal = "ef seal " + CRC-32 of all bytes before, as 8 hexadecimal digits + "\n"
//
// HDF5 and h5py ignore what follows their data, so that the file is an ordinary archive for them.
//
// Laws: what is written passes; a file that was cut short, or lengthened, or in which up to 32
// neighbouring bits differ, is refused, and any other damage but for one chance in 2^32.

#include <error_forcing/archive.hpp>

namespace error_forcing {

/// As write_arrays(), with a seal.
void write_sealed_arrays(const std::filesystem::path& file, const std::vector<NamedArray>& arrays,
                         const std::vector<NamedAttribute>& attributes = {});

/// Throws InvalidInput if the file is missing, has no seal, or is not what was sealed.
void require_sealed(const std::filesystem::path& file);

}  // namespace error_forcing
