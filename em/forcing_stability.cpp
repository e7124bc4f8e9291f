#include <Eigen/Eigenvalues>
#include <algorithm>
#include <error_forcing/errors.hpp>
#include <error_forcing/forcing_stability.hpp>
#include <limits>

namespace error_forcing {

namespace {

Eigen::VectorXcd eigenvalues(const Matrix<double>& square) {
  require(square.rows() == square.cols() && square.allFinite(),
          "spectral radius: want a finite square matrix, got {} x {}", square.rows(),
          square.cols());
  return Eigen::EigenSolver<Eigen::MatrixXd>(square, false).eigenvalues();
}

double largest_singular_value(const Matrix<double>& matrix) {
  return Eigen::JacobiSVD<Eigen::MatrixXd>(matrix).singularValues()(0);
}

// The largest c with |1 - c mu| <= 1 for every eigenvalue mu of `step` = C D. What is 0 to rounding
// is a direction that no error shows or none is fed back from: it neither grows nor shrinks.
double gain_bound(const Matrix<double>& step) {
  const auto mu = eigenvalues(step);
  const double negligible = 1e-12 * step.norm();
  double bound = std::numeric_limits<double>::infinity();
  for (Index k = 0; k < mu.size(); ++k)
    if (std::abs(mu(k)) > negligible)
      bound = std::min(bound, 2 * std::max(mu(k).real(), 0.0) / std::norm(mu(k)));
  return bound;
}

}  // namespace

double spectral_radius(const Matrix<double>& square) {
  return eigenvalues(square).cwiseAbs().maxCoeff();
}

ForcingStability forcing_stability(const Matrix<double>& C, const Matrix<double>& D, double gain) {
  require(C.rows() == D.cols() && C.cols() == D.rows(),
          "forcing: want feedback of {} units x {} outputs, got {} x {}", C.cols(), C.rows(),
          D.rows(), D.cols());
  const Matrix<double> step = C * D;
  const Matrix<double> left = Matrix<double>::Identity(C.rows(), C.rows()) - gain * step;
  return {spectral_radius(left), largest_singular_value(left), gain_bound(step)};
}

Matrix<double> forced_jacobian(const Matrix<double>& C, const Matrix<double>& K,
                               const Matrix<double>& J) {
  return J - K * (C * J);
}

}  // namespace error_forcing
