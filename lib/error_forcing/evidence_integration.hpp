#pragma once
// Evidence integration: seven cues, each on one of two channels; after a delay, which had more?
// A task of Sagtekin, Bredenberg, Savin, Error Forcing in Recurrent Neural Networks, NeurIPS 2025,
// of the kind of Morcos, Harvey, Nature Neuroscience 19 (2016).
//
//   letter  meaning                                            here
//   D       length of a cue, of a gap and of the window, 5     evidence_cue
//   K       cues of a trial, 7                                 evidence_cues
//   n       cues on channel 1, 1 .. 6                          drawn per trial
//   k_i     channel of cue i, 1 or 2; n of them are 1          drawn per trial
//   T       length of the trial, 2 K D + delay + D             trial_steps()
//
//   steps        2D(i-1) + 1 .. 2D(i-1) + D   next D   ..   2KD + 1 .. 2KD + delay   next D, to T
//   input k_i             1                      0     ..              0                  0
//   other input           0                      0     ..              0                  0
//   target                0                      0     ..              0            2n > K ? 1 : -1
//   mask                  0                      0     ..              0                  1
//
// "5 steps apart" is read as D silent steps after every cue, the last one too, before the delay
// begins; nothing tells when to answer. K is odd, so that one channel always has more.
//
// Laws: n is uniform, and given n every order of the cues is as likely. Trials are drawn one after
// the other from the engine, K numbers each: n and K - 1 places of a shuffle. So drawing m and then
// n trials is drawing m + n: a trial depends on the engine and on the trials before it, neither on
// how many are drawn nor on the scalar. The same seed draws the same on every machine.

#include <error_forcing/batch.hpp>
#include <error_forcing/random.hpp>

namespace error_forcing {

struct EvidenceIntegration {
  Index delay = 100;  ///< silent steps between the gap after the last cue and the window, >= 0
};

inline constexpr Index evidence_inputs = 2;
inline constexpr Index evidence_outputs = 1;
inline constexpr Index evidence_cues = 7;  ///< K
inline constexpr Index evidence_cue = 5;   ///< D, steps

/// Throws InvalidInput for a negative delay or a trial over 100 000 steps.
void validate(const EvidenceIntegration& task);

/// T, the steps of a trial.
Index trial_steps(const EvidenceIntegration& task);

/// Draws every trial of the batch anew. Throws InvalidInput unless the batch has T steps, two
/// inputs and one output.
template <typename Scalar>
void draw_evidence_integration(const EvidenceIntegration& task, RandomEngine& engine,
                               Batch<Scalar>& batch);

/// A batch of so many (>= 1) new trials.
template <typename Scalar>
Batch<Scalar> evidence_integration(const EvidenceIntegration& task, Index trials,
                                   RandomEngine& engine);

}  // namespace error_forcing
