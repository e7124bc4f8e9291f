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
const EvidenceIntegration some_evidence{.delay = 12};
const FlipFlop some_flips{.interval = 6, .bits = 2, .pulse = 2, .steps = 30};
const ContextIntegration some_context{.delay = 3, .noise = 0.2};
const DelayedMatch some_match{.delay = 4, .stimuli = 3, .pulse = 2};
const LimitCycle some_cycle{.period = 9, .steps = 25};
const LorenzPrediction some_lorenz{.horizon = 4, .steps = 15};
const std::vector<Task> some_tasks{some_xor,     some_sine,  some_evidence, some_flips,
                                   some_context, some_match, some_cycle,    some_lorenz};

template <typename Scalar>
Batch<Scalar> draw_task(const Task& task, Index trials, RandomEngine& engine) {
  auto batch = zero_trials<Scalar>(task, trials);
  draw_trials(task, engine, batch);
  return batch;
}

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

  expect_equal(draw_task<TypeParam>(some_evidence, 40, engine),
               evidence_integration<TypeParam>(some_evidence, 40, own));
  expect_equal(draw_task<TypeParam>(some_flips, 40, engine),
               flip_flop<TypeParam>(some_flips, 40, own));
  expect_equal(draw_task<TypeParam>(some_context, 40, engine),
               context_integration<TypeParam>(some_context, 40, own));
  expect_equal(draw_task<TypeParam>(some_match, 40, engine),
               delayed_match<TypeParam>(some_match, 40, own));
  expect_equal(draw_task<TypeParam>(some_cycle, 40, engine),
               limit_cycle<TypeParam>(some_cycle, 40, own));
  expect_equal(draw_task<TypeParam>(some_lorenz, 40, engine),
               lorenz_prediction<TypeParam>(some_lorenz, 40, own));
  EXPECT_EQ(engine, own);
}

TYPED_TEST(TaskLaw, ABatchOfZerosHasTheShapeThatIsDrawn) {
  for (const Task& task : some_tasks) {
    for (const Index trials : {0, 1, 33}) {
      const auto batch = zero_trials<TypeParam>(task, trials);
      EXPECT_EQ(batch.layout(), tiled(trials, trial_steps(task)));
      EXPECT_EQ(batch.inputs.rows(), task_inputs(task));
      EXPECT_EQ(batch.targets.rows(), task_outputs(task));
      EXPECT_EQ(observed_entries(batch), 0);
    }
  }
}

TYPED_TEST(TaskLaw, EveryPrecisionDrawsTheSame) {
  for (const Task& task : some_tasks) {
    SCOPED_TRACE(name_of(task));
    auto engine = random_engine(task_seed), own = random_engine(task_seed);
    const auto rounded = cast<TypeParam>(draw_task<double>(task, 9, own));
    expect_equal(draw_task<TypeParam>(task, 9, engine), rounded);
    EXPECT_EQ(engine, own);
  }
}

TEST(TaskLaws, DrawingThreeAndThenThirtySevenTrialsIsDrawingForty) {
  for (const Task& task : some_tasks) {
    SCOPED_TRACE(name_of(task));
    auto once = random_engine(task_seed), twice = random_engine(task_seed);
    const auto all = draw_task<double>(task, 40, once);
    const auto head = draw_task<double>(task, 3, twice), tail = draw_task<double>(task, 37, twice);
    EXPECT_EQ(once, twice);
    const auto joined = [](const History<double>& a, const History<double>& b) {
      auto values = to_row_major<double>(a);
      const auto more = to_row_major<double>(b);
      values.insert(values.end(), more.begin(), more.end());
      return values;
    };
    EXPECT_EQ(joined(head.inputs, tail.inputs), to_row_major<double>(all.inputs));
    EXPECT_EQ(joined(head.targets, tail.targets), to_row_major<double>(all.targets));
    EXPECT_EQ(joined(head.mask, tail.mask), to_row_major<double>(all.mask));
  }
}

TEST(TaskLaws, DrawingIntoAUsedBatchIsDrawingANewOne) {
  for (const Task& task : some_tasks) {
    SCOPED_TRACE(name_of(task));
    auto left = random_engine(task_seed), right = random_engine(task_seed);
    auto used = zero_trials<double>(task, 35);
    for (auto* history : {&used.inputs, &used.targets, &used.mask}) history->fill(7);
    draw_trials(task, left, used);
    expect_equal(used, draw_task<double>(task, 35, right));
  }
}

// What training reads: every trial observes something, all outputs at a step or none.
TEST(TaskLaws, AnyNetworkOfItsShapeMayTrainOnIt) {
  for (const Task& task : some_tasks) {
    SCOPED_TRACE(name_of(task));
    auto engine = random_engine(task_seed);
    const auto network =
        random_network({.units = 4, .inputs = task_inputs(task), .outputs = task_outputs(task)}, 1);
    const auto batch = draw_task<double>(task, 5, engine);
    EXPECT_NO_THROW(validate(batch, network));
    for (Index trial = 0; trial < 5; ++trial) {
      double observed = 0;
      for (Index step = 1; step <= trial_steps(task); ++step) {
        observed += batch.mask(trial, step, 0);
        for (Index output = 1; output < task_outputs(task); ++output)
          EXPECT_EQ(batch.mask(trial, step, output), batch.mask(trial, step, 0));
      }
      EXPECT_GT(observed, 0);
    }
  }
}

TEST(TaskKnownAnswer, NamesAndShapes) {
  EXPECT_EQ(task_names(), (std::vector<std::string>{"xor", "sine", "evidence", "flip-flop",
                                                    "context", "match", "limit-cycle", "lorenz"}));
  const Task exclusive_or = some_xor, sine = some_sine;
  EXPECT_EQ(name_of(exclusive_or), "xor");
  EXPECT_EQ(name_of(sine), "sine");
  EXPECT_EQ(task_inputs(exclusive_or), 3);
  EXPECT_EQ(task_outputs(exclusive_or), 1);
  EXPECT_EQ(trial_steps(exclusive_or), 38);
  EXPECT_EQ(task_inputs(sine), 1);
  EXPECT_EQ(task_outputs(sine), 2);
  EXPECT_EQ(trial_steps(sine), 40);
  const Task evidence = some_evidence;
  EXPECT_EQ(name_of(evidence), "evidence");
  EXPECT_EQ(task_inputs(evidence), 2);
  EXPECT_EQ(task_outputs(evidence), 1);
  EXPECT_EQ(trial_steps(evidence), 87);
  std::vector<std::vector<Index>> shapes;
  for (std::size_t k = 3; k < some_tasks.size(); ++k)
    shapes.push_back(
        {task_inputs(some_tasks[k]), task_outputs(some_tasks[k]), trial_steps(some_tasks[k])});
  EXPECT_EQ(shapes, (std::vector<std::vector<Index>>{
                        {2, 2, 30}, {4, 1, 88}, {3, 1, 10}, {2, 2, 25}, {3, 3, 15}}));
  EXPECT_EQ(name_of(some_flips), "flip-flop");
  EXPECT_EQ(name_of(some_context), "context");
  EXPECT_EQ(name_of(some_match), "match");
  EXPECT_EQ(name_of(some_cycle), "limit-cycle");
  EXPECT_EQ(name_of(some_lorenz), "lorenz");
}

TEST(TaskNames, ATaskIsFoundByItsNameAsItIsByDefault) {
  for (const auto& name : task_names()) EXPECT_EQ(name_of(task_named(name)), name);
  EXPECT_EQ(trial_steps(task_named("sine")), trial_steps(SineGeneration{}));
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
  refuse(EvidenceIntegration{.delay = -1}, "evidence integration: delay");
  refuse(FlipFlop{.bits = 0}, "flip-flop: bits");
  refuse(ContextIntegration{.delay = -1}, "context integration: delay");
  refuse(DelayedMatch{.stimuli = 1}, "delayed match to sample: stimuli");
  refuse(LimitCycle{.period = 1}, "limit cycle: difficulty");
  refuse(LorenzPrediction{.horizon = 0}, "Lorenz prediction: difficulty");
  for (const Task& task : some_tasks) EXPECT_NO_THROW(validate(task));
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

TEST(TaskHostile, ANameOfNoTaskIsRefusedWithTheNames) {
  for (const std::string name : {"", "XOR", "xor "}) {
    test::expect_refusal([&] { task_named(name); }, "got '" + name + "'");
    test::expect_refusal([&] { task_named(name); }, "xor, sine, evidence");
  }
}

TEST(TaskHostile, AnyOtherShapeIsRefusedAndNothingDrawn) {
  for (const Task& task : some_tasks) {
    SCOPED_TRACE(name_of(task));
    const Index T = trial_steps(task), I = task_inputs(task), P = task_outputs(task);
    const auto refuses = [&](Batch<double> batch) {
      auto engine = random_engine(task_seed);
      test::expect_refusal([&] { draw_trials(task, engine, batch); }, "want a batch of at least");
      EXPECT_EQ(engine, random_engine(task_seed));
    };
    refuses(zero_batch<double>(tiled(4, T), I + 1, P));
    refuses(zero_batch<double>(tiled(4, T), I, P + 1));
    refuses(zero_batch<double>(tiled(4, T - 1), I, P));
    refuses(zero_trials<double>(task, 0));
    refuses(Batch<double>{});
    const auto whole = zero_trials<double>(task, 4);
    refuses({History<double>(tiled(3, T), I), whole.targets, whole.mask});
    refuses({whole.inputs, whole.targets, History<double>(tiled(3, T), P)});
    refuses({whole.inputs, whole.targets, History<double>(tiled(4, T), P + 1)});
  }
}

}  // namespace
}  // namespace error_forcing
