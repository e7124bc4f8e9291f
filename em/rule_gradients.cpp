#include <error_forcing/learning_rule.hpp>
#include <error_forcing/m_step.hpp>
#include <error_forcing/rule_gradients.hpp>

namespace error_forcing {

namespace {

// The gradient of -sum m e^2 / (2 sigma_y^2) through the correction.
Parameters<double> through_correction(const GenerativeModel<double>& model,
                                      const Batch<double>& batch, double precision,
                                      Trajectory<double>& trajectory) {
  const LearningRule<double> rule{ErrorForcing<double>{1.0}, Routing::through};
  auto descent = zero_like(model.network.parameters), ascent = descent;
  objective_gradient(rule, model.network, batch, {0, 0}, trajectory, descent);
  add_scaled(ascent, -0.5 * static_cast<double>(observed_entries(batch)) * precision, descent);
  return ascent;
}

}  // namespace

std::vector<NamedGradient> rule_gradients(const GenerativeModel<double>& model,
                                          const Batch<double>& batch) {
  auto trajectory = make_trajectory(model.network, batch);
  const double precision = 1 / model.noise.R.diagonal().mean();
  std::vector<NamedGradient> all;
  const auto add_rule = [&](const std::string& name, const EStep<double>& e_step,
                            const MStep<double>& m_step) {
    infer(e_step, model.network, batch, trajectory);
    const auto ascent = ascent_direction(m_step, model.network, batch, trajectory);
    all.push_back({name, zero_like(ascent)});
    const bool likelihood = !std::holds_alternative<PaperForm>(m_step);
    add_scaled(all.back().ascent, likelihood ? 1.0 : precision, ascent);
  };
  const auto add_inference = [&](const std::string& name, const InferenceMethod& method) {
    all.push_back({name, expected_non_centred_gradient(model, batch, infer(method, model, batch))});
  };
  const Reparameterised<double> reparameterised{model.noise.R};
  const GreedyPosterior<double> greedy{model.noise};
  add_rule("bptt", FreeRunning{}, reparameterised);
  add_rule("tf", TeacherForcing<double>{1.0}, PaperForm{});
  add_rule("ef .2", ErrorForcing<double>{0.2}, PaperForm{});
  add_rule("ef 1", ErrorForcing<double>{1.0}, PaperForm{});
  all.push_back({"ef through", through_correction(model, batch, precision, trajectory)});
  add_rule("greedy", greedy, reparameterised);
  add_rule("local", greedy, Local<double>{model.noise});
  add_inference("filter", KalmanFilter{});
  // Linear, Gauss-Newton is there after one step, and each costs as much as the first.
  add_inference("map", model.linear() ? MapTrajectory{.iterations = 1} : MapTrajectory{});
  return all;
}

}  // namespace error_forcing
