#include <gtest/gtest.h>
#include <error_forcing/errors.hpp>
#include <error_forcing/task.hpp>

#include "precision.hpp"
#include "refusal.hpp"

namespace error_forcing {
namespace {

constexpr std::uint64_t task_seed = 20240612;
const DelayedXor some_xor{.delay = 20, .pulse = 4};
const SineGeneration some_sine{.difficulty = -55, .steps = 40};

template <typename Scalar>
class TaskLaw : public testing::Test {};
using TaskScalars = test::AllPrecisions;
TYPED_TEST_SUITE(TaskLaw, TaskScalars);

template <typename Scalar>
void expect_equal(const Batch<Scalar>& a, const Batch<Scalar>& b) {
  EXPECT_EQ(a.layout(), b.layout());
  EXPECT_EQ(to_row_major<Scalar>(a.inputs), to_row_major<Scalar>(b.inputs));
  EXPECT_EQ(to_row_major<Scalar>(a.targets), to_row_major<Scalar>(b.targets));
  EXPECT_EQ(to_row_major<Scalar>(a.mask), to_row_major<Scalar>(b.mask));
}

TYPED_TEST(TaskLaw, DrawsTheTrialsOfItsOwnStem) {
  SCOPED_TRACE(task_seed);
  auto engine = random_engine(task_seed), own = random_engine(task_seed);
  auto batch = zero_trials<TypeParam>(some_xor, 40);
  draw_trials(some_xor, engine, batch);
  expect_equal(batch, delayed_xor<TypeParam>(some_xor, 40, own));
  EXPECT_EQ(engine, own);

  batch = zero_trials<TypeParam>(some_sine, 40);
  draw_trials(some_sine, engine, batch);
  expect_equal(batch, sine_generation<TypeParam>(some_sine, 40, own));
  EXPECT_EQ(engine, own);
}

TYPED_TEST(TaskLaw, ABatchOfZerosHasTheShapeThatIsDrawn) {
  for (const Task& task : {Task(some_xor), Task(some_sine)}) {
    for (const Index trials : {0, 1, 33}) {
      const auto batch = zero_trials<TypeParam>(task, trials);
      EXPECT_EQ(batch.layout(), tiled(trials, trial_steps(task)));
      EXPECT_EQ(batch.inputs.rows(), task_inputs(task));
      EXPECT_EQ(batch.targets.rows(), task_outputs(task));
      EXPECT_EQ(observed_entries(batch), 0);
    }
  }
}

TEST(TaskKnownAnswer, NamesAndShapes) {
  EXPECT_EQ(task_names(), (std::vector<std::string>{"xor", "sine"}));
  const Task exclusive_or = some_xor, sine = some_sine;
  EXPECT_EQ(name_of(exclusive_or), "xor");
  EXPECT_EQ(name_of(sine), "sine");
  EXPECT_EQ(task_inputs(exclusive_or), 3);
  EXPECT_EQ(task_outputs(exclusive_or), 1);
  EXPECT_EQ(trial_steps(exclusive_or), 38);
  EXPECT_EQ(task_inputs(sine), 1);
  EXPECT_EQ(task_outputs(sine), 2);
  EXPECT_EQ(trial_steps(sine), 40);
}

TEST(TaskKnownAnswer, EveryTaskHasAName) {
  EXPECT_EQ(task_names().size(), std::variant_size_v<Task>);
  EXPECT_EQ(name_of({}), "xor");
}

TEST(TaskHostile, IsRefusedInTheWordsOfItsStem) {
  const auto refuse = [](const Task& task, const std::string& part) {
    test::expect_refusal([&] { validate(task); }, part);
    test::expect_refusal(
        [&] {
          auto engine = random_engine(task_seed);
          auto batch = zero_batch<double>(tiled(2, 40), 1, 2);
          draw_trials(task, engine, batch);
        },
        part);
  };
  refuse(DelayedXor{.delay = 1}, "delayed XOR: delay: want at least 5");
  refuse(DelayedXor{.pulse = 3}, "delayed XOR: pulse");
  refuse(SineGeneration{.difficulty = -89}, "sine generation: difficulty");
  refuse(SineGeneration{.steps = 0}, "sine generation: steps");
  EXPECT_NO_THROW(validate(Task(some_xor)));
  EXPECT_NO_THROW(validate(Task(some_sine)));
}

TEST(TaskHostile, ABatchOfAnotherTaskIsRefused) {
  auto engine = random_engine(task_seed);
  auto batch = zero_trials<double>(some_sine, 2);
  test::expect_refusal([&] { draw_trials(some_xor, engine, batch); }, "delayed XOR: want a batch");
  batch = zero_trials<double>(some_xor, 2);
  test::expect_refusal([&] { draw_trials(some_sine, engine, batch); },
                       "sine generation: want a batch");
  EXPECT_EQ(engine, random_engine(task_seed));
}

}  // namespace
}  // namespace error_forcing
