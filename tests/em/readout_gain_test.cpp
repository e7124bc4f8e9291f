#include <error_forcing/errors.hpp>
#include <error_forcing/finite_difference.hpp>
#include <error_forcing/readout_gain.hpp>

#include "dense.hpp"
#include "refusal.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class ReadoutGainIn : public ::testing::Test {};
TYPED_TEST_SUITE(ReadoutGainIn, DoubleAndQuad, PrecisionName);

// Calls check(C, random N x P matrix) for one and several outputs.
template <typename Scalar, typename Check>
void for_each_full_rank_readout(Check check) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed)
    for (const auto& [outputs, units] : {std::pair<Index, Index>{1, 1}, {1, 4}, {2, 5}, {3, 3}}) {
      SCOPED_TRACE(fmt::format("seed {}: P {} N {}", seed, outputs, units));
      auto engine = random_engine(seed, 42);
      const Matrix<Scalar> C = random_readout<Scalar>(engine, {outputs, units, outputs}).C;
      check(C, random_matrix<Scalar>(engine, units, outputs));
    }
}

TYPED_TEST(ReadoutGainIn, IsLinearInC) {
  using Scalar = TypeParam;
  for_each_full_rank_readout<Scalar>([](const Matrix<Scalar>& C, const Matrix<Scalar>& dL_dK) {
    for (const Scalar& ridge : {Scalar(0), Scalar(0.3)}) {
      const Matrix<Scalar> K = readout_gain(C, Scalar(1), ridge);
      const Matrix<Scalar> dL_dC = readout_gain_pullback(C, Scalar(1), ridge, dL_dK);
      for (const Scalar& c : {Scalar(0), Scalar(0.25), Scalar(0.7)}) {
        expect_zero(readout_gain(C, c, ridge) - c * K);
        expect_zero(readout_gain_pullback(C, c, ridge, dL_dK) - c * dL_dC);
      }
    }
  });
}

TYPED_TEST(ReadoutGainIn, SolvesItsEquation) {
  using Scalar = TypeParam;
  const Scalar c(0.6);
  for_each_full_rank_readout<Scalar>([&](const Matrix<Scalar>& C, const Matrix<Scalar>&) {
    for (const Scalar& rho : {Scalar(0), Scalar(1e-7), Scalar(2)})
      expect_zero(readout_gain(C, c, rho) - c * readout_inverse(C, rho), 16);
  });
}

TYPED_TEST(ReadoutGainIn, PullsBackAsItsFiniteDifferencesSay) {
  using Scalar = TypeParam;
  const Scalar c(0.6), tolerance(std::is_same_v<Scalar, quad> ? 1e-26 : 1e-11);
  for_each_full_rank_readout<Scalar>([&](const Matrix<Scalar>& C, const Matrix<Scalar>& dL_dK) {
    for (const Scalar& rho : {Scalar(0), Scalar(0.3)}) {
      const auto along = [&](const Matrix<Scalar>& moved) {
        return readout_gain(moved, c, rho).cwiseProduct(dL_dK).sum();
      };
      const auto verdict = compare(readout_gain_pullback(C, c, rho, dL_dK),
                                   finite_difference<Scalar>(along, C), tolerance);
      EXPECT_TRUE(verdict.agrees()) << describe(verdict);
    }
  });
}

// C = (3, 4): C+ = (3, 4)'/25, and (3, 4)'/50 with rho = 25. The gradient is that of K_1 = c C_1 /
// (C_1^2 + C_2^2) at c = 1/2.
TYPED_TEST(ReadoutGainIn, KnownNumbers) {
  using Scalar = TypeParam;
  const Matrix<Scalar> C{{3, 4}};
  expect_zero(readout_gain(C, Scalar(0.5), Scalar(0)) - Matrix<Scalar>{{3}, {4}} / Scalar(50));
  expect_zero(readout_gain(C, Scalar(1), Scalar(25)) - Matrix<Scalar>{{3}, {4}} / Scalar(50));
  const Matrix<Scalar> dL_dK{{1}, {0}};
  const Matrix<Scalar> want{{Scalar(1) / 50 - Scalar(9) / 625, -Scalar(12) / 625}};
  expect_zero(readout_gain_pullback(C, Scalar(0.5), Scalar(0), dL_dK) - want);
}

// Least squares below full rank: K is still c C+, but C+ jumps there and has no derivative.
TYPED_TEST(ReadoutGainIn, BelowFullRankTheGainExistsAndItsPullbackNeedsARidge) {
  using Scalar = TypeParam;
  auto engine = random_engine(5, 42);
  const auto known = random_readout<Scalar>(engine, {3, 6, 2});
  const Matrix<Scalar> dL_dK = random_matrix<Scalar>(engine, 6, 3);
  expect_zero(readout_gain(known.C, Scalar(0.6), Scalar(0)) - Scalar(0.6) * known.inverse());
  expect_refusal([&] { readout_gain_pullback(known.C, Scalar(1), Scalar(0), dL_dK); },
                 "C: rank 2 of 3");
  EXPECT_NO_THROW(readout_gain_pullback(known.C, Scalar(1), Scalar(0.1), dL_dK));
}

TEST(ReadoutGainInput, RefusesAGainOutsideItsRangeAndANegativeRidge) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const Matrix<double> C{{1, 2}};
  for (double bad : {-0.1, 1.1, nan, infinity})
    expect_refusal([&] { readout_gain(C, bad, 0.0); }, "gain: want a value in [0, 1]");
  for (double bad : {-1e-9, nan, infinity})
    expect_refusal([&] { readout_gain(C, 1.0, bad); }, "ridge: want a finite value >= 0");
  expect_refusal([&] { readout_gain(Matrix<double>{{1, nan}}, 1.0, 0.0); }, "");
}

}  // namespace
}  // namespace error_forcing::test
