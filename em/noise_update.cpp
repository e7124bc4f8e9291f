#include <cmath>
#include <error_forcing/cholesky.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/noise_update.hpp>

namespace error_forcing {

namespace {

template <typename Scalar>
void list_observed(const ConstPanel<Scalar>& mask, Index lane, ObservedOutputs& observed) {
  observed.clear();
  for (Index k = 0; k < mask.rows(); ++k)
    if (mask(k, lane) > Scalar(0)) observed.push_back(k);
}

template <typename Scalar>
void add_square(const ConstPanel<Scalar>& errors, Index lane, const ObservedOutputs& observed,
                typename ErrorMoments<Scalar>::Pattern& pattern) {
  const auto size = static_cast<Index>(observed.size());
  if (pattern.count == 0) pattern.sum = Matrix<Scalar>::Zero(size, size);
  ++pattern.count;
  for (Index i = 0; i < size; ++i)
    for (Index j = 0; j < size; ++j)
      pattern.sum(i, j) += errors(observed[i], lane) * errors(observed[j], lane);
}

// d/d sigma_h^2 and d/d sigma_y^2 of sum log N(e; 0, S), twice.
template <typename Scalar>
struct Slopes {
  Scalar state = Scalar(0), output = Scalar(0);
};

template <typename Scalar>
Slopes<Scalar> slopes(const Matrix<Scalar>& C, const typename ErrorMoments<Scalar>::Pattern& seen,
                      const Scalar& state_variance, const Scalar& output_variance) {
  const Matrix<Scalar> power = C * C.transpose();
  const Matrix<Scalar> identity = Matrix<Scalar>::Identity(C.rows(), C.rows());
  const auto S = cholesky<Scalar>(state_variance * power + output_variance * identity);
  require(S.positive_definite,
          "noise: C Q C' + R ({} x {}) is not positive definite to rounding; raise sigma_y",
          C.rows(), C.rows());
  // S^-1 (sum e e' - count S) S^-1
  const Matrix<Scalar> excess =
      S.solve(S.solve(seen.sum).transpose()) - Scalar(seen.count) * S.solve(identity);
  return {power.cwiseProduct(excess).sum(), excess.trace()};
}

template <typename Scalar>
void require_moments(const ErrorMoments<Scalar>& moments) {
  require(!moments.patterns.empty(), "noise: no output is observed, so no error tells of it");
  for (const auto& [observed, seen] : moments.patterns)
    require(seen.sum.allFinite(), "noise: the errors' squares hold a NaN or an infinity");
}

}  // namespace

template <typename Scalar>
ErrorMoments<Scalar> error_moments(const History<Scalar>& mask, const History<Scalar>& errors) {
  const Layout& layout = mask.layout();
  require(errors.layout() == layout && errors.rows() == mask.rows(),
          "errors: want those of the mask's {} trials, {} steps and {} outputs, got {}, {} and {}",
          layout.trials, layout.steps, mask.rows(), errors.layout().trials, errors.layout().steps,
          errors.rows());
  ErrorMoments<Scalar> moments{.patterns = {}, .steps = layout.trials * layout.steps};
  ObservedOutputs observed;
  for (Index tile = 0; tile < layout.tiles(); ++tile)
    for (Index step = 1; step <= layout.steps; ++step)
      for (Index lane = 0; lane < layout.lanes_in_use(tile); ++lane) {
        list_observed<Scalar>(mask.at(tile, step), lane, observed);
        if (observed.empty()) continue;
        add_square<Scalar>(errors.at(tile, step), lane, observed, moments.patterns[observed]);
      }
  return moments;
}

template <typename Scalar>
void validate(const IsotropicNoise<Scalar>& noise) {
  using std::isfinite;
  const auto is_deviation = [](const Scalar& value) { return value > 0 && isfinite(value); };
  require(is_deviation(noise.sigma_h) && is_deviation(noise.sigma_y),
          "noise: want finite sigma_h and sigma_y > 0, got {} and {}",
          static_cast<double>(noise.sigma_h), static_cast<double>(noise.sigma_y));
}

// With v a variance, n the values that have it and L = sum log N(e; 0, S), the M-step is
// v + 2 v^2 (dL/dv) / n: a gradient step that cannot overshoot.
template <typename Scalar>
IsotropicNoise<Scalar> update_noise(const Matrix<Scalar>& C, const ErrorMoments<Scalar>& moments,
                                    const IsotropicNoise<Scalar>& noise, Scalar weight) {
  using std::sqrt;
  validate(noise);
  require(weight > 0 && weight <= 1, "noise step: want a value in (0, 1], got {}",
          static_cast<double>(weight));
  require_moments(moments);
  const Scalar q = noise.sigma_h * noise.sigma_h, r = noise.sigma_y * noise.sigma_y;
  Slopes<Scalar> sum;
  Index entries = 0;
  for (const auto& [observed, seen] : moments.patterns) {
    require(observed.back() < C.rows(), "errors: of output {}, but C has {} rows",
            observed.back() + 1, C.rows());
    const auto part = slopes<Scalar>(select_rows(C, observed), seen, q, r);
    sum.state += part.state;
    sum.output += part.output;
    entries += seen.count * static_cast<Index>(observed.size());
  }
  const Scalar states = Scalar(C.cols()) * Scalar(moments.steps);
  return {noise.sigma_h * sqrt(1 + weight * q * sum.state / states),
          noise.sigma_y * sqrt(1 + weight * r * sum.output / Scalar(entries))};
}

#define INSTANTIATE(Scalar)                                                                        \
  template ErrorMoments<Scalar> error_moments(const History<Scalar>&, const History<Scalar>&);     \
  template void validate(const IsotropicNoise<Scalar>&);                                           \
  template IsotropicNoise<Scalar> update_noise(const Matrix<Scalar>&, const ErrorMoments<Scalar>&, \
                                               const IsotropicNoise<Scalar>&, Scalar);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
