#pragma once
// Seeded random numbers that are the same on every machine: Boost.Random fixes its algorithms,
// the standard library's distributions are left to each implementation.

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cstdint>
#include <error_forcing/matrix.hpp>

namespace error_forcing {

using RandomEngine = boost::random::mt19937_64;

/// A stream of its own for every (seed, stream) pair, so that drawing more of one thing
/// does not shift another.
RandomEngine random_engine(std::uint64_t seed, std::uint64_t stream = 0);

/// Independent N(0, scale^2) entries, drawn in row-major order.
Matrix<double> normal_matrix(RandomEngine& engine, Index rows, Index cols, double scale = 1);

}  // namespace error_forcing
