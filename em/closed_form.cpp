#include <algorithm>
#include <error_forcing/cholesky.hpp>
#include <error_forcing/closed_form.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/thin_svd.hpp>
#include <numeric>

namespace error_forcing {

namespace {

using Columns = std::vector<Index>;  // of the features that are trained

Columns range(Index first, Index size) {
  Columns columns(static_cast<std::size_t>(size));
  std::iota(columns.begin(), columns.end(), first);
  return columns;
}

void append(Columns& columns, bool trained, Index first, Index size) {
  const auto more = trained ? range(first, size) : Columns{};
  columns.insert(columns.end(), more.begin(), more.end());
}

// Of matrices up to rounding: a pivot lost among the digits of its diagonal.
template <typename Scalar>
bool nearly_singular(const Cholesky<Scalar>& factor, const Matrix<Scalar>& A) {
  const Scalar rounding =
      64 * static_cast<Scalar>(A.rows()) * std::numeric_limits<Scalar>::epsilon();
  return !factor.positive_definite ||
         (factor.L.diagonal().array().square() <= rounding * A.diagonal().array()).any();
}

// X of X (A + kappa I) = B.
template <typename Scalar>
Matrix<Scalar> solve_damped(const Matrix<Scalar>& A, const Matrix<Scalar>& B,
                            const std::optional<Scalar>& damping) {
  if (A.rows() == 0) return B;
  const Matrix<Scalar> identity = Matrix<Scalar>::Identity(A.rows(), A.rows());
  auto factor = cholesky<Scalar>(A + damping.value_or(Scalar(0)) * identity);
  if (!damping && nearly_singular(factor, A))
    factor = cholesky<Scalar>(A + A.trace() / static_cast<Scalar>(A.rows()) / 100000000 * identity);
  if (!factor.positive_definite) return 0 * B;  // no features at all: nothing to learn
  return factor.solve(B.transpose()).transpose();
}

// The step of the trained columns of a regression, zero in the others.
template <typename Scalar>
Matrix<Scalar> regression_step(const Regression<Scalar>& sums, const Columns& trained,
                               const std::optional<Scalar>& damping) {
  Matrix<Scalar> step = Matrix<Scalar>::Zero(sums.cross.rows(), sums.cross.cols());
  const Matrix<Scalar> A = sums.features(trained, trained);
  const Matrix<Scalar> B = sums.cross(Eigen::all, trained);
  step(Eigen::all, trained) = solve_damped(A, B, damping);
  return step;
}

// E[(residual - step f)(residual - step f)'] summed.
template <typename Scalar>
Matrix<Scalar> residuals_after(const Regression<Scalar>& sums, const Matrix<Scalar>& step) {
  const Matrix<Scalar> explained = step * sums.cross.transpose();
  const Matrix<Scalar> left =
      sums.residuals - explained - explained.transpose() + step * sums.features * step.transpose();
  return symmetrised(left);
}

// Row p regressed on all patterns that observe output p: right for a diagonal R.
template <typename Scalar>
Matrix<Scalar> step_by_rows(const ExpectedStatistics<Scalar>& statistics, const Columns& trained,
                            const std::optional<Scalar>& damping, Index outputs, Index features) {
  Matrix<Scalar> step = Matrix<Scalar>::Zero(outputs, features);
  for (Index p = 0; p < outputs; ++p) {
    Regression<Scalar> row{Matrix<Scalar>::Zero(features, features),
                           Matrix<Scalar>::Zero(1, features), Matrix<Scalar>::Zero(1, 1), 0};
    for (const auto& [o, sums] : statistics.readout)
      for (std::size_t i = 0; i < o.size(); ++i)
        if (o[i] == p) {
          row.features += sums.features;
          row.cross += sums.cross.row(static_cast<Index>(i));
        }
    step.row(p) = regression_step(row, trained, damping);
  }
  return step;
}

// sum over patterns of (R_oo^-1 x E[h~ h~']) vec(step) = vec(R_oo^-1 E[r h~']).
template <typename Scalar>
Matrix<Scalar> step_by_normal_equations(const ExpectedStatistics<Scalar>& statistics,
                                        const Matrix<Scalar>& R, const Columns& trained,
                                        const std::optional<Scalar>& damping, Index features) {
  const Index outputs = R.rows(), width = static_cast<Index>(trained.size());
  Matrix<Scalar> A = Matrix<Scalar>::Zero(outputs * width, outputs * width);
  Matrix<Scalar> B = Matrix<Scalar>::Zero(1, outputs * width);
  for (const auto& [o, sums] : statistics.readout) {
    const auto size = static_cast<Index>(o.size());
    const auto factor = cholesky(select_square(R, o));
    require(factor.positive_definite,
            "R: not positive definite on {} observed outputs; raise sigma_y", size);
    const Matrix<Scalar> precision = factor.solve(Matrix<Scalar>::Identity(size, size));
    const Matrix<Scalar> hh = sums.features(trained, trained);
    const Matrix<Scalar> rh = precision * sums.cross(Eigen::all, trained);
    for (Index i = 0; i < size; ++i) {
      const Index row = o[static_cast<std::size_t>(i)] * width;
      B.middleCols(row, width) += rh.row(i);
      for (Index j = 0; j < size; ++j)
        A.block(row, o[static_cast<std::size_t>(j)] * width, width, width) += precision(i, j) * hh;
    }
  }
  const Matrix<Scalar> solution = solve_damped(A, B, damping);
  Matrix<Scalar> step = Matrix<Scalar>::Zero(outputs, features);
  for (Index p = 0; p < outputs; ++p) step(p, trained) = solution.middleCols(p * width, width);
  return step;
}

template <typename Scalar>
bool observes_whole_steps(const ExpectedStatistics<Scalar>& statistics, Index outputs) {
  return std::all_of(statistics.readout.begin(), statistics.readout.end(), [&](const auto& entry) {
    return static_cast<Index>(entry.first.size()) == outputs;
  });
}

template <typename Scalar>
Matrix<Scalar> structured(const Matrix<Scalar>& covariance, CovarianceStructure structure) {
  const Index n = covariance.rows();
  if (structure == CovarianceStructure::full) return covariance;
  if (structure == CovarianceStructure::diagonal)
    return Matrix<Scalar>(covariance.diagonal().asDiagonal());
  return covariance.trace() / static_cast<Scalar>(n) * Matrix<Scalar>::Identity(n, n);
}

// Eigenvalues below the floor are raised to it.
template <typename Scalar>
Matrix<Scalar> floored(const Matrix<Scalar>& covariance, Scalar share) {
  const Index n = covariance.rows();
  const Scalar floor = share * covariance.trace() / static_cast<Scalar>(n);
  const Matrix<Scalar> shifted = covariance - floor * Matrix<Scalar>::Identity(n, n);
  if (cholesky(shifted).positive_definite) return covariance;
  const auto svd = thin_svd(covariance);  // of a covariance: its eigenvalues, up to rounding
  const Matrix<Scalar> raised =
      svd.left * svd.values.cwiseMax(floor).asDiagonal() * svd.left.transpose();
  return symmetrised(raised);
}

template <typename Scalar>
void update_dynamics(const ClosedForm<Scalar>& m_step, const Regression<Scalar>& sums,
                     GenerativeModel<Scalar>& model) {
  auto& [W, U, b, C, d] = model.network.parameters;
  const Index N = W.rows(), I = U.cols();
  Columns trained;
  append(trained, m_step.trained.W, 0, N);
  append(trained, m_step.trained.U, N, I);
  append(trained, m_step.trained.b, N + I, 1);
  const auto step = regression_step(sums, trained, m_step.damping);  // a [dW dU db]
  W += step.leftCols(N) / model.network.leak;
  U += step.middleCols(N, I) / model.network.leak;
  b += step.col(N + I) / model.network.leak;
  if (!m_step.trained.Q) return;
  const Matrix<Scalar> Q = residuals_after(sums, step) / static_cast<Scalar>(sums.count);
  model.noise.Q = floored(structured(Q, m_step.Q_structure), m_step.floor);
}

template <typename Scalar>
void require_trainable(const ClosedForm<Scalar>& m_step, const Matrix<Scalar>& R) {
  require(
      m_step.R_structure != CovarianceStructure::full && R.isDiagonal(Scalar(0)),
      "R: masks differ between the {} outputs, so only a diagonal or isotropic R that is so from "
      "the start can be trained; choose that structure, or keep R",
      R.rows());
}

// The mean residual over observed entries; an output never observed keeps its variance.
template <typename Scalar>
void update_output_noise(const ClosedForm<Scalar>& m_step,
                         const ExpectedStatistics<Scalar>& statistics, const Matrix<Scalar>& step,
                         GenerativeModel<Scalar>& model) {
  auto& R = model.noise.R;
  Matrix<Scalar> sum = Matrix<Scalar>::Zero(R.rows(), R.cols());
  Vector<Scalar> count = Vector<Scalar>::Zero(R.rows());
  for (const auto& [o, sums] : statistics.readout) {
    sum(o, o) += residuals_after<Scalar>(sums, step(o, Eigen::all));
    for (const Index p : o) count(p) += static_cast<Scalar>(sums.count);
  }
  if (statistics.readout.empty()) return;
  if (observes_whole_steps(statistics, R.rows())) {
    R = structured<Scalar>(sum / count(0), m_step.R_structure);
  } else {
    require_trainable(m_step, R);
    if (m_step.R_structure == CovarianceStructure::isotropic)
      R.diagonal().setConstant(sum.trace() / count.sum());
    else
      for (Index p = 0; p < R.rows(); ++p)
        if (count(p) > 0) R(p, p) = sum(p, p) / count(p);
  }
  R = floored(R, m_step.floor);
}

template <typename Scalar>
void update_readout(const ClosedForm<Scalar>& m_step, const ExpectedStatistics<Scalar>& statistics,
                    GenerativeModel<Scalar>& model) {
  auto& [W, U, b, C, d] = model.network.parameters;
  const auto& R = model.noise.R;
  Columns trained;
  append(trained, m_step.trained.C, 0, C.cols());
  append(trained, m_step.trained.d, C.cols(), 1);
  const bool rows_are_apart = R.isDiagonal(Scalar(0)) || observes_whole_steps(statistics, R.rows());
  const auto step =
      rows_are_apart
          ? step_by_rows(statistics, trained, m_step.damping, C.rows(), C.cols() + 1)
          : step_by_normal_equations(statistics, R, trained, m_step.damping, C.cols() + 1);
  C += step.leftCols(C.cols());
  d += step.col(C.cols());
  if (m_step.trained.R) update_output_noise(m_step, statistics, step, model);
}

}  // namespace

template <typename Scalar>
GenerativeModel<Scalar> update(const ClosedForm<Scalar>& m_step,
                               const GenerativeModel<Scalar>& model,
                               const ExpectedStatistics<Scalar>& statistics) {
  require(m_step.damping.value_or(Scalar(0)) >= 0 && m_step.floor >= 0,
          "closed form: want damping >= 0 and floor >= 0, got {} and {}",
          static_cast<double>(m_step.damping.value_or(Scalar(0))),
          static_cast<double>(m_step.floor));
  auto updated = model;
  update_dynamics(m_step, statistics.transition, updated);
  update_readout(m_step, statistics, updated);
  return updated;
}

#define INSTANTIATE(Scalar)                                               \
  template GenerativeModel<Scalar> update(const ClosedForm<Scalar>&,      \
                                          const GenerativeModel<Scalar>&, \
                                          const ExpectedStatistics<Scalar>&);
ERROR_FORCING_FOR_DOUBLE_AND_QUAD(INSTANTIATE)

}  // namespace error_forcing
