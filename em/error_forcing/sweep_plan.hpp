#pragma once
// A plan of many runs of training, PLAN.toml, and the runs that it means.
//
//   key                      of what
//   task, difficulty         which task, and its own parameter: delay (xor, evidence, context,
//                            match), difficulty (sine, flip-flop, limit-cycle, lorenz)
//   rule, gain, rate, seeds  the learning rule, c of those that force, Adam's rate, n or a list
//   epochs, units, batch, training_trials, validation_trials, test_trials, precision
//                            sizes of a run
//   as_released              the released code's deviations
//   thresholds, criterion_epochs, until_learned
//                            when a network counts as having learned
//   pulse, steps, bits, noise, stimuli
//                            other parameters of a task
//
// A [[grid]] is the product of its lists task x difficulty x rule x gain x rate x seeds, and a plan
// the union of its grids. A rule without a gain is one cell, whatever the gains. What stands above
// the first grid holds for every grid that does not say otherwise; what nobody says is the paper's.
//
// Laws: the fingerprint is one of the meaning: comments, the order of keys, of grids and of what is
// in a list, and which grid a run is in do not change it, and whatever changes a result does. No
// run is in a plan twice. A run depends on nothing but its own settings.

#include <error_forcing/run_result.hpp>

namespace error_forcing {

/// One run, ready for train().
struct SweepRun {
  std::string id;  ///< xor-delay300-ef-c0.05-rate0.001-seed1; the name of its file
  SweepCell cell;
  Training training = {};
  Index test_trials = 512;
  bool in_double = false;
};

struct SweepPlan {
  std::vector<SweepRun> runs;  ///< in the order of the plan
  std::string fingerprint;     ///< 32 hexadecimal digits
};

/// Reads a plan. `name` is what a refusal calls the text, with the line. Throws InvalidInput for
/// what is no TOML, an unknown key, a grid that is empty, a run that is in the plan twice, a value
/// of the wrong kind or out of range.
SweepPlan read_plan(std::string_view text, const std::string& name);

/// What the plan means, for DIR/plan.json: format, version, plan (the fingerprint) and runs, one a
/// line, each with id, cell, seed, epochs and all settings. Equal meanings give equal bytes.
std::string to_json(const SweepPlan& plan, const std::string& version);

/// How long a run takes, at most and in comparison with others: in multiply-adds.
double cost(const SweepRun& run);

/// Places in `plan.runs` in the order to do them: by seed, so that a sweep that is stopped has the
/// whole grid for some seeds; for each by falling cost, so that what ends last is short; ties as in
/// the plan.
std::vector<std::size_t> order_of_runs(const SweepPlan& plan);

/// What an id says, so that files can be grouped without the plan: "delay" or "difficulty".
std::string difficulty_name(const std::string& task);

/// Whether a rule takes a gain: those that force.
bool takes_gain(const std::string& rule);

}  // namespace error_forcing
