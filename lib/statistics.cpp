#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/statistics.hpp>

namespace error_forcing {

double fitted_order(const std::vector<double>& x, const std::vector<double>& y) {
  require(x.size() == y.size() && x.size() >= 2,
          "fitted order: want two or more points, got {} x and {} y", x.size(), y.size());
  const double n = static_cast<double>(x.size());
  double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    require(std::isfinite(x[k]) && x[k] > 0 && std::isfinite(y[k]) && y[k] != 0,
            "fitted order: want x > 0 and y finite and not 0, got x = {}, y = {} at point {}", x[k],
            y[k], k);
    mean_x += std::log(x[k]) / n;
    mean_y += std::log(std::abs(y[k])) / n;
  }
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double dx = std::log(x[k]) - mean_x;
    xx += dx * dx;
    xy += dx * (std::log(std::abs(y[k])) - mean_y);
  }
  require(xx > 0, "fitted order: all {} values of x equal {}; want at least two distinct ones",
          x.size(), x[0]);
  return xy / xx;
}

namespace {

// Running maxima over pairs of entries.
template <typename Scalar>
struct Gap {
  Scalar difference{0}, size{0};
  bool finite = true;

  void add(Scalar a, Scalar b) {
    using std::abs, std::isfinite, std::max;
    finite = finite && isfinite(a) && isfinite(b);
    difference = max(difference, Scalar(abs(a - b)));
    size = max(size, Scalar(abs(b)));
  }
  Scalar relative() const {
    if (!finite) return std::numeric_limits<Scalar>::quiet_NaN();
    return size > 0 ? difference / size : difference;
  }
};

}  // namespace

template <typename Scalar>
Scalar relative_distance(const Matrix<Scalar>& a, const Matrix<Scalar>& b) {
  require(a.rows() == b.rows() && a.cols() == b.cols(),
          "relative distance: want equal shapes, got {} x {} and {} x {}", a.rows(), a.cols(),
          b.rows(), b.cols());
  Gap<Scalar> gap;
  for (Index k = 0; k < a.size(); ++k) gap.add(a.data()[k], b.data()[k]);
  return gap.relative();
}

template <typename Scalar>
Scalar relative_distance(const Parameters<Scalar>& a, const Parameters<Scalar>& b) {
  using std::isnan;
  Scalar worst(0);
  const auto a_blocks = blocks(a), b_blocks = blocks(b);
  for (std::size_t k = 0; k < a_blocks.size(); ++k) {
    const Scalar distance =
        relative_distance(Matrix<Scalar>(a_blocks[k]), Matrix<Scalar>(b_blocks[k]));
    if (isnan(distance)) return distance;
    if (distance > worst) worst = distance;
  }
  return worst;
}

template <typename Scalar>
Scalar relative_distance(const History<Scalar>& a, const History<Scalar>& b) {
  const Layout &left = a.layout(), &right = b.layout();
  require(left.trials == right.trials && left.steps == right.steps && a.rows() == b.rows() &&
              a.first_step() == b.first_step(),
          "relative distance: want equal shapes, got {} trials x steps {}..{} x {} rows and {} x "
          "{}..{} x {}",
          left.trials, a.first_step(), left.steps, a.rows(), right.trials, b.first_step(),
          right.steps, b.rows());
  Gap<Scalar> gap;
  for (Index trial = 0; trial < left.trials; ++trial)
    for (Index step = a.first_step(); step <= left.steps; ++step)
      for (Index row = 0; row < a.rows(); ++row) gap.add(a(trial, step, row), b(trial, step, row));
  return gap.relative();
}

#define INSTANTIATE(Scalar)                                                                \
  template Scalar relative_distance(const Matrix<Scalar>&, const Matrix<Scalar>&);         \
  template Scalar relative_distance(const Parameters<Scalar>&, const Parameters<Scalar>&); \
  template Scalar relative_distance(const History<Scalar>&, const History<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
