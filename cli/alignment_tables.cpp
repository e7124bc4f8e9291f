#include "alignment_tables.hpp"

#include <fmt/format.h>

#include <error_forcing/errors.hpp>
#include <error_forcing/forcing_feedback.hpp>
#include <limits>

namespace error_forcing::cli {

namespace {

constexpr ForcingFeedback random_forcing{ForcingDirection::random};
constexpr ForcingFeedback turned_forcing{ForcingDirection::misaligned, 60};

}  // namespace

std::vector<ComparedRule> compared_rules(double gain, const Matrix<double>& C) {
  const double as_far =
      forcing_matrix<double>({}, C).norm() / forcing_matrix(random_forcing, C).norm();
  std::vector<ComparedRule> rules{{"bptt", {.name = "bptt"}},
                                  {"tf", {.name = "tf"}},
                                  {"gtf", {.name = "gtf", .gain = gain}},
                                  {"ef", {.name = "ef", .gain = gain}},
                                  {"ef 1", {.name = "ef"}},
                                  {"ef 60°", {.name = "ef", .gain = gain}},
                                  {"ef random", {.name = "ef", .gain = gain * as_far}},
                                  {"snap1", {.name = "snap1"}},
                                  {"ef-snap1", {.name = "ef-snap1", .gain = gain}},
                                  {"rflo", {.name = "rflo"}},
                                  {"ef-rflo", {.name = "ef-rflo", .gain = gain}},
                                  {"rflo random", {.name = "rflo", .feedback_seed = 1}},
                                  {"rtrl", {.name = "rtrl"}}};
  for (auto& [name, options] : rules) {
    if (name == "ef 60°") options.forcing = turned_forcing;
    if (name == "ef random") options.forcing = random_forcing;
  }
  return rules;
}

std::vector<Index> snapshot_epochs(Index epochs) {
  std::vector<Index> chosen{0};
  for (Index decade = 1; decade < epochs; decade *= 10)
    for (const Index times : {1, 2, 5})
      if (times * decade < epochs) chosen.push_back(times * decade);
  chosen.push_back(epochs);
  return chosen;
}

std::vector<Snapshot> snapshots_of(const AlignmentPlan& plan, std::uint64_t seed) {
  auto training = plan.training;
  training.seed = seed;
  auto learner = make_learner<float>(training);
  std::vector<Snapshot> found{
      {seed, 0, std::numeric_limits<double>::quiet_NaN(), cast<double>(learner.network)}};
  const auto wanted = snapshot_epochs(training.epochs);
  const auto keep = [&](const EpochRecord& record, const Network<float>& network) {
    if (std::find(wanted.begin(), wanted.end(), record.epoch) != wanted.end())
      found.push_back({seed, record.epoch, record.validation_loss, cast<double>(network)});
    return true;
  };
  train<float>(training, std::move(learner), keep);
  return found;
}

namespace {

Parameters<double> gradient_of(const RuleOptions& options, const Network<double>& network,
                               const Batch<double>& batch) {
  auto trajectory = make_trajectory(network, batch);
  auto gradient = zero_like(network.parameters);
  try {
    objective_gradient(make_rule<double>(options), network, batch, no_penalties, trajectory,
                       gradient);
  } catch (const Divergence&) {
    for (auto block : blocks(gradient)) block.setConstant(std::numeric_limits<double>::quiet_NaN());
  }
  return gradient;
}

std::vector<WeightGroup> compared_groups() {
  auto groups = block_groups();
  groups.push_back(weight_groups()[0]);
  groups.push_back(weight_groups()[1]);
  return groups;
}

}  // namespace

void compare_rules(const AlignmentPlan& plan, const Snapshot& snapshot,
                   std::vector<AlignmentRow>& rows) {
  auto batch = zero_trials<double>(plan.training.task, plan.trials);
  auto engine = random_engine(snapshot.seed, 1'000'000'000);  // a stream that no epoch draws from
  draw_trials(plan.training.task, engine, batch);
  const auto rules = compared_rules(plan.gain, snapshot.network.parameters.C);
  std::vector<Parameters<double>> gradients;
  for (const auto& rule : rules)
    gradients.push_back(gradient_of(rule.options, snapshot.network, batch));
  for (std::size_t k = 0; k < rules.size(); ++k)
    for (std::size_t r = 0; r < rules.size(); ++r)
      for (const auto& group : compared_groups())
        rows.push_back({snapshot.seed, snapshot.epoch, rules[k].name, rules[r].name, group.name,
                        alignment(gradients[k], gradients[r], group)});
}

std::string to_csv(const std::vector<AlignmentRow>& rows) {
  std::string table = "seed,epoch,rule,reference,weights,cosine,norm_ratio,sign_agreement\n";
  for (const auto& row : rows)
    table += fmt::format("{},{},{},{},{},{},{},{}\n", row.seed, row.epoch, row.rule, row.reference,
                         row.weights, row.alignment.cosine, row.alignment.norm_ratio,
                         row.alignment.sign_agreement);
  return table;
}

std::string to_csv(const std::vector<Snapshot>& snapshots) {
  std::string table = "seed,epoch,validation_loss\n";
  for (const auto& s : snapshots)
    table += fmt::format("{},{},{}\n", s.seed, s.epoch, s.validation_loss);
  return table;
}

}  // namespace error_forcing::cli
