#include <error_forcing/residual.hpp>

#include "refusal.hpp"
#include "settings.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class ResidualIn : public ::testing::Test {};
TYPED_TEST_SUITE(ResidualIn, DoubleAndQuad, PrecisionName);

template <typename Scalar>
struct Residuals {
  History<Scalar> plain, weighted;
};

// What read_residual leaves in the scratch of a trajectory, kept for every trial and step.
template <typename Scalar>
Residuals<Scalar> residuals(const Matrix<Scalar>& R, const RandomCase<Scalar>& c,
                            Trajectory<Scalar> trajectory) {
  poison_scratch(trajectory);
  const auto precision = observation_precision(R, c.batch);
  const Layout& layout = c.batch.layout();
  Residuals<Scalar> kept{History<Scalar>(layout, R.rows()), History<Scalar>(layout, R.rows())};
  for (Index tile = 0; tile < layout.tiles(); ++tile)
    for (Index step = 1; step <= layout.steps; ++step) {
      read_residual(precision, c.network, c.batch, tile, step, trajectory);
      const Index lanes = layout.lanes_in_use(tile);
      kept.plain.at(tile, step) = trajectory.signal.leftCols(lanes);
      kept.weighted.at(tile, step) = trajectory.output_adjoint.leftCols(lanes);
    }
  return kept;
}

// y*_t - C h_t - d on the observed outputs.
template <typename Scalar>
Vector<Scalar> residual_of(const RandomCase<Scalar>& c, const Trajectory<Scalar>& trajectory,
                           Index trial, Index step) {
  const auto& p = c.network.parameters;
  const Vector<Scalar> prediction = p.C * column(trajectory.states, trial, step) + p.d;
  const auto observed = observed_at(c.batch, trial, step);
  return rows_of<Scalar>(column(c.batch.targets, trial, step), observed) -
         rows_of<Scalar>(prediction, observed);
}

TYPED_TEST(ResidualIn, IsTheErrorAfterForcingWhereObservedAndZeroElsewhere) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>({.outputs = 3, .trials = 35}, 6);
  const auto trajectory = displaced_trajectory(c, 6);
  const auto found = residuals<Scalar>(random_noise<Scalar>(5, 3, 6).R, c, trajectory);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto observed = observed_at(c.batch, trial, step);
    Vector<Scalar> want = Vector<Scalar>::Zero(3);
    want(observed) = residual_of(c, trajectory, trial, step);
    expect_zero(column(found.plain, trial, step) - want);
  });
}

// R_oo times the weighted residual is the residual, whatever is observed.
TYPED_TEST(ResidualIn, IsWeightedByTheInverseOfTheObservedBlock) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>({.outputs = 3, .trials = 35}, 7);
  const auto trajectory = displaced_trajectory(c, 7);
  const Matrix<Scalar> R = random_noise<Scalar>(5, 3, 7).R;
  const auto found = residuals<Scalar>(R, c, trajectory);
  for_each_step(c.batch.layout(), [&](Index trial, Index step) {
    const auto observed = observed_at(c.batch, trial, step);
    const Vector<Scalar> g = column(found.weighted, trial, step);
    const Matrix<Scalar> R_oo = R(observed, observed);
    expect_zero(R_oo * rows_of<Scalar>(g, observed) - residual_of(c, trajectory, trial, step));
    for (Index output = 0; output < 3; ++output) {
      const bool hidden = c.batch.mask(trial, step, output) == 0;
      EXPECT_TRUE(!hidden || g(output) == Scalar(0)) << g(output);
    }
  });
}

// R = [2 1; 1 2]: R^-1 (3, 0) = (2, -1), but 3/2 where the second output is not observed.
TYPED_TEST(ResidualIn, KnownNumbers) {
  using Scalar = TypeParam;
  RandomCase<Scalar> c;
  c.network.parameters = zero_parameters<Scalar>(1, 0, 2);
  c.batch = zero_batch<Scalar>(tiled(1, 2), 0, 2);
  c.batch.targets(0, 1, 0) = c.batch.targets(0, 2, 0) = 3;
  c.batch.mask.fill(1);
  c.batch.mask(0, 2, 1) = 0;
  const Matrix<Scalar> R{{2, 1}, {1, 2}};
  const auto found = residuals<Scalar>(R, c, inferred<Scalar>(FreeRunning{}, c));
  expect_zero(column(found.weighted, 0, 1) - Vector<Scalar>{{2, -1}});
  expect_zero(column(found.weighted, 0, 2) - Vector<Scalar>{{Scalar(3) / 2, 0}});
}

// A singular R serves as long as no observed block is.
TYPED_TEST(ResidualIn, NeedsOnlyTheObservedBlocksToBeInvertible) {
  using Scalar = TypeParam;
  auto c = random_case<Scalar>({.trials = 1, .steps = 2}, 8);
  c.batch.mask.fill(0);
  c.batch.mask(0, 1, 0) = c.batch.mask(0, 2, 1) = 1;
  const Matrix<Scalar> R = Matrix<Scalar>::Ones(2, 2);
  EXPECT_NO_THROW(observation_precision(R, c.batch));
  c.batch.mask(0, 1, 1) = 1;
  expect_refusal([&] { observation_precision(R, c.batch); },
                 "R: not positive definite on 2 observed outputs");
}

TEST(ResidualInput, RefusesAnRThatIsNoCovarianceOfTheOutputs) {
  const auto c = random_case({.observed_share = 1}, 9);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = [&](const Matrix<double>& R, const std::string& part) {
    expect_refusal([&] { observation_precision(R, c.batch); }, part);
  };
  refused(Matrix<double>::Identity(3, 3), "R: want a finite 2 x 2 matrix");
  refused(Matrix<double>::Identity(2, 1), "R: want a finite 2 x 2 matrix");
  refused(Matrix<double>{{1, nan}, {nan, 1}}, "R: want a finite 2 x 2 matrix");
  refused(Matrix<double>{{1, 2}, {2, 1}}, "R: not positive definite");
  refused(Matrix<double>{{0, 0}, {0, 1}}, "R: not positive definite");
}

}  // namespace
}  // namespace error_forcing::test
