#include <chrono>
#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/rtrl.hpp>
#include <error_forcing/training.hpp>

namespace error_forcing {

namespace {

// A batch of one size and the memory of its gradient, allocated once a run.
template <typename Scalar>
struct Workspace {
  Batch<Scalar> batch;
  GradientMemory<Scalar> memory;
};

// Tuning reads the errors, which only a trajectory keeps.
template <typename Scalar>
Workspace<Scalar> make_workspace(const LearningRule<Scalar>& rule, const Training& options,
                                 Index trials, bool keep_errors) {
  const Index units = options.network.units, outputs = task_outputs(options.task);
  auto batch = zero_trials<Scalar>(options.task, trials);
  const Layout layout = batch.layout();
  if (keep_errors) return {std::move(batch), Trajectory<Scalar>(layout, units, outputs)};
  return {std::move(batch),
          make_gradient_memory(rule, layout, units, task_inputs(options.task), outputs)};
}

// Everything that is made once a run. The last batch of an epoch is what full ones leave over.
template <typename Scalar>
struct Setup {
  explicit Setup(const Training& options)
      : rule(make_rule<Scalar>(options.rule)),
        full(make_workspace(rule, options,
                            options.batch <= options.training_trials ? options.batch : 0,
                            options.tuning.has_value())),
        last(make_workspace(rule, options, options.training_trials % options.batch,
                            options.tuning.has_value())),
        validation(
            make_workspace<Scalar>({FreeRunning{}}, options, options.validation_trials, false)),
        gradient(zero_parameters<Scalar>(options.network.units, task_inputs(options.task),
                                         task_outputs(options.task))) {}

  LearningRule<Scalar> rule;
  Workspace<Scalar> full, last, validation;
  Parameters<Scalar> gradient;
};

void require_finite(double loss) {
  if (!std::isfinite(loss))
    throw Divergence("the loss is not finite; lower the learning rate or the weights", 0, 0);
}

// (E3) for isotropic noise, where outputs are observed all or none, as in every task.
template <typename Scalar>
LearningRule<Scalar> rule_for(const IsotropicNoise<double>& noise) {
  const double ratio = noise.sigma_y / noise.sigma_h;
  return {ErrorForcing<Scalar>{.gain = 1, .ridge = static_cast<Scalar>(ratio * ratio)}};
}

// The M-step of the noise, from the E-step that the gradient came from and at its weights.
template <typename Scalar>
void tune_noise(const NoiseTuning& tuning, const Workspace<Scalar>& workspace,
                const Matrix<Scalar>& C, IsotropicNoise<double>& noise) {
  const auto& trajectory = std::get<Trajectory<Scalar>>(workspace.memory);
  const auto moments = cast<double>(error_moments(workspace.batch.mask, trajectory.errors));
  noise = update_noise<double>(C.template cast<double>(), moments, noise, tuning.step);
}

// One step of Adam on the trials that the workspace holds.
template <typename Scalar>
Objective<Scalar> update(const Training& options, const LearningRule<Scalar>& rule,
                         Workspace<Scalar>& workspace, Parameters<Scalar>& gradient,
                         Learner<Scalar>& learner) {
  auto& [network, adam, epoch, noise] = learner;
  const auto parts =
      objective_gradient(noise ? rule_for<Scalar>(*noise) : rule, network, workspace.batch,
                         options.penalties, workspace.memory, gradient);
  if (noise) {
    require_finite(static_cast<double>(parts.loss));
    tune_noise(*options.tuning, workspace, network.parameters.C, *noise);
  }
  descend(options.adam, gradient, adam, network.parameters);
  return parts;
}

template <typename Scalar>
void train_epoch(const Training& options, Setup<Scalar>& setup, Learner<Scalar>& learner,
                 EpochRecord& record) {
  auto engine = random_engine(options.seed, 2 * static_cast<std::uint64_t>(record.epoch) - 1);
  const Index total = options.training_trials;
  for (Index done = 0; done < total; done += options.batch) {
    const Index trials = std::min(options.batch, total - done);
    auto& workspace = trials == options.batch ? setup.full : setup.last;
    draw_trials(options.task, engine, workspace.batch);
    const auto parts = update(options, setup.rule, workspace, setup.gradient, learner);
    const double share = static_cast<double>(trials) / static_cast<double>(total);
    record.loss += share * static_cast<double>(parts.loss);
    record.objective += share * static_cast<double>(parts.total());
  }
}

template <typename Scalar>
double validate_epoch(const Training& options, const Network<Scalar>& network, Index epoch,
                      Workspace<Scalar>& workspace) {
  auto engine = random_engine(options.seed, 2 * static_cast<std::uint64_t>(epoch));
  draw_trials(options.task, engine, workspace.batch);
  return static_cast<double>(fused_loss(network, workspace.batch, no_feedback<Scalar>(),
                                        std::get<FusedWorkspace<Scalar>>(workspace.memory)));
}

template <typename Scalar>
EpochRecord run_epoch(const Training& options, Setup<Scalar>& setup, Learner<Scalar>& learner) {
  const auto start = std::chrono::steady_clock::now();
  EpochRecord record{.epoch = learner.epoch + 1};
  train_epoch(options, setup, learner, record);
  record.validation_loss = validate_epoch(options, learner.network, record.epoch, setup.validation);
  require_finite(record.objective + record.validation_loss);
  learner.epoch = record.epoch;
  if (const auto& noise = learner.noise) {
    const Matrix<double> C = learner.network.parameters.C.template cast<double>();
    record.noise = {implied_gain(C, *noise), noise->sigma_h, noise->sigma_y};
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  record.seconds = elapsed.count();
  return record;
}

}  // namespace

// A tenth of an epoch's 512 (XOR), 5000 (sine) or 216 (evidence) trials validates.
Training paper_training(const Task& task) {
  Training run{.task = task};
  run.network.inputs = task_inputs(task);
  run.network.outputs = task_outputs(task);
  if (std::holds_alternative<SineGeneration>(task)) {
    run.training_trials = 4500;
    run.validation_trials = 500;
  }
  if (std::holds_alternative<EvidenceIntegration>(task)) {
    run.training_trials = 194;
    run.validation_trials = 22;
  }
  const bool smooth = std::holds_alternative<SineGeneration>(task) ||
                      std::holds_alternative<LimitCycle>(task) ||
                      std::holds_alternative<LorenzPrediction>(task);
  if (smooth) run.criterion.threshold = 0.01;
  return run;
}

namespace {

void validate(const NoiseTuning& tuning, const RuleOptions& rule) {
  require(rule.name == "ef", "tuning: is of rule ef, not of {}", rule.name);
  require(rule.gain == 1 && !rule.ridge && !rule.as_released &&
              rule.routing.value_or(Routing::held) == Routing::held,
          "tuning: sets the gain and the ridge of ef, held and as published; leave them out");
  validate(tuning.start);
  require(tuning.step > 0 && tuning.step <= 1, "noise step: want a value in (0, 1], got {}",
          tuning.step);
}

}  // namespace

void validate(const Training& options) {
  validate(options.task);
  validate(options.adam);
  if (options.tuning) validate(*options.tuning, options.rule);
  const auto rule = make_rule<double>(options.rule);
  if (rule.credit == Credit::rtrl)
    require_small_enough_for_rtrl(options.network.units, options.network.inputs);
  const auto at_least_one = [](std::string_view name, Index value) {
    require(value >= 1, "{}: want at least 1, got {}", name, value);
  };
  at_least_one("epochs", options.epochs);
  at_least_one("training trials", options.training_trials);
  at_least_one("validation trials", options.validation_trials);
  at_least_one("batch", options.batch);
  at_least_one("criterion epochs", options.criterion.epochs);
  require(options.criterion.threshold >= 0, "threshold: want a value >= 0, got {}",
          options.criterion.threshold);
  const auto is_weight = [](double value) { return value >= 0 && std::isfinite(value); };
  require(is_weight(options.penalties.activity) && is_weight(options.penalties.readout),
          "penalties: want finite values >= 0, got {} and {}", options.penalties.activity,
          options.penalties.readout);
  const Index inputs = task_inputs(options.task), outputs = task_outputs(options.task);
  require(options.network.inputs == inputs && options.network.outputs == outputs,
          "network: the task {} has inputs and outputs {} and {}, the network {} and {}",
          name_of(options.task), inputs, outputs, options.network.inputs, options.network.outputs);
}

std::optional<Index> epoch_learned(const std::vector<EpochRecord>& history,
                                   const Criterion& criterion) {
  Index row = 0;
  for (const EpochRecord& record : history) {
    row = record.validation_loss < criterion.threshold ? row + 1 : 0;
    if (row == criterion.epochs) return record.epoch;
  }
  return {};
}

template <typename Scalar>
Learner<Scalar> make_learner(const Training& options) {
  validate(options);
  auto network = cast<Scalar>(random_network(options.network, options.seed));
  auto adam = make_adam(network.parameters);
  Learner<Scalar> learner{std::move(network), std::move(adam)};
  if (options.tuning) learner.noise = options.tuning->start;
  return learner;
}

template <typename Scalar>
TrainingResult<Scalar> train(const Training& options, Learner<Scalar> learner,
                             const Observer<Scalar>& observer) {
  validate(options);
  validate(learner.network);
  const auto& got = learner.network;
  const auto& want = options.network;
  require(got.units() == want.units && got.inputs() == want.inputs && got.outputs() == want.outputs,
          "learner: want {} units, {} inputs and {} outputs, as the options say, got {}, {} and {}",
          want.units, want.inputs, want.outputs, got.units(), got.inputs(), got.outputs());
  require(learner.noise.has_value() == options.tuning.has_value(),
          "learner: it {} noise, but the options {} tuning; make it with the options it trains by",
          learner.noise ? "has" : "has no", options.tuning ? "ask for" : "have no");
  if (learner.noise) validate(*learner.noise);
  Setup<Scalar> setup(options);
  TrainingResult<Scalar> result{std::move(learner), {}};
  while (result.learner.epoch < options.epochs) {
    auto next = result.learner;
    try {
      result.history.push_back(run_epoch(options, setup, next));
    } catch (const Divergence& error) {
      result.outcome = Outcome::diverged;
      result.failure = {next.epoch + 1, next.adam.steps, error.step, error.what()};
      return result;
    }
    result.learner = std::move(next);
    const bool go_on = observer(result.history.back(), result.learner.network);
    if (options.until_learned && epoch_learned(result.history, options.criterion)) {
      result.outcome = Outcome::learned;
      return result;
    }
    if (!go_on && result.learner.epoch < options.epochs) {
      result.outcome = Outcome::stopped;
      return result;
    }
  }
  return result;
}

#define INSTANTIATE(Scalar)                               \
  template Learner<Scalar> make_learner(const Training&); \
  template TrainingResult<Scalar> train(const Training&, Learner<Scalar>, const Observer<Scalar>&);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace error_forcing
