#include <error_forcing/error_forcing.hpp>
#include <error_forcing/finite_difference.hpp>
#include <error_forcing/learning_rule.hpp>
#include <error_forcing/learning_signal.hpp>
#include <numbers>

#include "refusal.hpp"
#include "settings.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class ForcingFeedbackIn : public ::testing::Test {};
TYPED_TEST_SUITE(ForcingFeedbackIn, DoubleAndQuad, PrecisionName);

constexpr ForcingFeedback by_transpose{ForcingDirection::transpose};
constexpr ForcingFeedback by_random{ForcingDirection::random, 45, 3};

ForcingFeedback at_angle(double degrees, std::uint64_t seed = 3) {
  return {ForcingDirection::misaligned, degrees, seed};
}

template <typename Scalar>
Matrix<Scalar> readout(std::uint64_t seed) {
  return random_case<Scalar>(partial_masks, seed).network.parameters.C;  // 3 x 6
}

TYPED_TEST(ForcingFeedbackIn, IsTheMatrixThatItsNameSays) {
  using Scalar = TypeParam;
  const auto C = readout<Scalar>(1);
  for (const Scalar& rho : {Scalar(0), Scalar(0.4)})
    EXPECT_LE(
        relative_distance<Scalar>(forcing_matrix<Scalar>({}, C, rho), readout_inverse(C, rho)),
        rounding<Scalar>());
  EXPECT_EQ(forcing_matrix(by_transpose, C), Matrix<Scalar>(C.transpose()));
  EXPECT_EQ(forcing_matrix(by_random, C), forcing_matrix(by_random, readout<Scalar>(2)));
}

// Each column: its angle and its length, and C D = cos(a) C C+.
TYPED_TEST(ForcingFeedbackIn, MisalignedStandsAtItsAngleToThePseudoinverse) {
  using Scalar = TypeParam;
  const auto C = readout<Scalar>(1);
  for (const double degrees : {0.0, 30.0, 60.0, 90.0, 135.0, 180.0})
    for (const Scalar& rho : {Scalar(0), Scalar(0.4)}) {
      const Matrix<Scalar> D = forcing_matrix(at_angle(degrees), C, rho);
      const Matrix<Scalar> aligned = readout_inverse(C, rho);
      const Scalar cosine(std::cos(degrees * std::numbers::pi / 180));  // of double, in quad too
      const double allowed = 1e-14;
      for (Index k = 0; k < D.cols(); ++k) {
        const Scalar found = D.col(k).dot(aligned.col(k)) / aligned.col(k).squaredNorm();
        EXPECT_NEAR(static_cast<double>(found - cosine), 0, allowed) << degrees;
        EXPECT_NEAR(static_cast<double>(D.col(k).norm() / aligned.col(k).norm()), 1, allowed);
      }
      const Matrix<Scalar> want = cosine * (C * aligned);
      EXPECT_NEAR(static_cast<double>((C * D - want).norm()), 0, 10 * allowed) << degrees;
    }
}

TEST(ForcingFeedback, IsDrawnBySeedAndApartFromTheLearningSignal) {
  const auto C = readout<double>(1);
  for (const auto direction : {ForcingDirection::random, ForcingDirection::misaligned}) {
    const auto D = [&](std::uint64_t seed) {
      return forcing_matrix<double>({direction, 45, seed}, C);
    };
    EXPECT_EQ(D(3), D(3));
    EXPECT_GT(relative_distance<double>(D(3), D(4)), 0.1);
    EXPECT_GT(relative_distance<double>(D(3), random_feedback<double>(6, 3, 3)), 0.1);
  }
  const auto large = forcing_matrix(by_random, Matrix<double>(Matrix<double>::Ones(2, 4000)));
  for (Index k = 0; k < 2; ++k) EXPECT_NEAR(large.col(k).squaredNorm(), 1, 5 * std::sqrt(2 / 4e3));
}

// (F1) through the E-step, entry by entry, masks that differ, gains beyond 1.
TYPED_TEST(ForcingFeedbackIn, MovesTheStateAlongIt) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>(partial_masks, 14);
  const Scalar gain(1.7);
  for (const auto& feedback : {by_transpose, by_random, at_angle(70)}) {
    const Matrix<Scalar> D = forcing_matrix(feedback, c.network.parameters.C);
    const auto t = inferred<Scalar>(ErrorForcing<Scalar>{.gain = gain, .forcing = feedback}, c);
    for_each_step(c.batch.layout(), [&](Index trial, Index step) {
      const auto nu = column(t.displacements, trial, step);
      const auto e = column(t.errors, trial, step);
      expect_zero(nu - gain * (D * e), static_cast<double>(1 + e.norm()));
    });
  }
}

// With all outputs observed: C h + d = y + c C D e, so c cos(a) of the error goes.
TYPED_TEST(ForcingFeedbackIn, MisalignedRemovesTheCosineOfTheShare) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>({.units = 6, .outputs = 3, .observed_share = 1}, 15);
  const ErrorForcing<Scalar> e_step{.gain = Scalar(0.8), .forcing = at_angle(60)};
  const auto t = inferred<Scalar>(e_step, c);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto& p = c.network.parameters;
    const Vector<Scalar> y = column(t.outputs, trial, step), e = column(t.errors, trial, step);
    const Vector<Scalar> left = p.C * column(t.states, trial, step) + p.d - y - Scalar(0.4) * e;
    EXPECT_LE(static_cast<double>(left.norm()), 1e-13);  // the cosine is of double
  });
}

// <dL/dK, c D(C)> in C.
TYPED_TEST(ForcingFeedbackIn, PullbackIsTheGradientInTheReadout) {
  using Scalar = TypeParam;
  const auto C = readout<Scalar>(1);
  const auto weights = random_feedback<Scalar>(6, 3, 9);
  const Scalar gain(0.7);
  for (const auto& feedback : {ForcingFeedback{}, by_transpose, by_random}) {
    const auto estimate = finite_difference<Scalar>(
        [&](const Matrix<Scalar>& at) -> Scalar {
          return (gain * forcing_matrix(feedback, at)).cwiseProduct(weights).sum();
        },
        C);
    const auto claimed = forcing_pullback(feedback, C, gain, Scalar(0), weights);
    const auto verdict =
        compare(claimed, estimate, Scalar(std::is_same_v<Scalar, double> ? 1e-10 : 1e-25));
    EXPECT_TRUE(verdict.agrees()) << describe(verdict);
  }
  expect_refusal([&] { forcing_pullback(at_angle(20), C, gain, Scalar(0), weights); },
                 "routing: displacements by misaligned feedback are held fixed");
}

TYPED_TEST(ForcingFeedbackIn, AtNoAngleIsThePseudoinverse) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>(partial_masks, 16);
  const auto states = [&](const ForcingFeedback& feedback) {
    return inferred<Scalar>(
               ErrorForcing<Scalar>{.gain = Scalar(0.5), .ridge = Scalar(0.1), .forcing = feedback},
               c)
        .states;
  };
  EXPECT_LE(relative_distance(states(at_angle(0)), states({})), rounding<Scalar>());
  EXPECT_GT(relative_distance(states(at_angle(20)), states({})), Scalar(0.01));
}

// The rule's two engines say the same of it.
TEST(ForcingFeedback, RunsOnTheFusedEngine) {
  const auto c = random_case<double>({.units = 6, .trials = 40}, 17);
  for (const auto& feedback : {by_transpose, by_random, at_angle(70)}) {
    const auto rule = make_rule<double>({.name = "ef", .gain = 1.5, .forcing = feedback});
    auto memory = make_gradient_memory(rule, c.batch.layout(), 6, 2, 2);
    EXPECT_EQ(memory.index(), 0U);
    auto trajectory = make_trajectory(c.network, c.batch);
    auto want = zero_like(c.network.parameters), found = want;
    objective_gradient(rule, c.network, c.batch, no_penalties, trajectory, want);
    objective_gradient(rule, c.network, c.batch, no_penalties, memory, found);
    EXPECT_LE(relative_distance(found, want), 1e-13);
  }
}

TEST(ForcingFeedbackInput, RefusesWhatHasNoMeaning) {
  const auto C = readout<double>(1);
  for (const double angle : {-1.0, 181.0, nan})
    expect_refusal([&] { forcing_matrix(at_angle(angle), C); }, "angle in [0, 180]");
  expect_refusal([&] { forcing_matrix(by_transpose, C, 0.1); }, "ridge: is of C+");
  expect_refusal([&] { forcing_matrix(by_random, C, 0.1); }, "ridge: is of C+");
  expect_refusal([&] { forcing_matrix(at_angle(10), Matrix<double>(C.leftCols(3))); },
                 "3 units and a readout of rank 3");
  const auto c = random_case({}, 18);
  for (const double gain : {-0.1, infinity, nan})
    expect_refusal(
        [&] { feedback(ErrorForcing<double>{.gain = gain, .forcing = by_random}, c.network); },
        "gain: want a finite value >= 0");
}

TEST(ForcingFeedbackInput, IsForRulesThatForceByTheError) {
  const auto refused = [](const RuleOptions& options, const std::string& part) {
    expect_refusal([&] { make_rule<double>(options); }, part);
  };
  for (const char* name : {"bptt", "tf", "gtf", "rflo", "snap1", "rtrl"})
    refused({.name = name, .forcing = by_transpose}, "forcing feedback: " + std::string(name));
  for (const auto& name : error_forcing_rule_names()) {
    const auto rule = make_rule<double>({.name = name, .gain = 3, .forcing = by_random});
    EXPECT_EQ(std::get<ErrorForcing<double>>(rule.e_step).forcing.seed, 3U);
    refused({.name = name, .as_released = true, .forcing = by_random}, "as-released");
    refused({.name = name, .gain = infinity, .forcing = by_random}, "gain: want");
    refused({.name = name, .gain = 1.5}, "gain: want a value in [0, 1], got 1.5");
  }
}

}  // namespace
}  // namespace error_forcing::test
