#pragma once
// A run of training that takes milliseconds, and what it means for two runs to be the same.

#include <error_forcing/training.hpp>

#include <algorithm>
#include <string>

namespace error_forcing::test {

// Trials of 23 steps for a few units: an epoch of a millisecond.
inline Training small_run() {
  Training run;
  run.task = DelayedXor{.delay = 5, .pulse = 4};
  run.network.units = 8;
  run.rule.name = "bptt";
  run.epochs = 3;
  run.training_trials = 11;
  run.validation_trials = 6;
  run.batch = 4;
  run.seed = 20240613;
  return run;
}

// The same of sine generation: 23 steps, of periods of 2 and more.
inline Training small_sine_run() {
  Training run = small_run();
  run.task = SineGeneration{.difficulty = -80, .steps = 23};
  run.network.inputs = sine_generation_inputs;
  run.network.outputs = sine_generation_outputs;
  return run;
}

// And of evidence integration: 77 steps.
inline Training small_evidence_run() {
  Training run = small_run();
  run.task = EvidenceIntegration{.delay = 2};
  run.network.inputs = evidence_inputs;
  run.network.outputs = evidence_outputs;
  return run;
}

// Self-tuning from a noise that is small for the targets.
inline Training tuned(Training run) {
  run.rule = {.name = "ef"};
  run.tuning = NoiseTuning{.start = {0.8, 0.4}, .step = 0.3};
  return run;
}

// Everything that a run may be asked for beside its rule, at once.
inline Training with_every_option(Training run) {
  run.sgd_momentum = 0.9;
  run.adam.rate = 0.02;
  run.adam.trained = {.b = false};
  run.rate_decay = 0.7;
  run.clip_norm = 0.5;
  run.penalties = {.activity = 1e-2, .readout = 1e-3};
  return run;
}

inline std::string description(const Training& run) {
  return name_of(run.task) + ", seed " + std::to_string(run.seed);
}

template <typename Scalar>
TrainingResult<Scalar> train_through(const Training& run, Learner<Scalar> learner) {
  return train<Scalar>(run, std::move(learner),
                       [](const EpochRecord&, const Network<Scalar>&) { return true; });
}

template <typename Scalar>
TrainingResult<Scalar> train_through(const Training& run) {
  return train_through(run, make_learner<Scalar>(run));
}

// Through all epochs that are left, from where a run stands.
template <typename Scalar>
TrainingResult<Scalar> train_on_through(const Training& run, Learner<Scalar> learner,
                                        std::vector<EpochRecord> history) {
  return train<Scalar>(
      run, std::move(learner), std::move(history),
      Keeper<Scalar>([](const Learner<Scalar>&, const std::vector<EpochRecord>&) { return true; }));
}

template <typename Scalar>
bool same_bits(const Parameters<Scalar>& a, const Parameters<Scalar>& b) {
  for (std::size_t k = 0; k < 5; ++k)
    if (blocks(a)[k] != blocks(b)[k]) return false;
  return true;
}

inline bool same_bits(const std::optional<IsotropicNoise<double>>& a,
                      const std::optional<IsotropicNoise<double>>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->sigma_h == b->sigma_h && a->sigma_y == b->sigma_y;
}

template <typename Scalar>
bool same_bits(const Optimiser<Scalar>& a, const Optimiser<Scalar>& b) {
  if (a.index() != b.index() || steps_of(a) != steps_of(b)) return false;
  if (const auto* sgd = std::get_if<Sgd<Scalar>>(&a))
    return same_bits(sgd->velocity, std::get<Sgd<Scalar>>(b).velocity);
  const auto &x = std::get<Adam<Scalar>>(a), &y = std::get<Adam<Scalar>>(b);
  return same_bits(x.first, y.first) && same_bits(x.second, y.second);
}

template <typename Scalar>
bool same_bits(const Learner<Scalar>& a, const Learner<Scalar>& b) {
  return a.epoch == b.epoch && same_bits(a.noise, b.noise) && same_bits(a.optimiser, b.optimiser) &&
         same_bits(a.network.parameters, b.network.parameters);
}

// Everything but the seconds.
inline bool same_bits(const std::vector<EpochRecord>& a, const std::vector<EpochRecord>& b) {
  const auto equal = [](const EpochRecord& x, const EpochRecord& y) {
    return x.epoch == y.epoch && x.loss == y.loss && x.objective == y.objective &&
           x.validation_loss == y.validation_loss && x.noise.has_value() == y.noise.has_value() &&
           (!x.noise || x.noise->gain == y.noise->gain);
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), equal);
}

}  // namespace error_forcing::test
