#include <boost/random/seed_seq.hpp>
#include <error_forcing/random.hpp>
#include <initializer_list>

namespace error_forcing {

RandomEngine random_engine(std::uint64_t seed, std::uint64_t stream) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  const std::initializer_list<std::uint32_t> words{low(seed), high(seed), low(stream),
                                                   high(stream)};
  boost::random::seed_seq sequence(words);
  return RandomEngine(sequence);
}

Matrix<double> normal_matrix(RandomEngine& engine, Index rows, Index cols, double scale) {
  boost::random::normal_distribution<double> normal(0, scale);
  Matrix<double> result(rows, cols);
  for (double& entry : result.reshaped<Eigen::RowMajor>()) entry = normal(engine);
  return result;
}

}  // namespace error_forcing
