// Claims about limits: the order at which one thing becomes another.

#include <error_forcing/cholesky.hpp>
#include <error_forcing/greedy_posterior.hpp>
#include <error_forcing/m_step.hpp>
#include <error_forcing/pseudoinverse.hpp>
#include <error_forcing/rollout.hpp>
#include <error_forcing/statistics.hpp>
#include <error_forcing/thin_svd.hpp>

#include "definition.hpp"
#include "points.hpp"

namespace error_forcing::certification {

namespace {

constexpr Index N = 6, P = 2;

template <typename Scalar>
struct ReadoutAndNoise {
  Matrix<Scalar> C, Q;  // Q full, positive definite
};

template <typename Scalar>
ReadoutAndNoise<Scalar> draw(std::uint64_t seed) {
  auto engine = random_engine(seed, 20);
  const auto C = normal_matrix(engine, P, N);
  return {C.cast<Scalar>(), random_covariance(engine, N, 0.3).cast<Scalar>()};
}

template <typename Scalar>
Matrix<Scalar> identity(Index n) {
  return Matrix<Scalar>::Identity(n, n);
}

// sigma = 1e-6 ... 1e-1, half a decade apart: five decades.
template <typename Scalar, typename Distance>
double fit_over_five_decades(Distance distance_at) {
  std::vector<double> sigmas, distances;
  for (int k = 0; k <= 10; ++k) {
    const double sigma = std::pow(10, -6 + 0.5 * k);
    sigmas.push_back(sigma);
    distances.push_back(distance_at(Scalar(sigma)));
  }
  return fitted_order(sigmas, distances);
}

template <typename Scalar>
Measurement gradient_tends_to_bptt(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, batch, noise] = point;
    const Scalar sigma_y(3);
    run_free(network, batch, trajectory);
    const auto bptt = ascent_direction(PaperForm{}, network, batch, trajectory);
    const auto distance_at = [&](Scalar sigma_h) {
      const auto isotropic = isotropic_noise(network.units(), network.outputs(), sigma_h, sigma_y);
      infer<Scalar>(GreedyPosterior<Scalar>{isotropic}, network, batch, trajectory);
      const Reparameterised<Scalar> m_step{isotropic.R};
      auto scaled = zero_like(network.parameters);
      add_scaled(scaled, sigma_y * sigma_y, ascent_direction(m_step, network, batch, trajectory));
      return static_cast<double>(relative_distance(scaled, bptt));
    };
    found.include(fit_over_five_decades<Scalar>(distance_at), name);
  });
}

template <typename Scalar>
Measurement gain_tends_to_pseudoinverse(std::uint64_t seed) {
  const auto [C, Q] = draw<Scalar>(seed);
  const Scalar sigma_h(0.7);
  const auto limit = pseudoinverse(C).inverse;
  const double order = fit_over_five_decades<Scalar>([&, C = C](Scalar sigma_y) {
    return distance(kalman_gain(C, isotropic_noise(N, P, sigma_h, sigma_y)), limit);
  });
  return {{{"random C", order}}};
}

template <typename Scalar>
Measurement gain_tends_to_oblique(std::uint64_t seed) {
  const auto [C, Q] = draw<Scalar>(seed);
  const Matrix<Scalar> L = cholesky(Q).L;
  const Matrix<Scalar> limit = L * pseudoinverse<Scalar>(C * L).inverse;  // L (C L)+
  const double order = fit_over_five_decades<Scalar>([&, C = C, Q = Q](Scalar sigma_y) {
    const Noise<Scalar> noise{Q, sigma_y * sigma_y * identity<Scalar>(P)};
    return distance(kalman_gain(C, noise), limit);
  });
  return {{{"random C and Q", order}}};
}

template <typename Scalar>
Measurement gain_is_noise_ratio(std::uint64_t seed) {
  const Scalar s(1.7), sigma_h(0.6), sigma_y(0.8);
  const auto svd = thin_svd(draw<Scalar>(seed).C);
  const Matrix<Scalar> C = s * svd.left * svd.right.transpose();  // C C' = s^2 I
  const Scalar signal = s * s * sigma_h * sigma_h;
  const Scalar c = signal / (signal + sigma_y * sigma_y);
  const auto K = kalman_gain(C, isotropic_noise(N, P, sigma_h, sigma_y));
  return {{{"C C' = s^2 I", distance(K, c * pseudoinverse(C).inverse)}}};
}

template <typename Scalar>
Measurement gain_is_spectral_filter(std::uint64_t seed) {
  const auto C = draw<Scalar>(seed).C;
  const Scalar sigma_h(0.6), sigma_y(0.8);
  const auto svd = thin_svd(C);
  const auto power = (svd.values.array() * sigma_h).square().eval();
  const Vector<Scalar> c = power / (power + sigma_y * sigma_y);
  const Vector<Scalar> filter = c.array() / svd.values.array();
  const Matrix<Scalar> filtered = svd.right * filter.asDiagonal() * svd.left.transpose();
  const auto K = kalman_gain(C, isotropic_noise(N, P, sigma_h, sigma_y));
  return {{{"random C", distance(K, filtered)}}};
}

// C K = c I for R = ((1-c)/c) C Q C'; any other R must show, here one of twice the size in one
// output.
template <typename Scalar>
Measurement scalar_gain_needs_matched_noise(std::uint64_t seed) {
  const auto [C, Q] = draw<Scalar>(seed);
  const Scalar c(0.3);
  Matrix<Scalar> R = (1 - c) / c * C * Q * C.transpose();
  Measurement found;
  found.include(distance(C * kalman_gain<Scalar>(C, {Q, R}), c * identity<Scalar>(P)),
                "R = ((1-c)/c) C Q C'");
  R(0, 0) *= 2;
  const double elsewhere = distance(C * kalman_gain<Scalar>(C, {Q, R}), c * identity<Scalar>(P));
  if (elsewhere < 1e-3) found.trouble = "another R gives a scalar gain as well";
  return found;
}

}  // namespace

std::vector<Definition> rate_claims() {
  return {
      {{"R1", "sigma_h -> 0: sigma_y^2 x EM gradient (greedy E-step) -> BPTT at order 2",
        "(E3) and (S2) | free run and (S3)"},
       order,
       IN_DOUBLE_AND_QUAD(gradient_tends_to_bptt),
       2},
      {{"R2", "sigma_y -> 0, Q = sigma_h^2 I: K -> C+ at order 2",
        "Cholesky of S | singular values"},
       order,
       IN_DOUBLE_AND_QUAD(gain_tends_to_pseudoinverse),
       2},
      {{"R2-Q", "sigma_y -> 0, any Q = L L': K -> L (C L)+ at order 2",
        "Cholesky of S | singular values"},
       order,
       IN_DOUBLE_AND_QUAD(gain_tends_to_oblique),
       2},
      {{"R3", "C C' = s^2 I: K = c C+ with c = s^2 sigma_h^2 / (s^2 sigma_h^2 + sigma_y^2)",
        "Cholesky of S | singular values"},
       rounding,
       IN_DOUBLE_AND_QUAD(gain_is_noise_ratio)},
      {{"R3-filter",
        "K has gain c_i = s_i^2 sigma_h^2 / (s_i^2 sigma_h^2 + sigma_y^2) on direction i",
        "Cholesky of S | singular values"},
       rounding,
       IN_DOUBLE_AND_QUAD(gain_is_spectral_filter)},
      {{"R3-iff", "C K = c I iff R = ((1-c)/c) C Q C'", "Cholesky of S | definition"},
       rounding,
       IN_DOUBLE_AND_QUAD(scalar_gain_needs_matched_noise)},
  };
}

}  // namespace error_forcing::certification
