#include <error_forcing/errors.hpp>
#include <error_forcing/finite_difference.hpp>
#include <error_forcing/reference_bptt.hpp>
#include <error_forcing/statistics.hpp>

#include "precision.hpp"
#include "random_case.hpp"

namespace error_forcing {
namespace {

using test::CaseOptions;

template <typename Scalar>
class ReferenceBptt : public ::testing::Test {};
TYPED_TEST_SUITE(ReferenceBptt, test::DoubleAndQuad, test::PrecisionName);

// Its step is coarse in double, where relu would cross its kink.
template <typename Scalar>
std::vector<Activation> smooth_at_the_oracles_step() {
  std::vector<Activation> all{Activation::identity, Activation::tanh, Activation::softplus,
                              Activation::logistic};
  if (std::is_same_v<Scalar, quad>) all.push_back(Activation::relu);
  return all;
}

template <typename Scalar>
Matrix<Scalar> noise_of_two_outputs() {
  return (Matrix<Scalar>(2, 2) << Scalar(1.5), Scalar(0.4), Scalar(0.4), Scalar(0.8)).finished();
}

// r' R_oo^-1 r for two outputs by the formula of the 2 x 2 inverse; r is 0 where unobserved.
template <typename Scalar>
Scalar weighted_square(const Matrix<Scalar>& R, const std::array<Scalar, 2>& r,
                       const std::vector<Scalar>& mask) {
  if (mask[0] == 0) return r[1] * r[1] / R(1, 1);
  if (mask[1] == 0) return r[0] * r[0] / R(0, 0);
  return (R(1, 1) * r[0] * r[0] - 2 * R(0, 1) * r[0] * r[1] + R(0, 0) * r[1] * r[1]) /
         (R(0, 0) * R(1, 1) - R(0, 1) * R(0, 1));
}

// -1/2 sum r' R_oo^-1 r over a batch with two outputs: what the reference claims to ascend.
template <typename Scalar>
Scalar log_likelihood(const Network<Scalar>& network, const Batch<Scalar>& batch,
                      const History<Scalar>& displacements, ReadFrom read_from,
                      const Matrix<Scalar>& R) {
  Scalar sum(0);
  for (Index k = 0; k < batch.layout().trials; ++k) {
    const auto trial = trial_of(batch, displacements, k);
    const auto states = reference_rollout(network, trial);
    for (std::size_t t = 0; t < trial.inputs.size(); ++t) {
      const auto& s = read_from == ReadFrom::before_forcing ? states.before[t] : states.after[t];
      std::array<Scalar, 2> r{};
      for (Index i = 0; i < 2; ++i) {
        if (trial.mask[t][i] == 0) continue;
        r[i] = trial.targets[t][i] - network.parameters.d(i);
        for (Index j = 0; j < network.units(); ++j) r[i] -= network.parameters.C(i, j) * s[j];
      }
      sum -= weighted_square(R, r, trial.mask[t]) / 2;
    }
  }
  return sum;
}

TYPED_TEST(ReferenceBptt, IsTheGradientOfItsLogLikelihood) {
  using Scalar = TypeParam;
  const auto R = noise_of_two_outputs<Scalar>();
  for (Activation activation : smooth_at_the_oracles_step<Scalar>())
    for (ReadFrom read_from : {ReadFrom::before_forcing, ReadFrom::after_forcing}) {
      CaseOptions options;
      options.activation = activation;
      const std::uint64_t seed = 10 + static_cast<std::uint64_t>(activation);
      SCOPED_TRACE(description(options, seed));
      const auto c = test::random_case<Scalar>(options, seed);
      const auto nu = test::displaced_trajectory(c, seed).displacements;
      const auto log_p = [&](const Parameters<Scalar>& p) {
        auto network = c.network;
        network.parameters = p;
        return log_likelihood(network, c.batch, nu, read_from, R);
      };
      const auto verdict = compare(reference_gradient(c.network, c.batch, nu, read_from, R),
                                   finite_difference(log_p, c.network.parameters),
                                   Scalar(std::is_same_v<Scalar, quad> ? 1e-26 : 1e-11));
      EXPECT_TRUE(verdict.agrees()) << describe(verdict);
    }
}

TYPED_TEST(ReferenceBptt, IdentityNoiseIsTheDefault) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({}, 3);
  const auto nu = test::displaced_trajectory(c, 3).displacements;
  const Matrix<Scalar> identity = Matrix<Scalar>::Identity(2, 2);
  const auto weighted =
      reference_gradient(c.network, c.batch, nu, ReadFrom::after_forcing, identity);
  const auto plain = reference_gradient(c.network, c.batch, nu, ReadFrom::after_forcing);
  EXPECT_EQ(relative_distance(weighted, plain), Scalar(0));
}

TYPED_TEST(ReferenceBptt, TheTwoFormsAgreeWithoutForcingAndDifferWithIt) {
  using Scalar = TypeParam;
  const auto c = test::random_case<Scalar>({}, 4);
  const History<Scalar> none(c.batch.layout(), c.network.units());
  const auto some = test::displaced_trajectory(c, 4).displacements;
  const auto distance = [&](const History<Scalar>& nu) {
    return relative_distance(reference_gradient(c.network, c.batch, nu, ReadFrom::before_forcing),
                             reference_gradient(c.network, c.batch, nu, ReadFrom::after_forcing));
  };
  EXPECT_EQ(distance(none), Scalar(0));
  EXPECT_GT(distance(some), Scalar(0.01));
}

// One linear unit, two steps, by hand: a = 1, h_0 = 0, u_1 = b + x_1, u_2 = w (u_1 + nu_1) + b +
// x_2.
TYPED_TEST(ReferenceBptt, KnownAnswerOfOneUnit) {
  using Scalar = TypeParam;
  Network<Scalar> network;
  network.parameters = zero_parameters<Scalar>(1, 1, 1);
  auto& p = network.parameters;
  p.W(0, 0) = 2, p.U(0, 0) = 1, p.b(0) = 3, p.C(0, 0) = 5, p.d(0) = 7;
  network.activation = Activation::identity;
  const Trial<Scalar> trial{{{1}, {2}}, {{0}, {0}}, {{1}, {1}}, {{-1}, {0}}};
  // u_1 = 4, h_1 = 3, u_2 = h_2 = 11; e_1 = -27, e_2 = -62; r_1 = -22
  const auto before = reference_gradient(network, trial, ReadFrom::before_forcing);
  EXPECT_EQ(before.d(0), Scalar(-27 - 62));
  EXPECT_EQ(before.C(0, 0), Scalar(-27 * 4 - 62 * 11));
  EXPECT_EQ(before.W(0, 0), Scalar(5 * -62 * 3));
  EXPECT_EQ(before.b(0), Scalar(5 * -62 + (5 * -27 + 2 * 5 * -62)));
  EXPECT_EQ(before.U(0, 0), Scalar(5 * -62 * 2 + (5 * -27 + 2 * 5 * -62) * 1));
  const auto after = reference_gradient(network, trial, ReadFrom::after_forcing);
  EXPECT_EQ(after.C(0, 0), Scalar(-22 * 3 - 62 * 11));
  EXPECT_EQ(after.b(0), Scalar(5 * -62 + (5 * -22 + 2 * 5 * -62)));
}

TEST(ReferenceBpttInput, RefusesNoiseOfAnotherShapeOrSingular) {
  CaseOptions options;
  options.observed_share = 1;
  const auto c = test::random_case<double>(options, 5);
  const History<double> none(c.batch.layout(), c.network.units());
  const auto gradient_with = [&](const Matrix<double>& R) {
    return reference_gradient(c.network, c.batch, none, ReadFrom::after_forcing, R);
  };
  EXPECT_THROW(gradient_with(Matrix<double>::Identity(3, 3)), InvalidInput);
  EXPECT_THROW(gradient_with(Matrix<double>::Ones(2, 2)), InvalidInput);
}

}  // namespace
}  // namespace error_forcing
