#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/sign_test.hpp>

namespace error_forcing {

double sign_test_p(Index positive, Index negative) {
  require(positive >= 0 && negative >= 0, "sign test: want numbers of signs >= 0, got {} and {}",
          positive, negative);
  const boost::math::binomial_distribution<double> fair(static_cast<double>(positive + negative),
                                                        0.5);
  const auto rarer = static_cast<double>(std::min(positive, negative));
  return std::min(1.0, 2 * boost::math::cdf(fair, rarer));
}

double smallest_sign_test_p(Index pairs) { return sign_test_p(pairs, 0); }

}  // namespace error_forcing
