#include <error_forcing/noise_update.hpp>

#include <cmath>

#include "even_errors.hpp"
#include "refusal.hpp"
#include "settings.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class NoiseUpdateIn : public ::testing::Test {};
TYPED_TEST_SUITE(NoiseUpdateIn, DoubleAndQuad, PrecisionName);

template <typename Scalar>
void expect_same(const IsotropicNoise<Scalar>& a, const IsotropicNoise<Scalar>& b) {
  expect_zero(Matrix<Scalar>{{a.sigma_h - b.sigma_h, a.sigma_y - b.sigma_y}});
}

// Both means over trials and steps, with the posterior of the state in its information form:
// covariance V = (Q^-1 + C' R^-1 C)^-1 and mean V C' R^-1 e. Neither S nor K is formed.
template <typename Scalar>
IsotropicNoise<Scalar> by_information(const RandomCase<Scalar>& c, const History<Scalar>& errors,
                                      const IsotropicNoise<Scalar>& noise, Scalar weight) {
  using std::sqrt;
  const Scalar q = noise.sigma_h * noise.sigma_h, r = noise.sigma_y * noise.sigma_y;
  const Index N = c.network.units();
  Scalar state(0), output(0), steps(0), entries(0);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto o = observed_at(c.batch, trial, step);
    const Matrix<Scalar> C = rows_of(c.network.parameters.C, o);
    const Vector<Scalar> e = rows_of<Scalar>(column(errors, trial, step), o);
    const Matrix<Scalar> precision = Matrix<Scalar>::Identity(N, N) / q + C.transpose() * C / r;
    const Matrix<Scalar> V = inverse_dense<Scalar>(precision);
    const Vector<Scalar> nu = V * C.transpose() * e / r;
    state += (nu.squaredNorm() + V.trace()) / Scalar(N);
    output += (e - C * nu).squaredNorm() + (C * V * C.transpose()).trace();
    steps += 1;
    entries += Scalar(C.rows());
  });
  return {sqrt((1 - weight) * q + weight * state / steps),
          sqrt((1 - weight) * r + weight * output / entries)};
}

TYPED_TEST(NoiseUpdateIn, IsTheMStepInInformationForm) {
  using Scalar = TypeParam;
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    for (const double gamma : {1.0, 0.3}) {
      const auto c = random_case<Scalar>(partial_masks, seed);
      const IsotropicNoise<Scalar> noise{Scalar(0.7), Scalar(0.4)};
      const GreedyPosterior<Scalar> greedy{
          isotropic_noise<Scalar>(6, 3, noise.sigma_h, noise.sigma_y)};
      const auto errors = inferred<Scalar>(greedy, c).errors;
      const Scalar weight(gamma);
      expect_same(
          update_noise(c.network.parameters.C, error_moments(c.batch.mask, errors), noise, weight),
          by_information(c, errors, noise, weight));
    }
}

// N = P = 1, C = 2, Q = 1, R = 4: S = 8 and K = 1/4. Errors 4 and 0 leave nu = 1 and 0,
// V = 1 - 4/8 = 1/2, so Q <- 1/2 + 1/2 and R <- (4 + 0)/2 + 4/2.
TYPED_TEST(NoiseUpdateIn, KnownNumbers) {
  using Scalar = TypeParam;
  History<Scalar> mask(tiled(1, 2), 1), errors(tiled(1, 2), 1);
  mask.fill(1);
  errors(0, 1, 0) = 4;
  const Matrix<Scalar> C{{2}};
  expect_same(update_noise<Scalar>(C, error_moments(mask, errors), {1, 2}, 1), {1, 2});
  // 8 in place of 4: Q <- (4 + 0)/2 + 1/2 and R <- (16 + 0)/2 + 2, halfway at gamma = 1/2.
  using std::sqrt;
  errors(0, 1, 0) = 8;
  expect_same(update_noise<Scalar>(C, error_moments(mask, errors), {1, 2}, Scalar(0.5)),
              {sqrt(Scalar(1.75)), sqrt(Scalar(7))});
}

// Errors sqrt(n) L, whose second moment over n steps is S = L L', leave any noise with that S.
TYPED_TEST(NoiseUpdateIn, EveryRatioIsAFixedPointWhereSIsTheSecondMoment) {
  using Scalar = TypeParam;
  using std::sqrt;
  auto engine = random_engine(5, 51);
  const Matrix<Scalar> C = random_matrix<Scalar>(engine, even_outputs, even_units);
  for (const double ratio : {0.01, 0.3, 1.0, 5.0, 100.0}) {
    const IsotropicNoise<Scalar> noise{Scalar(ratio), Scalar(1)};
    const Matrix<Scalar> S = noise.sigma_h * noise.sigma_h * C * C.transpose() +
                             Matrix<Scalar>::Identity(even_outputs, even_outputs);
    const Scalar a = sqrt(Scalar(S(0, 0))), b = S(1, 0) / a, d = sqrt(Scalar(S(1, 1) - b * b));
    EvenErrors<Scalar> errors(5, 2);
    for (Index trial = 0; trial < 3; ++trial) {
      errors.values(trial, 1, 0) = sqrt(Scalar(2)) * a;
      errors.values(trial, 1, 1) = sqrt(Scalar(2)) * b;
      errors.values(trial, 2, 0) = 0;
      errors.values(trial, 2, 1) = sqrt(Scalar(2)) * d;
    }
    const auto next = update_noise<Scalar>(C, errors.moments(), noise, 1);
    expect_same<Scalar>({next.sigma_h / noise.sigma_h, next.sigma_y}, {1, 1});
  }
}

TYPED_TEST(NoiseUpdateIn, MovesBothVariancesByTheExcessOfTheErrors) {
  using Scalar = TypeParam;
  for (const Index seen : {1, 4, 10})
    for (const double gain : {0.05, 0.5, 0.95}) {
      SCOPED_TRACE(fmt::format("{} of 10 steps, gain {}", seen, gain));
      const Scalar s(1.7), c(gain), S(2), gamma(0.3);
      const EvenErrors<Scalar> errors(6, seen);
      const auto noise = noise_of<Scalar>(c, S, s);
      const auto next = update_noise(even_readout<Scalar>(6, s), errors.moments(), noise, gamma);
      const Scalar x = mean_square(errors) / S - 1;
      const Scalar p = Scalar(seen) / 10, share = Scalar(even_outputs) / Scalar(even_units);
      using std::sqrt;
      expect_same<Scalar>({next.sigma_h / noise.sigma_h, next.sigma_y / noise.sigma_y},
                          {sqrt(1 + gamma * p * share * c * x), sqrt(1 + gamma * (1 - c) * x)});
    }
}

// The gain after many updates in which the errors are scaled each time.
double gain_after(double start, Index seen, double scale, int updates) {
  const double s = 0.6;
  const auto C = even_readout<double>(7, s);
  EvenErrors<double> errors(7, seen);
  auto noise = noise_of(start, mean_square(errors), s);
  for (int k = 0; k < updates; ++k) {
    for (Index step = 1; step <= 10; ++step) errors.values.at(0, step) *= scale;
    noise = update_noise(C, errors.moments(), noise, 0.5);
  }
  return gain_of(noise, s);
}

TEST(NoiseUpdate, FallingErrorsDriveTheGainToOnePointWhateverTheyAre) {
  for (const Index seen : {1, 5, 10}) {
    const double p = static_cast<double>(seen) / 10, N = even_units, P = even_outputs;
    for (const double start : {0.01, 0.5, 0.9999})
      EXPECT_NEAR(gain_after(start, seen, 0.7, 1000), N / (N + p * P), 1e-6)
          << seen << " " << start;
  }
}

TEST(NoiseUpdate, GrowingErrorsDriveTheGainAwayFromThere) {
  const double point = 2.0 / 3;  // N / (N + P)
  EXPECT_LT(gain_after(point - 0.01, 10, 1.3, 100), point - 0.1);
  EXPECT_GT(gain_after(point + 0.01, 10, 1.3, 100), point + 0.1);
}

// Small steps keep 1/sigma_h^2 - p P s^2 / (N sigma_y^2), to first order in gamma.
TEST(NoiseUpdate, KeepsADifferenceOfPrecisions) {
  const double s = 1.3;
  const auto C = even_readout<double>(8, s);
  const EvenErrors<double> errors(8, 4);
  const auto drift = [&](double gamma) {
    const auto kept = [&](const IsotropicNoise<double>& noise) {
      return std::pow(noise.sigma_h, -2) -
             0.4 * even_outputs * s * s / even_units * std::pow(noise.sigma_y, -2);
    };
    const IsotropicNoise<double> start{1, 1.5};
    auto noise = start;
    for (int k = 0; k * gamma < 1; ++k) noise = update_noise(C, errors.moments(), noise, gamma);
    EXPECT_GT(std::abs(noise.sigma_y - start.sigma_y), 0.1);
    return std::abs(kept(noise) - kept(start));
  };
  EXPECT_NEAR(std::log2(drift(1.0 / 256) / drift(1.0 / 512)), 1, 0.05);
  EXPECT_LT(drift(1.0 / 512), 1e-3);
}

// sum log N(e; 0, S) but for a constant, S by elimination.
double log_likelihood(const RandomCase<double>& c, const History<double>& errors,
                      const IsotropicNoise<double>& noise) {
  double sum = 0;
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto o = observed_at(c.batch, trial, step);
    const Matrix<double> C = rows_of(c.network.parameters.C, o);
    const Vector<double> e = rows_of<double>(column(errors, trial, step), o);
    Matrix<double> S = std::pow(noise.sigma_h, 2) * C * C.transpose();
    S.diagonal().array() += std::pow(noise.sigma_y, 2);
    sum -= e.dot(solve_dense<double>(S, e).col(0)) / 2;
    for (Index k = 0; k < S.rows(); ++k) {
      sum -= std::log(S(k, k)) / 2;
      for (Index i = k + 1; i < S.rows(); ++i) S.row(i) -= S(i, k) / S(k, k) * S.row(k);
    }
  });
  return sum;
}

TEST(NoiseUpdate, NeverLowersTheLikelihoodOfTheErrors) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    for (const double gamma : {1.0, 0.5, 0.01})
      for (const double ratio : {0.1, 1.0, 10.0}) {
        SCOPED_TRACE(fmt::format("seed {} gamma {} ratio {}", seed, gamma, ratio));
        const auto c = random_case(partial_masks, seed);
        const auto errors = inferred<double>(FreeRunning{}, c).errors;
        IsotropicNoise<double> noise{ratio, 1};
        const double start = log_likelihood(c, errors, noise);
        double last = start;
        for (int k = 0; k < 20; ++k) {
          noise = update_noise(c.network.parameters.C, error_moments(c.batch.mask, errors), noise,
                               gamma);
          const double next = log_likelihood(c, errors, noise);
          EXPECT_GE(next, last - 1e-12 * std::abs(last));
          last = next;
        }
        EXPECT_GT(last, start + 0.01);
      }
}

// Twice the errors and deviations is twice the update; the state's coordinates do not matter.
TYPED_TEST(NoiseUpdateIn, KnowsNeitherUnitsOfMeasureNorCoordinates) {
  using Scalar = TypeParam;
  auto engine = random_engine(9, 51);
  const Matrix<Scalar> C = random_matrix<Scalar>(engine, even_outputs, even_units);
  EvenErrors<Scalar> errors(9, 6);
  const auto update = [&](const Matrix<Scalar>& readout, const IsotropicNoise<Scalar>& noise) {
    return update_noise<Scalar>(readout, errors.moments(), noise, Scalar(0.8));
  };
  const auto once = update(C, {1, Scalar(0.5)});
  expect_same(update(C * random_rotation<Scalar>(engine, even_units), {1, Scalar(0.5)}), once);
  for (Index step = 1; step <= 10; ++step) errors.values.at(0, step) *= Scalar(2);
  expect_same<Scalar>(update(C, {2, 1}), {2 * once.sigma_h, 2 * once.sigma_y});
}

TEST(NoiseUpdateInput, NeverReadsAnErrorThatIsNotObserved) {
  const auto C = even_readout<double>(10, 1.0);
  EvenErrors<double> errors(10, 6);
  const auto want = update_noise<double>(C, errors.moments(), {1, 1}, 1);
  errors.values.at(0, 7).setConstant(nan);
  const auto got = update_noise<double>(C, errors.moments(), {1, 1}, 1);
  EXPECT_EQ(got.sigma_h, want.sigma_h);
  EXPECT_EQ(got.sigma_y, want.sigma_y);
}

TEST(NoiseUpdateInput, RefusesDeviationsAndWeightsOutOfRange) {
  const auto C = even_readout<double>(11, 1.0);
  const auto moments = EvenErrors<double>(11, 6).moments();
  for (const double bad : {0.0, -1.0, nan, infinity}) {
    const std::string part = "noise: want finite sigma_h and sigma_y > 0";
    expect_refusal([&] { update_noise<double>(C, moments, {bad, 1}, 1); }, part);
    expect_refusal([&] { update_noise<double>(C, moments, {1, bad}, 1); }, part);
  }
  for (const double bad : {0.0, -0.1, 1.1, nan})
    expect_refusal(
        [&] {
          update_noise<double>(C, moments, {1, 1}, bad);
        },
        "noise step: want a value in (0, 1]");
}

TEST(NoiseUpdateInput, RefusesErrorsThatAreMissingMisshapenOrNotFinite) {
  const auto C = even_readout<double>(12, 1.0);
  EvenErrors<double> errors(12, 6);
  const auto refused = [&](const std::string& part) {
    expect_refusal([&] { update_noise<double>(C, errors.moments(), {1, 1}, 1); }, part);
  };
  const Matrix<double> short_readout = C.topRows(1);
  expect_refusal(
      [&] {
        update_noise<double>(short_readout, errors.moments(), {1, 1}, 1);
      },
      "errors: of output 2, but C has 1 rows");
  errors.values(1, 3, 0) = nan;
  refused("hold a NaN");
  errors.mask.fill(0);
  refused("no output is observed");
  errors.values = History<double>(tiled(3, 10), 1);
  refused("errors: want those of the mask's 3 trials, 10 steps and 2 outputs, got 3, 10 and 1");
}

}  // namespace
}  // namespace error_forcing::test
