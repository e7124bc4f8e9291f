#include <boost/math/differentiation/finite_difference.hpp>
#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/finite_difference.hpp>
#include <error_forcing/instantiate.hpp>
#include <limits>
#include <vector>

namespace error_forcing {

namespace {

template <typename Scalar>
struct Derivative {
  Scalar value, error;
};

// Boost's step at order 6, times `scale`.
template <typename Scalar>
Scalar step_length(Scalar scale) {
  using std::pow;
  return pow(std::numeric_limits<Scalar>::epsilon() / 168, Scalar(1) / 7) * scale;
}

// Boost's difference with its step multiplied by `scale`, a power of 2. Adds to its error estimate
// what the rounding of x + step does to the quotient.
template <typename Scalar, typename Function>
Derivative<Scalar> difference(Function f, Scalar x, Scalar scale) {
  using boost::math::differentiation::finite_difference_derivative;
  using std::abs;
  const auto scaled = [&](Scalar s) { return f(Scalar(x + s * scale)); };
  Scalar error(0);
  const Scalar slope =
      finite_difference_derivative<decltype(scaled), Scalar, 6>(scaled, Scalar(0), &error) / scale;
  const Scalar eps = std::numeric_limits<Scalar>::epsilon();
  return {slope, error / scale + eps * abs(x * slope) / step_length(scale)};
}

// Shortens the step as long as that lowers the estimated error: where the objective bends within
// the first step, truncation falls by 8^6 at a time until rounding, which grows, takes over.
template <typename Scalar, typename Function>
Derivative<Scalar> finest_difference(Function f, Scalar x, Scalar f_at_x) {
  using std::abs;
  const auto rounding = [&](Scalar scale) {
    return 10 * abs(f_at_x) * std::numeric_limits<Scalar>::epsilon() / step_length(scale);
  };
  auto best = difference(f, x, Scalar(1));
  for (Scalar scale(0.125); scale > Scalar(1e-6) && best.error > rounding(scale); scale /= 8) {
    const auto finer = difference(f, x, scale);
    if (!(finer.error < best.error)) break;
    best = finer;
  }
  return best;
}

// Differentiates `objective`, a function of nothing that reads the entries of `at` and is
// `objective_here` where they stand.
template <typename Scalar, typename Objective>
void differentiate_entries(Objective objective, Scalar objective_here, BlockView<Scalar> at,
                           BlockView<Scalar> value, BlockView<Scalar> error) {
  for (Index k = 0; k < at.size(); ++k) {
    const Scalar x = at(k);
    const auto along_entry = [&](Scalar moved) {
      at(k) = moved;
      return objective();
    };
    const auto found = finest_difference(along_entry, x, objective_here);
    value(k) = found.value;
    error(k) = found.error;
    at(k) = x;
  }
}

template <typename Scalar>
BlockView<Scalar> flat(Matrix<Scalar>& matrix) {
  return {matrix.data(), matrix.size()};
}

// One block of the weights: what is claimed and what was measured.
template <typename Scalar>
struct Claim {
  std::string_view name;
  Index columns;
  ConstBlockView<Scalar> claimed, estimated, error;
};

// The larger of two values, and NaN for good once there is one.
template <typename Scalar>
void raise(Scalar& maximum, Scalar value) {
  using std::isnan;
  if (isnan(value) || value > maximum) maximum = value;
}

template <typename Scalar>
Scalar largest_entry(const ConstBlockView<Scalar>& block) {
  using std::abs;
  Scalar largest(0);
  for (Scalar entry : block) raise(largest, Scalar(abs(entry)));
  return largest;
}

// Enters one entry into the verdict. `scale` is what its errors are reported against, `slack` what
// is allowed beyond the error estimate.
template <typename Scalar>
void judge(const Claim<Scalar>& claim, Index k, Scalar scale, Scalar slack,
           Disagreement<Scalar>& worst) {
  using std::abs, std::isnan;
  const Scalar gap = abs(claim.claimed(k) - claim.estimated(k));
  const Scalar allowed = 2 * claim.error(k) + slack;
  const Scalar share = gap == Scalar(0) && allowed == Scalar(0) ? Scalar(0) : Scalar(gap / allowed);
  if (scale != Scalar(0)) {
    raise(worst.relative, Scalar(gap / scale));
    raise(worst.resolution, Scalar(claim.error(k) / scale));
  }
  if (isnan(worst.share) || share <= worst.share) return;
  worst.block = claim.name;
  worst.row = k / claim.columns;
  worst.column = k % claim.columns;
  worst.claimed = claim.claimed(k);
  worst.estimated = claim.estimated(k);
  worst.allowed = allowed;
  worst.share = share;
}

template <typename Scalar>
Disagreement<Scalar> judge(const std::vector<Claim<Scalar>>& claims, Scalar tolerance) {
  Scalar overall(0);
  for (const auto& claim : claims) {
    require(claim.claimed.size() == claim.estimated.size() &&
                claim.error.size() == claim.estimated.size(),
            "{}: want {} claimed derivatives, got {}", claim.name, claim.estimated.size(),
            claim.claimed.size());
    raise(overall, largest_entry(claim.estimated));
  }
  Disagreement<Scalar> worst;
  worst.share = Scalar(-1);  // so that an exact agreement names an entry, and nothing judged fails
  for (const auto& claim : claims) {
    const bool claimed_zero = (claim.claimed.array() == Scalar(0)).all();
    const Scalar scale = claimed_zero ? overall : largest_entry(claim.estimated);
    const Scalar slack = claimed_zero ? Scalar(0) : Scalar(tolerance * scale);
    for (Index k = 0; k < claim.claimed.size(); ++k) judge(claim, k, scale, slack, worst);
  }
  return worst;
}

}  // namespace

template <typename Scalar>
FiniteDifference<Scalar> finite_difference(const ObjectiveOf<Parameters<Scalar>, Scalar>& objective,
                                           const Parameters<Scalar>& at) {
  auto moved = at;
  FiniteDifference<Scalar> result{zero_like(at), zero_like(at)};
  const auto evaluate = [&] { return objective(moved); };
  const Scalar here = evaluate();
  const auto points = blocks(moved), values = blocks(result.value), errors = blocks(result.error);
  for (std::size_t k = 0; k < points.size(); ++k)
    differentiate_entries<Scalar>(evaluate, here, points[k], values[k], errors[k]);
  return result;
}

template <typename Scalar>
DerivativeEstimate<Matrix<Scalar>> finite_difference(
    const ObjectiveOf<Matrix<Scalar>, Scalar>& objective, const Matrix<Scalar>& at) {
  auto moved = at;
  const Matrix<Scalar> zero = Matrix<Scalar>::Zero(at.rows(), at.cols());
  DerivativeEstimate<Matrix<Scalar>> result{zero, zero};
  const auto evaluate = [&] { return objective(moved); };
  differentiate_entries<Scalar>(evaluate, evaluate(), flat(moved), flat(result.value),
                                flat(result.error));
  return result;
}

template <typename Scalar>
bool Disagreement<Scalar>::agrees() const {
  return share >= Scalar(0) && share <= Scalar(1) &&
         resolution <= Scalar(coarsest_resolution);  // NaN fails
}

template <typename Scalar>
Disagreement<Scalar> compare(const Parameters<Scalar>& claimed,
                             const FiniteDifference<Scalar>& estimate, Scalar tolerance) {
  const auto claims = blocks(claimed), values = blocks(estimate.value),
             errors = blocks(estimate.error);
  const std::array<Index, 5> columns{claimed.W.cols(), claimed.U.cols(), 1, claimed.C.cols(), 1};
  std::vector<Claim<Scalar>> all;
  for (std::size_t k = 0; k < claims.size(); ++k)
    all.push_back({block_names[k], columns[k], claims[k], values[k], errors[k]});
  return judge(all, tolerance);
}

template <typename Scalar>
Disagreement<Scalar> compare(const Matrix<Scalar>& claimed,
                             const DerivativeEstimate<Matrix<Scalar>>& estimate, Scalar tolerance,
                             std::string name) {
  const auto view = [](const Matrix<Scalar>& m) {
    return ConstBlockView<Scalar>(m.data(), m.size());
  };
  return judge<Scalar>(
      {{name, claimed.cols(), view(claimed), view(estimate.value), view(estimate.error)}},
      tolerance);
}

template <typename Scalar>
std::string describe(const Disagreement<Scalar>& d) {
  const auto number = [](Scalar x) { return static_cast<double>(x); };
  return fmt::format(
      "worst entry {}({}, {}): claimed {:.17g}, estimated {:.17g}, {:.2g} times what is allowed "
      "({:.2g}); relative {:.2g}, resolution {:.2g}",
      d.block, d.row, d.column, number(d.claimed), number(d.estimated), number(d.share),
      number(d.allowed), number(d.relative), number(d.resolution));
}

#define INSTANTIATE(Scalar)                                                                   \
  template FiniteDifference<Scalar> finite_difference(                                        \
      const ObjectiveOf<Parameters<Scalar>, Scalar>&, const Parameters<Scalar>&);             \
  template DerivativeEstimate<Matrix<Scalar>> finite_difference(                              \
      const ObjectiveOf<Matrix<Scalar>, Scalar>&, const Matrix<Scalar>&);                     \
  template struct Disagreement<Scalar>;                                                       \
  template Disagreement<Scalar> compare(const Parameters<Scalar>&,                            \
                                        const FiniteDifference<Scalar>&, Scalar);             \
  template Disagreement<Scalar> compare(                                                      \
      const Matrix<Scalar>&, const DerivativeEstimate<Matrix<Scalar>>&, Scalar, std::string); \
  template std::string describe(const Disagreement<Scalar>&);
ERROR_FORCING_FOR_DOUBLE_AND_QUAD(INSTANTIATE)

}  // namespace error_forcing
