#include <algorithm>
#include <error_forcing/sweep_plan.hpp>
#include <numeric>
#include <set>

#include "refusal.hpp"

namespace error_forcing {
namespace {

std::vector<double> thresholds_of(const SweepRun& run) {
  std::vector<double> all;
  for (const auto& criterion : criteria_of(run.training)) all.push_back(criterion.threshold);
  return all;
}

SweepPlan plan_of(const std::string& text) { return read_plan(text, "plan.toml"); }

std::vector<std::string> ids_of(const std::string& text) {
  std::vector<std::string> ids;
  for (const SweepRun& run : plan_of(text).runs) ids.push_back(run.id);
  return ids;
}

void expect_refused(const std::string& text, const std::string& mention) {
  test::expect_refusal([&] { plan_of(text); }, mention);
  test::expect_refusal([&] { plan_of(text); }, "plan.toml");
}

std::string print_of(const std::string& text) { return plan_of(text).fingerprint; }

const std::string small = "[[grid]]\ntask = \"xor\"\nrule = \"bptt\"\n";

TEST(SweepPlanGrid, IsTheProductOfItsListsAndNoGainMultipliesARuleWithout) {
  const auto ids = ids_of(R"(
    [[grid]]
    task = ["xor", "evidence"]
    difficulty = [20, 30]
    rule = ["bptt", "ef", "ef-rflo", "rflo"]
    gain = [0.05, 1]
    rate = [0.001, 1e-5]
    seeds = 3
  )");
  EXPECT_EQ(ids.size(), 2U * 2 * (1 + 2 + 2 + 1) * 2 * 3);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
  for (const std::string id :
       {"xor-delay20-bptt-rate0.001-seed1", "xor-delay30-ef-c0.05-rate1e-05-seed3",
        "evidence-delay20-ef-rflo-c1-rate0.001-seed2", "evidence-delay30-rflo-rate1e-05-seed1"})
    EXPECT_EQ(std::count(ids.begin(), ids.end(), id), 1) << id;
}

TEST(SweepPlanGrid, EveryTaskHasADifficultyOfItsOwn) {
  const std::vector<std::pair<std::string, Task>> tasks{
      {"xor-delay30", DelayedXor{.delay = 30}},
      {"sine-difficulty30", SineGeneration{.difficulty = 30}},
      {"evidence-delay30", EvidenceIntegration{.delay = 30}},
      {"flip-flop-difficulty30", FlipFlop{.interval = 30}},
      {"context-delay30", ContextIntegration{.delay = 30}},
      {"match-delay30", DelayedMatch{.delay = 30}},
      {"limit-cycle-difficulty30", LimitCycle{.period = 30}},
      {"lorenz-difficulty30", LorenzPrediction{.horizon = 30}}};
  ASSERT_EQ(tasks.size(), task_names().size());
  for (const auto& [id, task] : tasks) {
    const auto plan =
        plan_of("[[grid]]\ntask = \"" + name_of(task) + "\"\ndifficulty = 30\nrule = \"bptt\"");
    ASSERT_EQ(plan.runs.size(), 1U);
    const SweepRun& run = plan.runs[0];
    EXPECT_EQ(run.id, id + "-bptt-rate0.001-seed1");
    EXPECT_EQ(run.cell, (SweepCell{name_of(task), 30, "bptt", {}, 1e-3}));
    EXPECT_EQ(run.training.task.index(), task.index());
    EXPECT_EQ(trial_steps(run.training.task), trial_steps(task)) << id;
  }
}

TEST(SweepPlanDefaults, AreThePapersRunOfEachTask) {
  for (const auto& name : task_names()) {
    const auto plan = plan_of("[[grid]]\ntask = \"" + name + "\"\nrule = \"bptt\"");
    const SweepRun& run = plan.runs.at(0);
    const Training paper = paper_training(run.training.task);
    EXPECT_EQ(run.training.epochs, paper.epochs);
    EXPECT_EQ(run.training.network.units, 50);
    EXPECT_EQ(run.training.network.inputs, paper.network.inputs);
    EXPECT_EQ(run.training.network.outputs, paper.network.outputs);
    EXPECT_EQ(run.training.training_trials, paper.training_trials);
    EXPECT_EQ(run.training.validation_trials, paper.validation_trials);
    EXPECT_EQ(run.training.batch, paper.batch);
    EXPECT_FALSE(run.training.adam.trained.U);
    EXPECT_EQ(run.training.criterion.epochs, 10);
    const std::vector<double> own{paper.criterion.threshold}, both{0.1, 0.01};
    EXPECT_EQ(thresholds_of(run), name == "xor" ? both : own);
    EXPECT_EQ(run.test_trials, 512);
    EXPECT_FALSE(run.training.until_learned || run.in_double || run.training.rule.as_released);
  }
}

TEST(SweepPlanKeys, EachSetsWhatItNamesAndTheGridComesBeforeThePlan) {
  const auto plan = plan_of(R"(
    epochs = 7
    units = 6
    until_learned = true
    thresholds = [0.3, 0.2]
    [[grid]]
    task = "xor"
    difficulty = 12
    rule = "ef"
    gain = 0.5
    rate = 0.01
    seeds = [4]
    batch = 3
    training_trials = 8
    validation_trials = 5
    test_trials = 9
    precision = "double"
    as_released = true
    criterion_epochs = 2
    pulse = 4
    optimiser = "sgd"
    momentum = 0.9
    rate_decay = 0.99
    clip_norm = 2
    trained = ["W", "d"]
    activity_penalty = 0.1
    readout_penalty = 0.2
    [[grid]]
    task = "flip-flop"
    rule = "bptt"
    epochs = 9
    bits = 2
    steps = 40
    [[grid]]
    task = "context"
    rule = "bptt"
    noise = 0.25
    [[grid]]
    task = "match"
    rule = "bptt"
    stimuli = 3
  )");
  ASSERT_EQ(plan.runs.size(), 4U);
  const SweepRun& first = plan.runs[0];
  EXPECT_EQ(first.id, "xor-delay12-ef-c0.5-rate0.01-seed4");
  EXPECT_EQ(first.cell, (SweepCell{"xor", 12, "ef", 0.5, 0.01}));
  const Training& training = first.training;
  EXPECT_EQ(training.epochs, 7);
  EXPECT_EQ(training.network.units, 6);
  EXPECT_EQ(training.rule.name, "ef");
  EXPECT_EQ(training.rule.gain, 0.5);
  EXPECT_TRUE(training.rule.as_released);
  EXPECT_EQ(training.adam.rate, 0.01);
  EXPECT_EQ(training.seed, 4U);
  EXPECT_EQ(training.batch, 3);
  EXPECT_EQ(training.training_trials, 8);
  EXPECT_EQ(training.validation_trials, 5);
  EXPECT_EQ(first.test_trials, 9);
  EXPECT_TRUE(first.in_double && training.until_learned);
  EXPECT_EQ(training.criterion.epochs, 2);
  EXPECT_EQ(thresholds_of(first), (std::vector<double>{0.3, 0.2}));
  EXPECT_EQ(std::get<DelayedXor>(training.task).pulse, 4);
  EXPECT_EQ(training.sgd_momentum, 0.9);
  EXPECT_EQ(training.rate_decay, 0.99);
  EXPECT_EQ(training.clip_norm, 2);
  EXPECT_EQ(names_of(training.adam.trained), (std::vector<std::string>{"W", "d"}));
  EXPECT_EQ(training.penalties.activity, 0.1);
  EXPECT_EQ(training.penalties.readout, 0.2);
  EXPECT_FALSE(plan.runs[1].training.sgd_momentum || plan.runs[1].training.clip_norm);
  EXPECT_EQ(plan.runs[1].training.epochs, 9);
  EXPECT_EQ(std::get<FlipFlop>(plan.runs[1].training.task).bits, 2);
  EXPECT_EQ(std::get<FlipFlop>(plan.runs[1].training.task).steps, 40);
  EXPECT_EQ(std::get<ContextIntegration>(plan.runs[2].training.task).noise, 0.25);
  EXPECT_EQ(std::get<DelayedMatch>(plan.runs[3].training.task).stimuli, 3);
}

TEST(SweepPlanSeeds, ANumberCountsAndAListNames) {
  const auto seeds_of = [](const std::string& value) {
    std::vector<std::uint64_t> seeds;
    for (const auto& run : plan_of(small + "seeds = " + value).runs)
      seeds.push_back(run.training.seed);
    return seeds;
  };
  EXPECT_EQ(seeds_of("3"), (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(seeds_of("[3]"), (std::vector<std::uint64_t>{3}));
  EXPECT_EQ(seeds_of("[9223372036854775807, 0]"),
            (std::vector<std::uint64_t>{9223372036854775807U, 0}));
}

TEST(SweepPlanFingerprint, IsOfTheMeaningNotTheText) {
  const std::string print = print_of(
      "epochs = 7\n[[grid]]\ntask = \"xor\"\nrule = [\"bptt\", \"ef\"]\ngain = [0.1, 1]\nseeds = "
      "2\n");
  const std::vector<std::string> others{
      "# a comment\nepochs=7\n[[grid]]\nseeds = [2, 1]\ngain = [1.0, 1e-1]\nrule = ['ef', "
      "'bptt']\ntask = ['xor']\ndifficulty = 100 # its own\n",
      "[[grid]]\nepochs = 7\ntask = 'xor'\nrule = 'ef'\ngain = [0.1, 1]\nseeds = 2\n[[grid]]\n"
      "epochs = 7\ntask = 'xor'\nrule = 'bptt'\nseeds = [1]\n[[grid]]\nepochs = 7\ntask = "
      "'xor'\nrule = 'bptt'\nseeds = [2]\nthresholds = [0.1, 0.01]"};
  for (const auto& other : others) {
    EXPECT_EQ(print_of(other), print);
    EXPECT_EQ(to_json(plan_of(other), "1"),
              to_json(plan_of("epochs = 7\n[[grid]]\ntask = \"xor\"\nrule = [\"bptt\", "
                              "\"ef\"]\ngain = [0.1, 1]\nseeds = 2\n"),
                      "1"));
  }
}

TEST(SweepPlanFingerprint, ChangesWithEverythingThatChangesAResult) {
  const std::vector<std::string> plans{small,
                                       small + "difficulty = 101",
                                       small + "rate = 0.002",
                                       small + "seeds = 2",
                                       small + "seeds = [2]",
                                       small + "epochs = 99",
                                       small + "units = 51",
                                       small + "batch = 127",
                                       small + "training_trials = 461",
                                       small + "validation_trials = 53",
                                       small + "test_trials = 513",
                                       small + "precision = 'double'",
                                       small + "as_released = true",
                                       small + "thresholds = [0.1]",
                                       small + "thresholds = [0.01, 0.1]",
                                       small + "criterion_epochs = 9",
                                       small + "until_learned = true",
                                       small + "pulse = 12",
                                       small + "optimiser = 'sgd'",
                                       small + "optimiser = 'sgd'\nmomentum = 0.9",
                                       small + "rate_decay = 0.99",
                                       small + "clip_norm = 1",
                                       small + "trained = ['W', 'b', 'C']",
                                       small + "activity_penalty = 0",
                                       small + "readout_penalty = 0",
                                       "[[grid]]\ntask = 'xor'\nrule = 'rflo'",
                                       "[[grid]]\ntask = 'xor'\nrule = 'ef'\ngain = 0.1",
                                       "[[grid]]\ntask = 'xor'\nrule = 'ef'\ngain = 0.2",
                                       "[[grid]]\ntask = 'sine'\nrule = 'bptt'",
                                       "[[grid]]\ntask = 'sine'\nrule = 'bptt'\nsteps = 499",
                                       "[[grid]]\ntask = 'flip-flop'\nrule = 'bptt'\nbits = 2",
                                       "[[grid]]\ntask = 'flip-flop'\nrule = 'bptt'\nsteps = 99",
                                       "[[grid]]\ntask = 'context'\nrule = 'bptt'\nnoise = 0.4",
                                       "[[grid]]\ntask = 'context'\nrule = 'bptt'\nnoise = 0.3",
                                       "[[grid]]\ntask = 'match'\nrule = 'bptt'\nstimuli = 3",
                                       "[[grid]]\ntask = 'match'\nrule = 'bptt'",
                                       "[[grid]]\ntask = 'limit-cycle'\nrule = 'bptt'\nsteps = 99",
                                       "[[grid]]\ntask = 'limit-cycle'\nrule = 'bptt'",
                                       "[[grid]]\ntask = 'lorenz'\nrule = 'bptt'\nsteps = 99",
                                       "[[grid]]\ntask = 'lorenz'\nrule = 'bptt'"};
  std::set<std::string> prints;
  for (const auto& plan : plans) {
    const std::string print = print_of(plan);
    EXPECT_TRUE(prints.insert(print).second) << plan;
    EXPECT_EQ(print.size(), 32U);
    EXPECT_EQ(print.find_first_not_of("0123456789abcdef"), std::string::npos) << print;
  }
}

// By Python: uuid.uuid5(uuid.NAMESPACE_OID, text).hex of the runs of plan.json, one a line.
TEST(SweepPlanFingerprint, IsAUuidOfTheRunsInPlanJson) {
  const auto plan = plan_of(small);
  const std::string run =
      R"({"id":"xor-delay100-bptt-rate0.001-seed1","cell":{"task":"xor","difficulty":100,"rule":)"
      R"("bptt","gain":null,"rate":0.001},"seed":1,"epochs":100,"task":{"delay":100,"pulse":10},)"
      R"("units":50,"batch":128,"training_trials":460,"validation_trials":52,"test_trials":512,)"
      R"("precision":"float","as_released":false,"thresholds":[0.1,0.01],"criterion_epochs":10,)"
      R"("until_learned":false,"optimiser":"adam","momentum":null,"rate_decay":1.0,)"
      R"("clip_norm":null,"trained":["W","b","C","d"],"activity_penalty":1e-05,)"
      R"("readout_penalty":1e-06})";
  EXPECT_EQ(to_json(plan, "0.1.0"), "{\n\"format\": 1,\n\"version\": \"0.1.0\",\n\"plan\": \"" +
                                        plan.fingerprint + "\",\n\"runs\": [\n" + run + "\n]\n}\n");
  EXPECT_EQ(plan.fingerprint, "d0d1379595fd5748ae318ca1e0231afc");
}

TEST(SweepPlanOrder, IsSeedBySeedLongestFirstAndEveryRunOnce) {
  const auto plan = plan_of(R"(
    seeds = 2
    [[grid]]
    task = "xor"
    difficulty = [10, 1000, 100]
    rule = "bptt"
    [[grid]]
    task = "xor"
    difficulty = 100
    rule = "bptt"
    rate = 0.1
    epochs = 50
    [[grid]]
    task = "xor"
    difficulty = 100
    rule = "rtrl"
  )");
  const auto places = order_of_runs(plan);
  ASSERT_EQ(places.size(), 10U);
  for (std::size_t k = 1; k < places.size(); ++k) {
    const SweepRun &before = plan.runs[places[k - 1]], &after = plan.runs[places[k]];
    EXPECT_LE(before.training.seed, after.training.seed);
    if (before.training.seed != after.training.seed) continue;
    EXPECT_GE(cost(before), cost(after));
    EXPECT_TRUE(cost(before) > cost(after) || places[k - 1] < places[k]);
  }
  const std::vector<std::string> first{"xor-delay100-rtrl", "xor-delay1000-bptt",
                                       "xor-delay100-bptt-rate0.001", "xor-delay100-bptt-rate0.1",
                                       "xor-delay10-bptt"};
  for (std::size_t k = 0; k < 10; ++k)
    EXPECT_TRUE(plan.runs[places[k]].id.starts_with(first[k % 5])) << plan.runs[places[k]].id;
  auto sorted = places;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::size_t> all(10);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(sorted, all);
}

TEST(SweepPlanRefusals, NameWhatIsUnknownAndWhatIsMeant) {
  expect_refused(small + "difficultys = 3",
                 "plan.toml:4: unknown key 'difficultys', did you mean "
                 "'difficulty'?");
  expect_refused("epoch = 3\n" + small, "plan.toml:1: unknown key 'epoch', did you mean 'epochs'?");
  expect_refused(small + "colour = 3", "use one of task, difficulty");
  expect_refused(small + "grid = 3", "unknown key 'grid'");
  expect_refused("[[grid]]\ntask = 'xr'\nrule = 'bptt'",
                 "plan.toml:2: task: unknown name 'xr', "
                 "did you mean 'xor'?");
  expect_refused("[[grid]]\ntask = 'xor'\nrule = ['bptt', 'rfl']", "did you mean 'rflo'?");
  expect_refused("[[grid]]\ntask = 'xor'\nrule = 'magic'", "use one of bptt, tf, gtf");
}

TEST(SweepPlanRefusals, NameAnEmptyGrid) {
  expect_refused("", "add a [[grid]]");
  expect_refused("epochs = 3", "add a [[grid]]");
  expect_refused("grid = []", "[[grid]]");
  expect_refused("[grid]\ntask = 'xor'\nrule = 'bptt'", "in double brackets");
  expect_refused("[[grid]]", "plan.toml:1: task: missing");
  expect_refused("[[grid]]\ntask = 'xor'", "rule: missing");
  expect_refused("[[grid]]\ntask = 'xor'\nrule = 'ef'", "gain: missing for rule ef");
  for (const std::string key : {"difficulty", "rate", "seeds", "thresholds"})
    expect_refused(small + key + " = []", "plan.toml:4: " + key + ": an empty list");
  expect_refused("[[grid]]\ntask = []\nrule = 'bptt'", "task: an empty list");
  expect_refused("[[grid]]\ntask = 'xor'\nrule = []", "rule: an empty list");
}

TEST(SweepPlanRefusals, NameARunThatIsThereTwice) {
  expect_refused(small + "\n" + small,
                 "plan.toml:5: xor-delay100-bptt-rate0.001-seed1 is in the plan twice, here and at "
                 "plan.toml:1");
  for (const std::string twice :
       {"seeds = [1, 1]", "rate = [0.1, 1e-1]", "difficulty = [20, 30, 20]"})
    expect_refused(small + twice, "twice");
  expect_refused("[[grid]]\ntask = 'xor'\nrule = 'ef'\ngain = [0.0, -0.0]", "twice");
  expect_refused("[[grid]]\ntask = ['xor', 'xor']\nrule = 'bptt'", "twice");
}

TEST(SweepPlanRefusals, NameValuesOutOfRange) {
  const auto refuse = [](const std::string& line, const std::string& mention) {
    expect_refused(small + line, mention);
  };
  refuse("epochs = 0", "epochs: want at least 1, got 0");
  refuse("units = 0", "plan.toml:4: units: want at least 1, got 0");
  refuse("batch = -1", "batch: want at least 1, got -1");
  refuse("training_trials = 0", "training trials");
  refuse("validation_trials = 0", "validation trials");
  refuse("test_trials = 0", "plan.toml:4: test_trials: want at least 1, got 0");
  refuse("criterion_epochs = 0", "criterion epochs");
  for (const std::string bad : {"-1", "nan", "inf"}) refuse("thresholds = [0.1, " + bad + "]", bad);
  for (const std::string bad : {"0", "-1.0", "nan", "inf"}) refuse("rate = " + bad, "rate");
  refuse("seeds = 0", "seeds: want 1 to");
  refuse("seeds = 2000000", "seeds: want 1 to");
  refuse("seeds = [1, -2]", "seeds: want values >= 0, got -2");
  refuse("difficulty = 4", "delay");
  refuse("pulse = 3", "pulse");
  refuse("precision = 'half'", "want float or double, got 'half'");
  refuse("optimiser = 'rmsprop'", "plan.toml:4: optimiser: want adam or sgd, got 'rmsprop'");
  refuse("momentum = 0.9", "plan.toml:4: momentum: belongs to optimiser = \"sgd\"");
  refuse("optimiser = 'sgd'\nmomentum = 1", "momentum");
  refuse("rate_decay = 0", "rate decay");
  refuse("clip_norm = -1", "clipping norm");
  refuse("trained = 'V'", "plan.toml:4: trained: trained blocks: unknown 'V'");
  refuse("activity_penalty = -1", "penalties");
  for (const std::string bad : {"-0.1", "1.1", "nan"})
    expect_refused("[[grid]]\ntask = 'xor'\nrule = 'ef'\ngain = " + bad, "gain");
  expect_refused("[[grid]]\ntask = 'xor'\nrule = 'rtrl'\nunits = 201", "rtrl");
  expect_refused("[[grid]]\ntask = 'context'\nrule = 'bptt'\nnoise = nan", "noise");
}

TEST(SweepPlanRefusals, NameValuesOfAnotherKind) {
  const auto refuse = [](const std::string& line, const std::string& mention) {
    expect_refused(small + line, "plan.toml:4: " + mention);
  };
  refuse("epochs = 1.5", "epochs: want an integer");
  refuse("epochs = 'ten'", "epochs: want an integer");
  refuse("epochs = [1]", "epochs: want an integer");
  refuse("rate = 'fast'", "rate: want a number");
  refuse("difficulty = 10.0", "difficulty: want an integer");
  refuse("seeds = [1, 'two']", "seeds: want an integer");
  refuse("until_learned = 1", "until_learned: want true or false");
  refuse("precision = 32", "precision: want a string");
  refuse("rate = true", "rate: want a number");
}

TEST(SweepPlanRefusals, NameAKeyThatDoesNothingInItsGrid) {
  expect_refused(small + "gain = 0.5", "gain: no rule of this grid takes one (bptt)");
  expect_refused(small + "stimuli = 3", "stimuli: belongs to task match, not to xor");
  expect_refused("[[grid]]\ntask = 'sine'\nrule = 'bptt'\npulse = 4", "pulse: belongs to task xor");
  EXPECT_EQ(ids_of("gain = 0.5\nstimuli = 3\n" + small).size(), 1U);
}

TEST(SweepPlanRefusals, NameTheLineThatIsNotToml) {
  expect_refused("[[grid]]\ntask = ", "plan.toml:2: is not TOML");
  expect_refused("[[grid]]\ntask = 'xor'\ntask = 'sine'", "plan.toml:3: is not TOML");
  expect_refused("{\"format\": 1}", "is not TOML");
  expect_refused(std::string("\x89HDF\r\n\x1a\n\0", 9), "is not TOML");
}

}  // namespace
}  // namespace error_forcing
