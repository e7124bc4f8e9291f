#pragma once
// An oracle for the loop of training that shares nothing with it but the draws and the plain BPTT.

#include <error_forcing/reference_bptt.hpp>
#include <error_forcing/training.hpp>

#include <array>
#include <cmath>
#include <vector>

#include "refusal.hpp"

namespace error_forcing::test {

// The loop once more: loops over scalars for the gradient (reference_bptt), Algorithm 1 of Kingma &
// Ba, or SGD with momentum, weight by weight, by a rate that is multiplied after every epoch and a
// gradient that is clipped; batches of 4, 4 and 3 trials cut from one stream of the seed.
class ByHand {
 public:
  explicit ByHand(const Training& run)
      : run_(run), network_(random_network(run.network, run.seed)), moments_(2, zero()) {}

  const Network<double>& network() const { return network_; }

  void epoch(Index k) {
    auto engine = random_engine(run_.seed, static_cast<std::uint64_t>(2 * k - 1));
    for (const Index trials : {4, 4, 3}) update(draw(trials, engine));
    rate_ *= run_.rate_decay;
    auto fresh = random_engine(run_.seed, static_cast<std::uint64_t>(2 * k));
    validation_loss = loss(draw(run_.validation_trials, fresh));
  }

  double training_loss = 0, validation_loss = 0;

 private:
  Parameters<double> zero() const { return zero_like(network_.parameters); }

  Batch<double> draw(Index trials, RandomEngine& engine) const {
    if (const auto* sine = std::get_if<SineGeneration>(&run_.task))
      return sine_generation<double>(*sine, trials, engine);
    if (const auto* evidence = std::get_if<EvidenceIntegration>(&run_.task))
      return evidence_integration<double>(*evidence, trials, engine);
    return delayed_xor<double>(std::get<DelayedXor>(run_.task), trials, engine);
  }

  double observed_in_a_trial() const {
    if (const auto* sine = std::get_if<SineGeneration>(&run_.task))
      return 2 * static_cast<double>(sine->steps);
    if (std::holds_alternative<EvidenceIntegration>(run_.task)) return 5;
    return static_cast<double>(std::get<DelayedXor>(run_.task).pulse);
  }

  double prediction(const std::vector<double>& state, Index output) const {
    double y = network_.parameters.d(output);
    for (Index i = 0; i < network_.units(); ++i)
      y += network_.parameters.C(output, i) * state[static_cast<std::size_t>(i)];
    return y;
  }

  double loss(const Batch<double>& batch) const {
    double sum = 0, count = 0;
    const History<double> still(batch.layout(), network_.units());
    for (Index trial = 0; trial < batch.layout().trials; ++trial) {
      const auto states = reference_rollout(network_, trial_of(batch, still, trial)).before;
      for (Index step = 1; step <= batch.layout().steps; ++step)
        for (Index output = 0; output < network_.outputs(); ++output) {
          const double y = prediction(states[static_cast<std::size_t>(step - 1)], output);
          const double error = batch.targets(trial, step, output) - y;
          sum += batch.mask(trial, step, output) * error * error;
          count += batch.mask(trial, step, output);
        }
    }
    return sum / count;
  }

  void update(const Batch<double>& batch) {
    const auto trials = static_cast<double>(batch.layout().trials);
    training_loss += loss(batch) * trials / static_cast<double>(run_.training_trials);
    const History<double> still(batch.layout(), network_.units());
    const auto ascent = reference_gradient(network_, batch, still, ReadFrom::before_forcing);
    const double scale = clipping(ascent, -2 / (trials * observed_in_a_trial()));
    ++steps_;
    for (std::size_t k = 0; k < 5; ++k)
      for (Index i = 0; trains(k) && i < blocks(ascent)[k].size(); ++i)
        step(scale * blocks(ascent)[k](i), blocks(moments_[0])[k](i), blocks(moments_[1])[k](i),
             blocks(network_.parameters)[k](i));
  }

  bool trains(std::size_t k) const {
    const auto& trained = run_.adam.trained;
    return std::array{trained.W, trained.U, trained.b, trained.C, trained.d}[k];
  }

  // The scale that clips the gradient, scale * ascent.
  double clipping(const Parameters<double>& ascent, double scale) const {
    double sum = 0;
    for (std::size_t k = 0; k < 5; ++k)
      for (Index i = 0; trains(k) && i < blocks(ascent)[k].size(); ++i)
        sum += std::pow(scale * blocks(ascent)[k](i), 2);
    const double factor = run_.clip_norm.value_or(infinity) / (std::sqrt(sum) + 1e-6);
    return factor < 1 ? factor * scale : scale;
  }

  void step(double g, double& m, double& v, double& theta) const {
    if (run_.sgd_momentum) {
      m = *run_.sgd_momentum * m + g;
      theta -= rate_ * m;
      return;
    }
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    const double m_hat = m / (1 - std::pow(0.9, steps_));
    const double v_hat = v / (1 - std::pow(0.999, steps_));
    theta -= rate_ * m_hat / (std::sqrt(v_hat) + 1e-8);
  }

  Training run_;
  double rate_ = run_.adam.rate;
  Network<double> network_;
  std::vector<Parameters<double>> moments_;
  int steps_ = 0;
};

}  // namespace error_forcing::test
