#pragma once
// The second route of the tests of posteriors: all states and outputs of a trial as one Gaussian
// vector, conditioned by elimination. No recursion in time, no decomposition of the library.

#include <error_forcing/trial.hpp>

#include "dense.hpp"
#include "random_case.hpp"

namespace error_forcing::test {

/// A random generative model with data of its own, whose mask and noise are generic.
struct ModelCase {
  GenerativeModel<double> model;
  Batch<double> batch;
};

inline Matrix<double> random_covariance(RandomEngine& engine, Index n) {
  const auto A = normal_matrix(engine, n, n);
  return 0.3 * A * A.transpose() / static_cast<double>(n) + 0.2 * Matrix<double>::Identity(n, n);
}

inline ModelCase model_case(const CaseOptions& options, std::uint64_t seed) {
  auto [network, batch] = random_case(options, seed);
  auto engine = random_engine(seed, 9);
  auto Q = random_covariance(engine, options.units), R = random_covariance(engine, options.outputs);
  return {{network, {Q, R}}, batch};
}

inline constexpr CaseOptions linear_case{.units = 3,
                                         .inputs = 2,
                                         .outputs = 2,
                                         .trials = 3,
                                         .steps = 5,
                                         .activation = Activation::identity,
                                         .recurrent_gain = 0.9};

struct DensePosterior {
  Matrix<double> mean;                     ///< N x (T+1)
  std::vector<Matrix<double>> covariance;  ///< T+1
  std::vector<Matrix<double>> lag_one;     ///< T+1
  double log_evidence = 0;
};

/// log |A| of a matrix with positive pivots.
inline double log_determinant_dense(Matrix<double> A) {
  double sum = 0;
  for (Index k = 0; k < A.rows(); ++k) {
    sum += std::log(A(k, k));
    for (Index i = k + 1; i < A.rows(); ++i) A.row(i) -= A(i, k) / A(k, k) * A.row(k);
  }
  return sum;
}

inline DensePosterior dense_posterior(const GenerativeModel<double>& model,
                                      const ObservedTrial<double>& trial) {
  const auto& [W, U, b, C, d] = model.network.parameters;
  const Index N = W.rows(), T = trial.steps(), size = N * (T + 1);
  const double a = model.network.leak;
  const Matrix<double> A = (1 - a) * Matrix<double>::Identity(N, N) + a * W;
  Vector<double> mean = Vector<double>::Zero(size);
  Matrix<double> spread = Matrix<double>::Zero(size, size);  // h = mean + spread * noises
  mean.head(N) = model.network.initial_state.size() > 0 ? model.network.initial_state
                                                        : Vector<double>::Zero(N).eval();
  Matrix<double> noise = Matrix<double>::Zero(size, size);
  for (Index t = 1; t <= T; ++t) {
    mean.segment(t * N, N) = A * mean.segment((t - 1) * N, N) + a * (U * trial.inputs.col(t) + b);
    spread.middleRows(t * N, N) = A * spread.middleRows((t - 1) * N, N);
    spread.block(t * N, t * N, N, N).setIdentity();
    noise.block(t * N, t * N, N, N) = model.noise.Q;
  }
  const Matrix<double> prior = spread * noise * spread.transpose();
  Index seen = 0;
  for (const auto& o : trial.observed) seen += static_cast<Index>(o.size());
  Matrix<double> H = Matrix<double>::Zero(seen, size), S = Matrix<double>::Zero(seen, seen);
  Vector<double> residual(seen);
  Index row = 0;
  for (Index t = 1; t <= T; ++t) {
    const auto& o = trial.observed[static_cast<std::size_t>(t)];
    for (std::size_t i = 0; i < o.size(); ++i) {
      H.block(row + static_cast<Index>(i), t * N, 1, N) = C.row(o[i]);
      residual(row + static_cast<Index>(i)) =
          trial.targets(o[i], t) - C.row(o[i]).dot(mean.segment(t * N, N)) - d(o[i]);
      for (std::size_t j = 0; j < o.size(); ++j)
        S(row + static_cast<Index>(i), row + static_cast<Index>(j)) = model.noise.R(o[i], o[j]);
    }
    row += static_cast<Index>(o.size());
  }
  S += H * prior * H.transpose();
  DensePosterior result{Matrix<double>(N, T + 1), {}, {}, 0};
  const Matrix<double> gain = solve_dense<double>(S, H * prior).transpose();
  const Vector<double> posterior_mean = mean + gain * residual;
  const Matrix<double> posterior = prior - gain * H * prior;
  for (Index t = 0; t <= T; ++t) {
    result.mean.col(t) = posterior_mean.segment(t * N, N);
    result.covariance.push_back(posterior.block(t * N, t * N, N, N));
    result.lag_one.push_back(t == 0 ? Matrix<double>::Zero(N, N).eval()
                                    : posterior.block(t * N, (t - 1) * N, N, N).eval());
  }
  if (seen > 0)
    result.log_evidence =
        -0.5 * (residual.dot(solve_dense<double>(S, residual).col(0)) + log_determinant_dense(S) +
                static_cast<double>(seen) * std::log(2 * std::acos(-1.0)));
  return result;
}

inline void expect_close(const Matrix<double>& a, const Matrix<double>& b,
                         double tolerance = 1e-11) {
  ASSERT_EQ(a.rows(), b.rows());
  ASSERT_EQ(a.cols(), b.cols());
  EXPECT_LE((a - b).cwiseAbs().maxCoeff(), tolerance * (1 + b.cwiseAbs().maxCoeff()));
}

inline void expect_close(const Parameters<double>& a, const Parameters<double>& b,
                         double tolerance = 1e-11) {
  const auto left = blocks(a), right = blocks(b);
  for (std::size_t k = 0; k < left.size(); ++k) {
    SCOPED_TRACE(block_names[k]);
    expect_close(Matrix<double>(left[k]), Matrix<double>(right[k]), tolerance);
  }
}

}  // namespace error_forcing::test
