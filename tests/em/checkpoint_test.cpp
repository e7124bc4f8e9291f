#include <error_forcing/archive.hpp>
#include <error_forcing/checkpoint.hpp>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>

#include "em/small_training.hpp"
#include "refusal.hpp"
#include "scratch_folder.hpp"

namespace error_forcing {
namespace {

namespace fs = std::filesystem;
using namespace test;

const CheckpointLabel own_label{"ef test", "--rate 0.001 --seed 1"};

// What may be different in a checkpoint: the optimiser, and whether the noise is tuned.
std::vector<Training> runs_to_keep() {
  auto by_sgd = with_every_option(small_run());
  auto both = tuned(by_sgd);
  return {small_run(), by_sgd, tuned(small_run()), both, small_sine_run()};
}

template <typename Scalar>
class CheckpointLaw : public testing::Test {
 protected:
  Checkpoint<Scalar> kept(const Training& run, const Learner<Scalar>& learner,
                          const std::vector<EpochRecord>& history) const {
    write_checkpoint(file, learner, history, own_label);
    return read_checkpoint(file, make_learner<Scalar>(run), own_label);
  }

  ScratchFolder folder;
  fs::path file = folder / "checkpoint.h5";
};
using CheckpointScalars = testing::Types<float, double>;
TYPED_TEST_SUITE(CheckpointLaw, CheckpointScalars);

TYPED_TEST(CheckpointLaw, WhatIsReadIsWhatWasWrittenBitForBit) {
  for (const auto& run : runs_to_keep()) {
    SCOPED_TRACE(description(run));
    const auto result = train_through<TypeParam>(run);
    const auto back = this->kept(run, result.learner, result.history);
    EXPECT_TRUE(same_bits(back.learner, result.learner));
    EXPECT_TRUE(same_bits(back.history, result.history));
    for (std::size_t k = 0; k < back.history.size(); ++k)
      EXPECT_EQ(back.history[k].seconds, result.history[k].seconds);
  }
}

TYPED_TEST(CheckpointLaw, TheFirstOneHoldsNoEpoch) {
  for (const auto& run : runs_to_keep()) {
    const auto fresh = make_learner<TypeParam>(run);
    const auto back = this->kept(run, fresh, {});
    EXPECT_TRUE(same_bits(back.learner, fresh));
    EXPECT_TRUE(back.history.empty());
  }
}

// Denormal numbers, signed zeros and the ends of the range.
TYPED_TEST(CheckpointLaw, EveryFiniteNumberSurvives) {
  using limits = std::numeric_limits<TypeParam>;
  const auto run = small_run();
  auto learner = make_learner<TypeParam>(run);
  auto& moments = std::get<Adam<TypeParam>>(learner.optimiser);
  moments.first.b.head(6) << limits::denorm_min(), -limits::denorm_min(), limits::min(),
      limits::max(), -limits::max(), -TypeParam(0);
  moments.steps = 123456789012;
  const auto back = this->kept(run, learner, {});
  const auto& found = std::get<Adam<TypeParam>>(back.learner.optimiser);
  EXPECT_TRUE(same_bits(back.learner, learner));
  EXPECT_TRUE(std::signbit(found.first.b(5)));
  EXPECT_EQ(found.steps, 123456789012);
}

TYPED_TEST(CheckpointLaw, TrainingOnFromItIsTrainingThrough) {
  for (auto run : runs_to_keep()) {
    SCOPED_TRACE(description(run));
    run.epochs = 5;
    const auto whole = train_through<TypeParam>(run);
    for (const Index cut : {1, 4}) {
      run.epochs = cut;
      const auto head = train_through<TypeParam>(run);
      auto at = this->kept(run, head.learner, head.history);
      run.epochs = 5;
      const auto on = train_on_through<TypeParam>(run, at.learner, at.history);
      EXPECT_TRUE(same_bits(on.learner, whole.learner));
      EXPECT_TRUE(same_bits(on.history, whole.history));
    }
  }
}

class CheckpointHostile : public CheckpointLaw<float> {
 protected:
  void SetUp() override {
    CheckpointLaw<float>::SetUp();
    write_checkpoint(file, learner, {}, own_label);
  }
  void refuse(const CheckpointLabel& label, const std::string& part,
              const Training& run = small_run()) const {
    expect_refusal([&] { read_checkpoint(file, make_learner<float>(run), label); }, part);
    expect_refusal([&] { read_checkpoint(file, make_learner<float>(run), label); }, file.string());
  }

  Learner<float> learner = make_learner<float>(small_run());
};

TEST_F(CheckpointHostile, ThatOfAnotherVersionOrRunIsNamed) {
  refuse({"ef 9.9", own_label.run}, "written by ef test in format 1, this is ef 9.9");
  refuse({"ef test", "--seed 2"}, "belongs to another run: --rate 0.001 --seed 1 (float)");
  expect_refusal([&] { read_checkpoint(file, make_learner<double>(small_run()), own_label); },
                 "(float)");
}

// Where the labels agree and the arrays do not.
TEST_F(CheckpointHostile, ThatOfOtherShapesIsRefused) {
  auto larger = small_run();
  larger.network.units = 9;
  refuse(own_label, "W has not the shape of this run's", larger);
  auto by_sgd = small_run();
  by_sgd.sgd_momentum = 0;
  refuse(own_label, "velocity_W is missing", by_sgd);
  refuse(own_label, "noise is missing", tuned(small_run()));
}

TEST_F(CheckpointHostile, ADamagedOrMissingOrForeignFileIsNamed) {
  std::ifstream stream(file, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(stream), {}};
  auto damaged = whole;
  damaged[whole.size() / 2] ^= 1;
  std::ofstream(file, std::ios::binary) << damaged;
  refuse(own_label, "damaged");
  std::ofstream(file, std::ios::binary) << whole.substr(0, whole.size() / 2);
  refuse(own_label, "cut short");
  write_arrays(file, named_arrays("", learner.network.parameters));
  refuse(own_label, "not written by ef");
  fs::remove(file);
  refuse(own_label, "no such file");
}

}  // namespace
}  // namespace error_forcing
