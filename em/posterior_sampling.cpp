#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/output_jacobian.hpp>
#include <error_forcing/posterior_sampling.hpp>

namespace error_forcing {

namespace {

// zeta of every observed entry, in the order of observed_residual().
Vector<double> output_noise(const GenerativeModel<double>& model,
                            const ObservedTrial<double>& trial, Index entries,
                            RandomEngine& engine) {
  Vector<double> zeta(entries);
  Index first = 0;
  for (Index t = 1; t <= trial.steps(); ++t) {
    const auto seen = observation_at(model, trial, t);
    if (seen.empty()) continue;
    const Index size = seen.target.size();
    zeta.segment(first, size) = noise_factor(seen.R) * normal_matrix(engine, size, 1);
    first += size;
  }
  return zeta;
}

}  // namespace

WeightedPaths<double> posterior_samples(const GenerativeModel<double>& model,
                                        const ObservedTrial<double>& trial, Index count,
                                        RandomEngine& engine) {
  require(model.linear(), "posterior samples: only for phi = identity, got {}; use particles",
          to_string(model.network.activation));
  require(count >= 1, "posterior samples: want at least one, got {}", count);
  const Index units = model.network.units(), columns = trial.steps() + 1;
  const Matrix<double> L = noise_factor(model.noise.Q);
  const Matrix<double> rest = Matrix<double>::Zero(units, columns);  // J does not depend on it
  const auto gram =
      cholesky<double>(output_gram(model, trial, rest) + observed_covariance(model, trial));
  require(gram.positive_definite,
          "the covariance of the observed outputs is not positive definite; raise sigma_y");
  WeightedPaths<double> samples{
      std::vector<Matrix<double>>(static_cast<std::size_t>(columns), Matrix<double>(units, count)),
      Vector<double>::Constant(count, 1 / static_cast<double>(count))};
  for (Index k = 0; k < count; ++k) {
    Matrix<double> nu = L * normal_matrix(engine, units, columns);
    nu.col(0).setZero();
    const auto prior = displaced_states(model.network, trial, nu);
    const Vector<double> residual = observed_residual(model, trial, prior);
    const Vector<double> mu =
        gram.solve(residual - output_noise(model, trial, residual.size(), engine));
    nu += model.noise.Q * output_adjoint(model.network, trial, rest, mu);
    const auto states = displaced_states(model.network, trial, nu);
    for (Index t = 0; t < columns; ++t)
      samples.states[static_cast<std::size_t>(t)].col(k) = states.col(t);
  }
  return samples;
}

}  // namespace error_forcing
