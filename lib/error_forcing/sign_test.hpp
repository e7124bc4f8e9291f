#pragma once
// Are two rules as good as each other? The exact two-sided sign test, which for outcomes that are
// yes or no is the exact test of McNemar.
//
// Laws: where each sign is a fair coin, p <= a with a probability of at most a, for every a; p does
// not change when the signs are exchanged; it falls as they grow apart; it is a multiple of 2^(1 -
// n) for n signs, so no number of signs gives less than smallest_sign_test_p().

#include <error_forcing/matrix.hpp>

namespace error_forcing {

/// Twice the probability that a fair coin, thrown positive + negative times, shows one side at most
/// as often as the rarer sign came; at most 1, and 1 without a sign. Pairs without a sign, ties, do
/// not count: the test is conditional on their number. Throws InvalidInput for a negative number.
double sign_test_p(Index positive, Index negative);

/// What `pairs` pairs can reach at best, 2^(1 - pairs): 0.25 for 3, 0.0625 for 5, 0.002 for 10.
double smallest_sign_test_p(Index pairs);

}  // namespace error_forcing
