#include <error_forcing/history.hpp>

#include <numeric>

#include "precision.hpp"

namespace error_forcing {
namespace {

// A value that says where it stands.
double stamp(Index trial, Index step, Index row) {
  return double(10000 * trial + 100 * step + row);
}

History<double> stamped(const Layout& layout, Index rows, Index first_step = 1) {
  History<double> history(layout, rows, first_step);
  for (Index trial = 0; trial < layout.trials; ++trial)
    for (Index step = first_step; step <= layout.steps; ++step)
      for (Index row = 0; row < rows; ++row) history(trial, step, row) = stamp(trial, step, row);
  return history;
}

const std::vector<Index> batch_sizes{1, 2, 31, 32, 33, 64, 70};

TEST(Layout, EveryTrialHasOneLane) {
  for (Index trials : batch_sizes) {
    const Layout layout = tiled(trials, 3);
    Index lanes = 0;
    for (Index tile = 0; tile < layout.tiles(); ++tile) {
      EXPECT_GT(layout.lanes_in_use(tile), 0);
      EXPECT_LE(layout.lanes_in_use(tile), layout.lanes);
      lanes += layout.lanes_in_use(tile);
    }
    EXPECT_EQ(lanes, trials);
  }
}

TEST(Layout, TilesHave32LanesAndSmallBatchesNoPadding) {
  EXPECT_EQ(tiled(70, 3), (Layout{70, 3, 32}));
  EXPECT_EQ(tiled(70, 3).tiles(), 3);
  EXPECT_EQ(tiled(70, 3).lanes_in_use(2), 6);
  EXPECT_EQ(tiled(5, 3), (Layout{5, 3, 5}));
  EXPECT_EQ(tiled(0, 3).tiles(), 0);
}

TEST(HistoryViews, AreRowsTimesLanesOfTheEntries) {
  for (Index trials : batch_sizes)
    for (Index first_step : {0, 1}) {
      const auto history = stamped(tiled(trials, 4), 3, first_step);
      const Layout& layout = history.layout();
      for (Index tile = 0; tile < layout.tiles(); ++tile)
        for (Index step = first_step; step <= 4; ++step) {
          const auto view = history.at(tile, step);
          ASSERT_EQ(view.rows(), 3);
          ASSERT_EQ(view.cols(), layout.lanes_in_use(tile));
          for (Index row = 0; row < 3; ++row)
            for (Index lane = 0; lane < view.cols(); ++lane)
              EXPECT_EQ(view(row, lane), stamp(tile * layout.lanes + lane, step, row));
        }
    }
}

TEST(HistoryViews, OfAllStepsAreThoseOfTheStepsOneBelowTheOther) {
  for (Index trials : batch_sizes)
    for (Index first_step : {0, 1}) {
      const auto history = stamped(tiled(trials, 4), 3, first_step);
      for (Index tile = 0; tile < history.layout().tiles(); ++tile) {
        const auto all = history.steps_of(tile);
        ASSERT_EQ(all.rows(), 3 * (5 - first_step));
        for (Index step = first_step; step <= 4; ++step)
          EXPECT_EQ(all.middleRows(3 * (step - first_step), 3), history.at(tile, step));
      }
    }
}

TEST(HistoryViews, WriteThrough) {
  History<double> history(tiled(33, 2), 2);
  history.at(1, 2)(1, 0) = 5;
  EXPECT_EQ(history(32, 2, 1), 5);
}

TEST(HistoryValues, StartAtZeroAndFill) {
  History<float> history(tiled(33, 2), 2, 0);
  EXPECT_EQ(history.at(1, 0).cwiseAbs().maxCoeff(), 0);
  history.fill(3);
  EXPECT_EQ(history(32, 0, 1), 3);
  EXPECT_EQ(history(0, 2, 0), 3);
}

TEST(HistoryValues, MayHaveNoRows) {
  const History<double> history(tiled(3, 2), 0);
  EXPECT_EQ(history.at(0, 1).rows(), 0);
}

TEST(RowMajor, IsTrialStepRowAndRoundTrips) {
  for (Index trials : batch_sizes) {
    const Layout layout = tiled(trials, 4);
    std::vector<double> values(static_cast<std::size_t>(trials * 4 * 3));
    std::iota(values.begin(), values.end(), 1);
    const auto history = from_row_major<double>(layout, 3, values.data());
    const Index last = trials - 1;
    EXPECT_EQ(history(last, 2, 1), values[static_cast<std::size_t>((last * 4 + 1) * 3 + 1)]);
    EXPECT_EQ(to_row_major<double>(history), values);
  }
}

TEST(RowMajor, LeavesOutTheInitialStep) {
  const auto history = stamped(tiled(1, 2), 1, 0);
  EXPECT_EQ(to_row_major<double>(history), (std::vector<double>{100, 200}));
}

TEST(HistoryCast, KeepsEveryValueAndTheFirstStep) {
  const auto history = stamped(tiled(33, 2), 2, 0);
  const auto back = cast<double>(cast<test::Widest>(history));
  EXPECT_EQ(back.first_step(), 0);
  EXPECT_EQ(back.layout(), history.layout());
  for (Index trial = 0; trial < 33; ++trial)
    for (Index step = 0; step <= 2; ++step)
      for (Index row = 0; row < 2; ++row)
        EXPECT_EQ(back(trial, step, row), stamp(trial, step, row));
}

}  // namespace
}  // namespace error_forcing
