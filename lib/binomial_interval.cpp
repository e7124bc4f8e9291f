#include <boost/math/distributions/binomial.hpp>
#include <error_forcing/binomial_interval.hpp>
#include <error_forcing/errors.hpp>

namespace error_forcing {

Range binomial_interval(Index successes, Index trials, double confidence) {
  require(trials >= 1 && successes >= 0 && successes <= trials,
          "binomial interval: want 0 <= successes <= trials and trials >= 1, got {} of {}",
          successes, trials);
  require(confidence > 0 && confidence < 1, "confidence: want a number in (0, 1), got {}",
          confidence);
  using Binomial = boost::math::binomial_distribution<double>;
  const auto k = static_cast<double>(successes), n = static_cast<double>(trials);
  const double tail = (1 - confidence) / 2;
  return {Binomial::find_lower_bound_on_p(n, k, tail), Binomial::find_upper_bound_on_p(n, k, tail)};
}

}  // namespace error_forcing
