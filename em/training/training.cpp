#include <algorithm>
#include <chrono>
#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/gradient_clipping.hpp>
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

// One step of the optimiser on the trials that the workspace holds.
template <typename Scalar>
Objective<Scalar> update(const Training& options, const OptimiserOptions& descent,
                         const LearningRule<Scalar>& rule, Workspace<Scalar>& workspace,
                         Parameters<Scalar>& gradient, Learner<Scalar>& learner) {
  auto& [network, optimiser, epoch, noise] = learner;
  const auto parts =
      objective_gradient(noise ? rule_for<Scalar>(*noise) : rule, network, workspace.batch,
                         options.penalties, workspace.memory, gradient);
  if (noise) {
    require_finite(static_cast<double>(parts.loss));
    tune_noise(*options.tuning, workspace, network.parameters.C, *noise);
  }
  if (options.clip_norm) clip_gradient(options.adam.trained, *options.clip_norm, gradient);
  descend(descent, gradient, optimiser, network.parameters);
  return parts;
}

template <typename Scalar>
void train_epoch(const Training& options, Setup<Scalar>& setup, Learner<Scalar>& learner,
                 EpochRecord& record) {
  auto engine = random_engine(options.seed, 2 * static_cast<std::uint64_t>(record.epoch) - 1);
  const auto descent = optimiser_in(options, record.epoch);
  const Index total = options.training_trials;
  for (Index done = 0; done < total; done += options.batch) {
    const Index trials = std::min(options.batch, total - done);
    auto& workspace = trials == options.batch ? setup.full : setup.last;
    draw_trials(options.task, engine, workspace.batch);
    const auto parts = update(options, descent, setup.rule, workspace, setup.gradient, learner);
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

template <typename Scalar>
Learner<Scalar> make_learner(const Training& options) {
  validate(options);
  auto network = cast<Scalar>(random_network(options.network, options.seed));
  auto optimiser = make_optimiser(optimiser_in(options, 1), network.parameters);
  Learner<Scalar> learner{std::move(network), std::move(optimiser)};
  if (options.tuning) learner.noise = options.tuning->start;
  return learner;
}

namespace {

template <typename Scalar>
void require_learner_of(const Training& options, const Learner<Scalar>& learner) {
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
  require(learner.optimiser.index() == optimiser_in(options, 1).index(),
          "learner: its optimiser is not the options' {}; make it with the options it trains by",
          name_of(optimiser_in(options, 1)));
}

bool all_met(const Training& options, const std::vector<EpochRecord>& history) {
  const auto criteria = criteria_of(options);
  return std::all_of(criteria.begin(), criteria.end(), [&](const Criterion& criterion) {
    return epoch_learned(history, criterion).has_value();
  });
}

// Trains on from the result to its end. The observer sees the result after every epoch.
template <typename Scalar, typename Seen>
TrainingResult<Scalar> train_on(const Training& options, TrainingResult<Scalar> result,
                                const Seen& observer) {
  validate(options);
  require_learner_of(options, result.learner);
  Setup<Scalar> setup(options);
  bool go_on = true;
  while (result.learner.epoch < options.epochs) {
    if (options.until_learned && all_met(options, result.history)) break;
    if (!go_on) {
      result.outcome = Outcome::stopped;
      return result;
    }
    auto next = result.learner;
    try {
      result.history.push_back(run_epoch(options, setup, next));
    } catch (const Divergence& error) {
      result.outcome = Outcome::diverged;
      result.failure = {next.epoch + 1, steps_of(next.optimiser), error.step, error.what()};
      return result;
    }
    result.learner = std::move(next);
    go_on = observer(result);
  }
  if (options.until_learned && all_met(options, result.history)) result.outcome = Outcome::learned;
  return result;
}

}  // namespace

template <typename Scalar>
TrainingResult<Scalar> train(const Training& options, Learner<Scalar> learner,
                             const Observer<Scalar>& observer) {
  return train_on(options, TrainingResult<Scalar>{std::move(learner), {}}, [&](const auto& result) {
    return observer(result.history.back(), result.learner.network);
  });
}

template <typename Scalar>
TrainingResult<Scalar> train(const Training& options, Learner<Scalar> learner,
                             std::vector<EpochRecord> history, const Keeper<Scalar>& keeper) {
  const auto epochs = static_cast<Index>(history.size());
  require(epochs == learner.epoch && (epochs == 0 || history.back().epoch == epochs),
          "history: want the {} epochs of the learner, got {}", learner.epoch, epochs);
  return train_on(options, TrainingResult<Scalar>{std::move(learner), std::move(history)},
                  [&](const auto& result) { return keeper(result.learner, result.history); });
}

#define INSTANTIATE(Scalar)                                               \
  template Learner<Scalar> make_learner(const Training&);                 \
  template TrainingResult<Scalar> train(const Training&, Learner<Scalar>, \
                                        const Observer<Scalar>&);         \
  template TrainingResult<Scalar> train(const Training&, Learner<Scalar>, \
                                        std::vector<EpochRecord>, const Keeper<Scalar>&);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace error_forcing
