#include <error_forcing/training.hpp>

#include <cmath>
#include <limits>

#include "em/small_training.hpp"
#include "em/training_by_hand.hpp"
#include "refusal.hpp"
#include "sanitized.hpp"

namespace error_forcing {
namespace {

using namespace test;

// One of each of the paper's tasks.
std::vector<Training> small_runs() { return {small_run(), small_sine_run(), small_evidence_run()}; }

template <typename Scalar>
class TrainingLaw : public testing::Test {};
using TrainingScalars = testing::Types<float, double>;
TYPED_TEST_SUITE(TrainingLaw, TrainingScalars);

TYPED_TEST(TrainingLaw, TheSameOptionsGiveTheSameBits) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  for (auto run : small_runs()) {
    for (const auto& name : rule_names()) {
      SCOPED_TRACE(description(run) + " " + name);
      run.rule = {.name = name, .gain = 0.3};
      const auto first = train_through<TypeParam>(run), second = train_through<TypeParam>(run);
      EXPECT_TRUE(same_bits(first.learner, second.learner));
      EXPECT_TRUE(same_bits(first.history, second.history));
      run.seed += 1;
      EXPECT_FALSE(same_bits(first.learner, train_through<TypeParam>(run).learner));
    }
    run = tuned(run);
    const auto first = train_through<TypeParam>(run), second = train_through<TypeParam>(run);
    EXPECT_TRUE(same_bits(first.learner, second.learner));
    EXPECT_TRUE(same_bits(first.history, second.history));
  }
}

TYPED_TEST(TrainingLaw, EveryRuleStartsFromTheSameNetworkAndSeesTheSameTrials) {
  for (auto run : small_runs()) {
    SCOPED_TRACE(description(run));
    const auto free = train_through<TypeParam>(run);
    // without a gain these are back-propagation
    for (const std::string name : {"bptt", "tf", "gtf", "ef"}) {
      run.rule = {.name = name, .gain = 0};
      const auto forced = train_through<TypeParam>(run);
      EXPECT_TRUE(same_bits(forced.learner, free.learner)) << name;
      EXPECT_TRUE(same_bits(forced.history, free.history)) << name;
    }
  }
}

TYPED_TEST(TrainingLaw, TwoEpochsAndThreeMoreAreFive) {
  std::vector<Training> runs{tuned(small_run()), with_every_option(small_run())};
  for (auto& run : small_runs()) {
    run.rule = {.name = "ef", .gain = 0.5};
    runs.push_back(run);
  }
  for (auto& run : runs) {
    SCOPED_TRACE(description(run));
    run.epochs = 5;
    const auto whole = train_through<TypeParam>(run);
    run.epochs = 2;
    const auto head = train_through<TypeParam>(run);
    run.epochs = 5;
    const auto tail = train_through<TypeParam>(run, head.learner);
    EXPECT_EQ(tail.history.front().epoch, 3);
    EXPECT_TRUE(same_bits(tail.learner, whole.learner));
    auto joined = head.history;
    joined.insert(joined.end(), tail.history.begin(), tail.history.end());
    EXPECT_TRUE(same_bits(joined, whole.history));
    const auto on = train_on_through<TypeParam>(run, head.learner, head.history);
    EXPECT_TRUE(same_bits(on.learner, whole.learner));
    EXPECT_TRUE(same_bits(on.history, whole.history));
  }
}

TYPED_TEST(TrainingLaw, MomentumOfZeroAndNoDecayAndAWideNormAreTheDefaults) {
  auto run = small_run();
  SCOPED_TRACE(description(run));
  const auto plain = train_through<TypeParam>(run);
  run.rate_decay = 1;
  run.clip_norm = 1e6;
  EXPECT_TRUE(same_bits(train_through<TypeParam>(run).learner, plain.learner));
  run.rate_decay = 0.5;
  EXPECT_FALSE(same_bits(train_through<TypeParam>(run).learner, plain.learner));
  run.rate_decay = 1;
  run.clip_norm = 1e-3;
  EXPECT_FALSE(same_bits(train_through<TypeParam>(run).learner, plain.learner));
}

TYPED_TEST(TrainingLaw, BlocksThatAreNotTrainedKeepTheirBitsAndAllOthersLearn) {
  for (std::size_t frozen = 0; frozen < 5; ++frozen) {
    auto run = with_every_option(small_run());
    auto& trained = run.adam.trained = {};
    *std::array{&trained.W, &trained.U, &trained.b, &trained.C, &trained.d}[frozen] = false;
    const auto before = make_learner<TypeParam>(run).network.parameters;
    const auto after = train_through<TypeParam>(run).learner.network.parameters;
    for (std::size_t k = 0; k < 5; ++k)
      EXPECT_EQ(blocks(after)[k] == blocks(before)[k], k == frozen) << block_names[k];
  }
}

TYPED_TEST(TrainingLaw, InputWeightsKeepTheirBitsAndAllOthersLearn) {
  const auto run = small_run();
  SCOPED_TRACE(description(run));
  const auto before = make_learner<TypeParam>(run).network.parameters;
  const auto after = train_through<TypeParam>(run).learner.network.parameters;
  for (std::size_t k = 0; k < 5; ++k)
    EXPECT_EQ(blocks(after)[k] == blocks(before)[k], block_names[k] == "U") << block_names[k];
}

template <typename Scalar>
void expect_learned(const Training& run) {
  const auto result = train_through<Scalar>(run);
  EXPECT_GT(result.history.front().validation_loss, 0.5);
  EXPECT_EQ(result.outcome, Outcome::learned)
      << "validation loss " << result.history.back().validation_loss;
}

TYPED_TEST(TrainingLaw, EveryRuleLearns) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  Training run;
  run.task = DelayedXor{.delay = 5, .pulse = 4};
  run.network.units = 20;
  run.network.leak = 0.3;
  run.adam.rate = 0.01;
  run.epochs = 30;
  run.until_learned = true;
  for (const auto& name : rule_names()) {
    if (name == "rtrl") continue;  // the gradient of bptt, slowly
    SCOPED_TRACE(description(run) + " " + name);
    run.rule = {.name = name, .gain = 0.2};
    run.epochs = make_rule<double>(run.rule).credit == Credit::back_propagation ? 30 : 60;
    expect_learned<TypeParam>(run);
  }
  SCOPED_TRACE(description(run) + ", tuned");
  expect_learned<TypeParam>(tuned(run));
}

// By a small gain: where every step is observed, teacher forcing at 0.2 learns the forced network
// alone, and the loss of the free one grows. What credit through other units brings, the rules
// without it do not learn here.
TYPED_TEST(TrainingLaw, EveryRuleOfBackPropagationLearnsToOscillate) {
  SKIP_UNDER_SANITIZERS("its stems are tested");
  for (const std::string name : {"bptt", "tf", "gtf", "ef"}) {
    auto run = paper_training(SineGeneration{.difficulty = -55, .steps = 40});
    SCOPED_TRACE(description(run) + " " + name);
    run.network.units = 20;
    run.network.leak = 0.3;
    run.rule = {.name = name, .gain = 0.02};
    run.adam.rate = 0.01;
    run.training_trials = 460;
    run.validation_trials = 52;
    run.epochs = 60;
    run.criterion.threshold = 0.05;
    run.until_learned = true;
    const auto result = train_through<TypeParam>(run);
    EXPECT_GT(result.history.front().validation_loss, 0.25);
    EXPECT_EQ(result.outcome, Outcome::learned)
        << "validation loss " << result.history.back().validation_loss;
  }
}

TEST(TrainingPrecision, FloatAndDoubleStartAlikeAndStayClose) {
  const auto run = small_run();
  SCOPED_TRACE(description(run));
  const auto in_float = train_through<float>(run);
  const auto in_double = train_through<double>(run);
  for (std::size_t k = 0; k < in_double.history.size(); ++k)
    EXPECT_NEAR(in_float.history[k].validation_loss, in_double.history[k].validation_loss, 1e-4);
  EXPECT_LE((in_float.learner.network.parameters.W.cast<double>() -
             in_double.learner.network.parameters.W)
                .norm(),
            1e-3);
}

TEST(TrainingKnownAnswer, TheLoopWrittenOutByHand) {
  auto runs = small_runs();
  for (auto& run : runs) run.adam.rate = 0.01;
  for (auto& run : small_runs()) runs.push_back(with_every_option(run));
  for (auto& run : runs) {
    SCOPED_TRACE(description(run));
    run.penalties = no_penalties;
    const auto result = train_through<double>(run);
    ByHand by_hand(run);
    for (Index k = 1; k <= run.epochs; ++k) {
      by_hand.training_loss = 0;
      by_hand.epoch(k);
      const auto& record = result.history[static_cast<std::size_t>(k - 1)];
      EXPECT_EQ(record.epoch, k);
      EXPECT_NEAR(record.loss, by_hand.training_loss, 1e-11);
      EXPECT_EQ(record.objective, record.loss);
      EXPECT_NEAR(record.validation_loss, by_hand.validation_loss, 1e-11);
      EXPECT_GE(record.seconds, 0);
    }
    const auto& want = by_hand.network().parameters;
    for (std::size_t k = 0; k < 5; ++k)
      EXPECT_LE((blocks(result.learner.network.parameters)[k] - blocks(want)[k]).norm(), 1e-10)
          << block_names[k];
  }
}

// One batch: the errors of the greedy posterior at the initial network move the noise, and the
// weights descend the gradient with its displacements held.
TEST(TrainingKnownAnswer, TuningIsOneMStepOfTheNoiseBesideThatOfTheWeights) {
  for (auto run : small_runs()) {
    SCOPED_TRACE(description(run));
    run = tuned(run);
    run.epochs = 1;
    run.batch = run.training_trials;
    const auto start = make_learner<double>(run);
    auto batch = zero_trials<double>(run.task, run.batch);
    auto engine = random_engine(run.seed, 1);
    draw_trials(run.task, engine, batch);
    auto network = start.network;
    const Matrix<double> C = network.parameters.C;
    const LearningRule<double> greedy{
        GreedyPosterior<double>{isotropic_noise<double>(8, network.outputs(), 0.8, 0.4)}};
    auto trajectory = make_trajectory(network, batch);
    auto gradient = zero_like(network.parameters);
    objective_gradient(greedy, network, batch, run.penalties, trajectory, gradient);
    auto adam = make_adam(network.parameters);
    descend(run.adam, gradient, adam, network.parameters);
    const auto noise =
        update_noise<double>(C, error_moments(batch.mask, trajectory.errors), {0.8, 0.4}, 0.3);

    const auto got = train_through<double>(run);
    ASSERT_TRUE(got.learner.noise && got.history[0].noise);
    EXPECT_NEAR(got.learner.noise->sigma_h, noise.sigma_h, 1e-12);
    EXPECT_NEAR(got.learner.noise->sigma_y, noise.sigma_y, 1e-12);
    EXPECT_GT(std::abs(noise.sigma_y - 0.4), 1e-2);
    EXPECT_LE((got.learner.network.parameters.W - network.parameters.W).norm(), 1e-9);
    EXPECT_LE((got.learner.network.parameters.C - network.parameters.C).norm(), 1e-9);
    EXPECT_NEAR(got.history[0].noise->gain, implied_gain(network.parameters.C, noise), 1e-9);
  }
}

TEST(TrainingKnownAnswer, ThePenaltiesAreInTheObjectiveAndItsGradient) {
  auto run = small_run();
  SCOPED_TRACE(description(run));
  run.epochs = 1;
  run.batch = run.training_trials;  // one step of Adam, taken at the initial network
  run.penalties = {.activity = 0, .readout = 100};
  const Matrix<double> C = make_learner<double>(run).network.parameters.C;
  const auto result = train_through<double>(run);
  const double penalty = 100 * std::pow(1 - C.norm(), 2);
  EXPECT_NEAR(result.history[0].objective - result.history[0].loss, penalty, 1e-10);
  // a penalty that outweighs the loss lengthens every entry of the short initial readout
  const Matrix<double> step = result.learner.network.parameters.C - C;
  EXPECT_LE((step - run.adam.rate * C.cwiseSign()).norm(), 1e-6);
}

TEST(TrainingKnownAnswer, ThePapersRunIsTheDefault) {
  const Training run;
  EXPECT_EQ(run.network.units, 50);
  EXPECT_EQ(run.network.leak, 0.1);
  EXPECT_EQ(run.network.activation, Activation::tanh);
  EXPECT_EQ(run.training_trials, 460);  // 512 trials, of which 10 % validate
  EXPECT_EQ(run.validation_trials, 52);
  EXPECT_EQ(run.batch, 128);
  EXPECT_EQ(run.adam.rate, 1e-3);
  EXPECT_FALSE(run.adam.trained.U);
  EXPECT_TRUE(run.adam.trained.W && run.adam.trained.b && run.adam.trained.C && run.adam.trained.d);
  EXPECT_FALSE(run.sgd_momentum || run.clip_norm);
  EXPECT_EQ(run.rate_decay, 1);
  EXPECT_EQ(run.penalties.activity, 1e-5);
  EXPECT_EQ(run.penalties.readout, 1e-6);
  EXPECT_NO_THROW(validate(run));
}

TEST(TrainingKnownAnswer, ThePapersRunOfATask) {
  const DelayedXor exclusive_or{.delay = 30};
  const auto plain = paper_training(exclusive_or);
  EXPECT_EQ(std::get<DelayedXor>(plain.task).delay, 30);
  EXPECT_EQ(plain.network.inputs, 3);
  EXPECT_EQ(plain.network.outputs, 1);
  EXPECT_EQ(plain.training_trials, 460);
  EXPECT_EQ(plain.validation_trials, 52);
  EXPECT_EQ(plain.criterion.threshold, 0.1);
  EXPECT_EQ(plain.further_thresholds, std::vector<double>{0.01});  // as released
  EXPECT_NO_THROW(validate(plain));

  const auto sine = paper_training(SineGeneration{.difficulty = -55});
  EXPECT_EQ(std::get<SineGeneration>(sine.task).difficulty, -55);
  EXPECT_EQ(sine.network.inputs, 1);
  EXPECT_EQ(sine.network.outputs, 2);
  EXPECT_EQ(sine.training_trials, 4500);  // 5000 trials, of which 10 % validate
  EXPECT_EQ(sine.validation_trials, 500);
  EXPECT_EQ(sine.criterion.threshold, 0.01);
  EXPECT_NO_THROW(validate(sine));

  const auto evidence = paper_training(EvidenceIntegration{.delay = 40});
  EXPECT_EQ(std::get<EvidenceIntegration>(evidence.task).delay, 40);
  EXPECT_EQ(evidence.network.inputs, 2);
  EXPECT_EQ(evidence.network.outputs, 1);
  EXPECT_EQ(evidence.training_trials, 194);  // 216 trials
  EXPECT_EQ(evidence.validation_trials, 22);
  EXPECT_EQ(evidence.criterion.threshold, 0.1);
  EXPECT_TRUE(sine.further_thresholds.empty() && evidence.further_thresholds.empty());
  EXPECT_NO_THROW(validate(evidence));
  for (const Task& task : {Task(FlipFlop{}), Task(ContextIntegration{}), Task(DelayedMatch{})})
    EXPECT_EQ(paper_training(task).criterion.threshold, 0.1) << name_of(task);
  for (const Task& task : {Task(LimitCycle{}), Task(LorenzPrediction{})})
    EXPECT_EQ(paper_training(task).criterion.threshold, 0.01) << name_of(task);
  for (const auto& run : {plain, sine, evidence}) {
    EXPECT_EQ(run.network.units, 50);
    EXPECT_EQ(run.batch, 128);
    EXPECT_EQ(run.criterion.epochs, 10);
    EXPECT_EQ(run.adam.rate, 1e-3);
  }
}

std::vector<EpochRecord> history_of(const std::vector<double>& validation_losses) {
  std::vector<EpochRecord> history;
  for (const double loss : validation_losses)
    history.push_back({.epoch = static_cast<Index>(history.size()) + 1, .validation_loss = loss});
  return history;
}

TEST(EpochLearned, IsTheLastOfTheFirstRowBelowTheThreshold) {
  const Criterion three{.threshold = 0.1, .epochs = 3};
  EXPECT_EQ(epoch_learned(history_of({1, .05, .05, .05, 1}), three), 4);
  EXPECT_EQ(epoch_learned(history_of({.05, .05, .2, .05, .05, .05, .05}), three), 6);
  EXPECT_EQ(epoch_learned(history_of({.05, .05, .05}), three), 3);
  EXPECT_EQ(epoch_learned(history_of({.05, .05, .1, .05, .05}), three), std::nullopt);
  EXPECT_EQ(epoch_learned(history_of({.05, .05, nan, .05}), three), std::nullopt);
  EXPECT_EQ(epoch_learned({}, three), std::nullopt);
}

TEST(TrainingStops, WhereTheObserverSaysSo) {
  const auto run = small_run();
  std::vector<Index> seen;
  Network<float> last;
  const auto stop_at_two = [&](const EpochRecord& record, const Network<float>& network) {
    seen.push_back(record.epoch);
    last = network;
    return record.epoch < 2;
  };
  const auto result = train<float>(run, make_learner<float>(run), stop_at_two);
  EXPECT_EQ(seen, (std::vector<Index>{1, 2}));
  EXPECT_EQ(result.outcome, Outcome::stopped);
  EXPECT_EQ(result.learner.epoch, 2);
  EXPECT_EQ(result.history.size(), 2u);
  EXPECT_TRUE(same_bits(result.learner.network.parameters, last.parameters));
}

TEST(TrainingStops, AStopAtTheLastEpochIsTheEnd) {
  auto run = small_run();
  run.epochs = 1;
  const auto stop = [](const EpochRecord&, const Network<float>&) { return false; };
  EXPECT_EQ(train<float>(run, make_learner<float>(run), stop).outcome, Outcome::finished);
}

TEST(TrainingStops, WhereTheCriterionIsMetIfAsked) {
  auto run = small_run();
  run.criterion = {.threshold = 1e6, .epochs = 2};
  EXPECT_EQ(train_through<float>(run).history.size(), 3u);
  run.until_learned = true;
  const auto result = train_through<float>(run);
  EXPECT_EQ(result.history.size(), 2u);
  EXPECT_EQ(result.outcome, Outcome::learned);
}

TEST(TrainingStops, WhereEveryCriterionIsMetAndNotBefore) {
  auto run = small_run();
  run.criterion = {.threshold = 1e6, .epochs = 2};
  run.further_thresholds = {1e-9};
  run.until_learned = true;
  EXPECT_EQ(train_through<float>(run).outcome, Outcome::finished);
  run.further_thresholds = {1e5};
  EXPECT_EQ(train_through<float>(run).outcome, Outcome::learned);
  EXPECT_EQ(criteria_of(run).size(), 2u);
  EXPECT_EQ(criteria_of(run)[1].threshold, 1e5);
  EXPECT_EQ(criteria_of(run)[1].epochs, 2);
}

// The row of epochs below the threshold may begin before the run was interrupted.
TEST(TrainingStops, TheHistoryBeforeCounts) {
  auto run = small_run();
  run.criterion = {.threshold = 1e6, .epochs = 3};
  run.until_learned = true;
  run.epochs = 2;
  const auto head = train_through<float>(run);
  EXPECT_EQ(head.outcome, Outcome::finished);
  run.epochs = 9;
  const auto on = train_on_through<float>(run, head.learner, head.history);
  EXPECT_EQ(on.outcome, Outcome::learned);
  EXPECT_EQ(on.learner.epoch, 3);
  const auto over = train_on_through<float>(run, on.learner, on.history);
  EXPECT_EQ(over.outcome, Outcome::learned);
  EXPECT_TRUE(same_bits(over.learner, on.learner));
}

// Trains two epochs well and then goes on with what makes the network diverge.
TEST(TrainingDiverges, AndKeepsTheLastGoodNetwork) {
  auto run = small_run();
  run.epochs = 2;
  const auto good = train_through<float>(run);
  run.epochs = 10;
  run.adam.rate = 1e30;
  const auto result = train_through<float>(run, good.learner);
  EXPECT_EQ(result.outcome, Outcome::diverged);
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->epoch, 3);
  EXPECT_GE(result.failure->updates, steps_of(good.learner.optimiser) + 1);
  EXPECT_NE(result.failure->what.find("not finite"), std::string::npos);
  EXPECT_TRUE(same_bits(result.learner, good.learner));
  EXPECT_TRUE(result.history.empty());
}

TEST(TrainingDiverges, InTheStateAtAStepOfTheFirstUpdate) {
  auto run = small_run();
  run.network.activation = Activation::identity;
  run.network.leak = 1;
  run.network.recurrent_gain = 1e4;
  const auto result = train_through<float>(run);
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->epoch, 1);
  EXPECT_EQ(result.failure->updates, 0);
  EXPECT_GT(result.failure->step, 5);  // 1e4^k overflows float at k = 10
  EXPECT_LT(result.failure->step, 15);
  EXPECT_NE(result.failure->what.find("state"), std::string::npos);
  EXPECT_TRUE(same_bits(result.learner, make_learner<float>(run)));
}

TEST(TrainingDiverges, InTheGradientWhereTheStateIsFinite) {
  auto run = small_run();
  run.network.activation = Activation::identity;
  run.network.leak = 1;
  run.network.recurrent_gain = 6;
  const auto result = train_through<float>(run);
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->step, 0);
  EXPECT_NE(result.failure->what.find("dL/d"), std::string::npos) << result.failure->what;
  EXPECT_EQ(train_through<double>(run).outcome,
            Outcome::finished);  // float overflows, not the maths
}

TEST(TrainingDiverges, InTheValidationLossAfterTheOnlyUpdate) {
  auto run = small_run();
  run.batch = run.training_trials;
  run.adam.rate = 1e30;
  const auto result = train_through<float>(run);
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->updates, 1);
  EXPECT_NE(result.failure->what.find("loss is not finite"), std::string::npos);
  EXPECT_TRUE(same_bits(result.learner, make_learner<float>(run)));
}

TEST(TrainingHostile, OptionsOutOfRangeAreNamed) {
  const auto refuse = [](auto change, const std::string& part) {
    auto run = small_run();
    change(run);
    expect_refusal([&] { make_learner<float>(run); }, part);
    expect_refusal([&] { train_through<float>(run, make_learner<float>(small_run())); }, part);
  };
  refuse([](Training& run) { run.epochs = 0; }, "epochs: want at least 1, got 0");
  refuse([](Training& run) { run.training_trials = 0; }, "training trials");
  refuse([](Training& run) { run.validation_trials = -1; }, "validation trials");
  refuse([](Training& run) { run.batch = 0; }, "batch");
  refuse([](Training& run) { run.criterion.epochs = 0; }, "criterion epochs");
  refuse([](Training& run) { run.criterion.threshold = nan; }, "threshold");
  refuse([](Training& run) { run.further_thresholds = {-1}; }, "threshold");
  refuse([](Training& run) { run.adam.rate = 0; }, "learning rate");
  refuse([](Training& run) { run.sgd_momentum = 1; }, "momentum: want a value in [0, 1), got 1");
  for (const double decay : {0.0, 1.1, nan})
    refuse([&](Training& run) { run.rate_decay = decay; }, "rate decay: want a value in (0, 1]");
  refuse([](Training& run) { (run.rate_decay = 1e-200, run.epochs = 4); }, "brings the rate");
  for (const double norm : {0.0, -1.0, nan, infinity})
    refuse([&](Training& run) { run.clip_norm = norm; }, "clipping norm: want a finite value > 0");
  refuse(
      [](Training& run) {
        run.adam.trained = {false, false, false, false, false};
      },
      "trained blocks: want at least one of W, U, b, C, d, got none");
  refuse([](Training& run) { run.task = DelayedXor{.delay = 1}; }, "delay");
  refuse([](Training& run) { run.task = SineGeneration{.difficulty = -89}; }, "difficulty");
  refuse([](Training& run) { run.task = SineGeneration{.steps = 0}; }, "steps");
  refuse([](Training& run) { run.task = SineGeneration{}; },
         "the task sine has inputs and outputs 1 and 2, the network 3 and 1");
  refuse([](Training& run) { run.rule.name = "bptt2"; }, "bptt2");
  refuse([](Training& run) { run.rule.gain = 1.5; }, "gain");
  refuse([](Training& run) { run.rule.gain = nan; }, "gain");
  refuse([](Training& run) { run.rule.ridge = -1; }, "ridge");
  const auto refuse_tuned = [&](auto change, const std::string& part) {
    refuse([&](Training& run) { change(run = tuned(run)); }, part);
  };
  refuse_tuned([](Training& run) { run.rule.name = "gtf"; }, "tuning: is of rule ef, not of gtf");
  refuse_tuned([](Training& run) { run.rule.gain = 0.5; }, "tuning: sets the gain and the ridge");
  refuse_tuned([](Training& run) { run.rule.ridge = 0; }, "tuning: sets the gain and the ridge");
  refuse_tuned([](Training& run) { run.rule.routing = Routing::through; }, "tuning: sets");
  refuse_tuned([](Training& run) { run.tuning->start.sigma_h = 0; }, "sigma_h and sigma_y > 0");
  refuse_tuned([](Training& run) { run.tuning->step = 0; }, "noise step: want a value in (0, 1]");
  refuse([](Training& run) { run.penalties.activity = -1; }, "penalties");
  refuse([](Training& run) { run.penalties.readout = infinity; }, "penalties");
  refuse([](Training& run) { run.network.inputs = 2; }, "network");
  refuse([](Training& run) { run.network.outputs = 2; }, "network");
}

TEST(TrainingHostile, ALearnerOfAnotherSizeOrWithANaNIsRefused) {
  const auto run = small_run();
  auto larger = run;
  larger.network.units = 9;
  expect_refusal([&] { train_through<float>(run, make_learner<float>(larger)); }, "9");
  const auto other = make_learner<float>(small_sine_run());
  expect_refusal([&] { train_through<float>(run, other); }, "want 8 units, 3 inputs and 1 outputs");
  expect_refusal([&] { train_through<float>(tuned(run), make_learner<float>(run)); },
                 "learner: it has no noise, but the options ask for tuning");
  auto by_sgd = run;
  by_sgd.sgd_momentum = 0;
  expect_refusal([&] { train_through<float>(by_sgd, make_learner<float>(run)); },
                 "learner: its optimiser is not the options' sgd");
  expect_refusal([&] { train_on_through<float>(run, make_learner<float>(run), {EpochRecord{1}}); },
                 "history: want the 0 epochs of the learner, got 1");
  auto broken = make_learner<float>(run);
  broken.network.parameters.W(0, 0) = std::numeric_limits<float>::quiet_NaN();
  expect_refusal([&] { train_through<float>(run, broken); }, "W");
}

}  // namespace
}  // namespace error_forcing
