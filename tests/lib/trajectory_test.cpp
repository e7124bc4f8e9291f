#include <error_forcing/objective_gradient.hpp>
#include <error_forcing/statistics.hpp>
#include <error_forcing/trajectory.hpp>

#include "precision.hpp"
#include "random_case.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

TEST(TrajectoryShapes, FollowTheNetworkAndTheBatch) {
  const auto c = test::random_case<double>({.units = 4, .outputs = 3, .trials = 33, .steps = 5}, 1);
  const auto t = make_trajectory(c.network, c.batch);
  for (const auto* history : {&t.states_before, &t.states, &t.activity, &t.displacements})
    EXPECT_EQ(history->rows(), 4);
  for (const auto* history : {&t.outputs, &t.errors}) EXPECT_EQ(history->rows(), 3);
  for (const auto* history : {&t.states, &t.activity}) EXPECT_EQ(history->first_step(), 0);
  for (const auto* history : {&t.states_before, &t.outputs, &t.errors, &t.displacements})
    EXPECT_EQ(history->first_step(), 1);
  EXPECT_EQ(t.states.layout(), c.batch.layout());
  EXPECT_EQ(t.adjoint.rows(), 4);
  EXPECT_EQ(t.signal.rows(), 3);
  EXPECT_EQ(t.adjoint.cols(), 32);
}

TEST(TrajectoryStart, HasNoDisplacement) {
  const auto c = test::random_case<double>({.trials = 33}, 2);
  const auto t = make_trajectory(c.network, c.batch);
  for (double value : to_row_major<double>(t.displacements)) EXPECT_EQ(value, 0);
}

template <typename Scalar>
class Workspace : public ::testing::Test {};
TYPED_TEST_SUITE(Workspace, test::AllPrecisions, test::PrecisionName);

// Whatever a workspace held before, in its histories, its padding and its scratch, the results
// have the same bits.
TYPED_TEST(Workspace, LeavesNoTraceOfItsPast) {
  using Scalar = TypeParam;
  const Scalar nan = std::numeric_limits<Scalar>::quiet_NaN();
  const auto c = test::random_case<Scalar>({.units = 7, .trials = 37}, 3);
  auto fresh = test::displaced_trajectory(c, 3);
  auto used = fresh;
  for (auto* history :
       {&used.states_before, &used.states, &used.activity, &used.outputs, &used.errors})
    history->fill(nan);
  for (auto* scratch :
       {&used.adjoint, &used.scratch, &used.signal, &used.output_adjoint, &used.observed})
    scratch->fill(nan);
  auto from_fresh = zero_like(c.network.parameters), from_used = c.network.parameters;
  replay(c.network, c.batch, used);
  objective_gradient_held(c.network, c.batch, {}, fresh, from_fresh);
  objective_gradient_held(c.network, c.batch, {}, used, from_used);
  EXPECT_EQ(relative_distance(used.states, fresh.states), Scalar(0));
  EXPECT_EQ(relative_distance(used.errors, fresh.errors), Scalar(0));
  EXPECT_EQ(relative_distance(from_used, from_fresh), Scalar(0));
}

// A workspace or a batch made for another network is refused, not read past its end.
TEST(RequireFit, RefusesShapesThatDoNotMatch) {
  const auto c = test::random_case<double>({.units = 7, .trials = 5}, 3);
  const auto other = test::random_case<double>({.units = 6, .trials = 5}, 3);
  const auto longer = test::random_case<double>({.units = 7, .trials = 6}, 3);
  auto trajectory = make_trajectory(c.network, c.batch);
  auto gradient = zero_like(c.network.parameters);
  test::expect_refusal([&] { run_free(other.network, c.batch, trajectory); }, "trajectory states");
  test::expect_refusal([&] { run_free(c.network, longer.batch, trajectory); }, "6 trials");
  test::expect_refusal(
      [&] { objective_gradient_held(c.network, longer.batch, {}, trajectory, gradient); },
      "6 trials");
  auto narrow = c.batch;
  narrow.inputs = History<double>(c.batch.layout(), c.network.inputs() + 1);
  test::expect_refusal([&] { run_free(c.network, narrow, trajectory); }, "inputs");
}

}  // namespace
}  // namespace error_forcing
