#include <error_forcing/batch.hpp>

#include <limits>

#include "precision.hpp"
#include "random_case.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

using test::CaseOptions;

using test::infinity;
using test::nan;

TEST(ObservedEntries, CountsEveryTrialStepAndOutput) {
  auto batch = zero_batch<double>(tiled(70, 3), 1, 2);
  EXPECT_EQ(observed_entries(batch), 0);
  batch.mask(0, 1, 0) = batch.mask(31, 2, 1) = batch.mask(32, 3, 0) = batch.mask(69, 3, 1) = 1;
  EXPECT_EQ(observed_entries(batch), 4);
  batch.mask.fill(1);
  EXPECT_EQ(observed_entries(batch), 70 * 3 * 2) << "padding lanes do not count";
}

TEST(ObservedEntries, IsExactBeyondWhatTheScalarCanCountTo) {
  const Index steps = (Index(1) << 24) + 1;  // no float
  auto batch = zero_batch<float>(tiled(1, steps), 0, 1);
  batch.mask.fill(1);
  EXPECT_EQ(observed_entries(batch), steps);
}

TEST(ZeroBatch, HasTheShapesAsked) {
  const auto batch = zero_batch<float>(tiled(3, 4), 5, 2);
  EXPECT_EQ(batch.inputs.rows(), 5);
  EXPECT_EQ(batch.targets.rows(), 2);
  EXPECT_EQ(batch.mask.rows(), 2);
  EXPECT_EQ(batch.layout(), tiled(3, 4));
}

TEST(BatchCast, KeepsValuesAndNaN) {
  const auto batch = test::random_case({}, 2).batch;
  const auto back = cast<double>(cast<test::Widest>(batch));
  const auto bits = [](const History<double>& h) { return to_row_major<double>(h); };
  EXPECT_EQ(bits(back.inputs), bits(batch.inputs));
  EXPECT_EQ(bits(back.mask), bits(batch.mask));
  const auto targets = bits(batch.targets), targets_back = bits(back.targets);
  for (std::size_t k = 0; k < targets.size(); ++k)
    EXPECT_TRUE(targets[k] == targets_back[k] ||
                (targets[k] != targets[k] && targets_back[k] != targets_back[k]));
}

class ValidateBatch : public ::testing::Test {
 protected:
  test::RandomCase<double> drawn = test::random_case({}, 1);
  Batch<double>& batch = drawn.batch;

  void expect(const std::string& part) {
    test::expect_refusal([&] { validate(batch, drawn.network); }, part);
  }
};

TEST_F(ValidateBatch, AcceptsNaNWhereNothingIsObserved) {
  batch.mask(1, 2, 0) = 0;
  batch.targets(1, 2, 0) = nan;
  EXPECT_NO_THROW(validate(batch, drawn.network));
}

TEST_F(ValidateBatch, AcceptsNoInputs) {
  CaseOptions options;
  options.inputs = 0;
  const auto [network, without_inputs] = test::random_case(options, 1);
  EXPECT_NO_THROW(validate(without_inputs, network));
}

TEST_F(ValidateBatch, NamesTheShapeThatDoesNotFit) {
  const Layout layout = batch.layout();
  batch.inputs = History<double>(layout, 3);
  expect("inputs: want 3 trials x 6 steps x 2 values, got 3 x 6 x 3");
  batch.inputs = History<double>(tiled(4, 6), 2);
  expect("inputs: want 3 trials x 6 steps x 2 values, got 4 x 6 x 2");
  batch.inputs = History<double>(layout, 2);
  batch.mask = History<double>(tiled(3, 5), 2);
  expect("mask: want 3 trials x 6 steps x 2 values, got 3 x 5 x 2");
  batch.targets = History<double>(layout, 1);
  expect("targets");
}

TEST_F(ValidateBatch, RefusesNoTrialsOrNoSteps) {
  for (const Layout& layout : {tiled(0, 6), tiled(3, 0)}) {
    batch = zero_batch<double>(layout, 2, 2);
    expect("at least one trial and one step");
  }
}

TEST_F(ValidateBatch, SaysWhereAnInputIsNotFinite) {
  for (double poison : {nan, infinity, -infinity}) {
    batch.inputs(2, 4, 1) = poison;
    expect("inputs: not finite at trial 2, step 3, channel 1");
  }
}

TEST_F(ValidateBatch, SaysWhereAnObservedTargetIsNotFinite) {
  batch.mask(2, 6, 1) = 1;
  for (double poison : {nan, infinity}) {
    batch.targets(2, 6, 1) = poison;
    expect("targets: not finite at trial 2, step 5, output 1");
  }
}

TEST_F(ValidateBatch, WantsAMaskOfZerosAndOnes) {
  for (double value : {0.5, -1.0, 2.0, nan, infinity}) {
    batch.mask(1, 1, 0) = value;
    expect("mask: want 0 or 1");
  }
}

TEST_F(ValidateBatch, RefusesAMaskOfZeros) {
  batch.mask.fill(0);
  expect("mask: all 36 entries are 0");
}

}  // namespace
}  // namespace error_forcing
