#include <fmt/ranges.h>

#include <algorithm>
#include <error_forcing/sweep_plan.hpp>
#include <map>
#include <numeric>

#include "meaning.hpp"
#include "plan_settings.hpp"
#include "plan_task.hpp"

namespace error_forcing {

namespace {

constexpr std::size_t most_runs = 1'000'000;

// In a grid, or above the grids as a default for all.
std::vector<std::string> known_keys() {
  std::vector<std::string> keys{"task", "difficulty", "rule", "gain", "rate", "seeds"};
  keys.insert(keys.end(), setting_keys().begin(), setting_keys().end());
  for (const auto& [key, tasks] : task_keys()) keys.push_back(key);
  return keys;
}

// The lists whose product a grid is.
struct Axes {
  std::vector<std::string> tasks, rules;
  std::vector<Index> difficulties;
  std::vector<double> gains, rates;
  std::vector<std::uint64_t> seeds;
};

// A number n is 1 .. n; a list is what it says.
std::vector<std::uint64_t> read_seeds(const Section& section) {
  auto given = section.integers("seeds");
  if (given.empty()) given = {1};
  if (!section.is_list("seeds")) {
    const Index count = given.front();
    if (count < 1 || count > Index(most_runs))
      section.refuse("seeds", fmt::format("want 1 to {}, or a list, got {}", most_runs, count));
    given.resize(static_cast<std::size_t>(count));
    std::iota(given.begin(), given.end(), 1);
  }
  for (const Index seed : given)
    if (seed < 0) section.refuse("seeds", fmt::format("want values >= 0, got {}", seed));
  return {given.begin(), given.end()};
}

void require_rules(const Section& section, const Axes& axes) {
  const auto& names = rule_names();
  for (const auto& rule : axes.rules)
    if (std::find(names.begin(), names.end(), rule) == names.end())
      section.refuse("rule", fmt::format("unknown name '{}'{}; use one of {}", rule,
                                         suggestion(rule, names), fmt::join(names, ", ")));
}

// A key that does nothing in its grid is a misunderstanding; above the grids it is a default.
void require_in_use(const Section& section, const Axes& axes) {
  const bool forces = std::any_of(axes.rules.begin(), axes.rules.end(), takes_gain);
  if (section.has("gain") && !forces)
    section.refuse("gain", fmt::format("no rule of this grid takes one ({}); leave it out",
                                       fmt::join(axes.rules, ", ")));
  if (forces && axes.gains.empty())
    section.refuse("gain",
                   fmt::format("missing for rule {}; add e.g. gain = [0.05, 0.5]",
                               *std::find_if(axes.rules.begin(), axes.rules.end(), takes_gain)));
  for (const auto& [key, tasks] : task_keys()) {
    const auto& owners = tasks;
    const bool used = std::any_of(axes.tasks.begin(), axes.tasks.end(), [&](const auto& task) {
      return std::find(owners.begin(), owners.end(), task) != owners.end();
    });
    if (section.has(key) && !used)
      section.refuse(key, fmt::format("belongs to task {}, not to {}; leave it out",
                                      fmt::join(owners, ", "), fmt::join(axes.tasks, ", ")));
  }
}

Axes read_axes(const Section& section) {
  Axes axes{section.strings("task"), section.strings("rule"), section.integers("difficulty"),
            section.numbers("gain"), section.numbers("rate"), read_seeds(section)};
  if (axes.tasks.empty()) section.refuse("task", "missing; add e.g. task = \"xor\"");
  if (axes.rules.empty()) section.refuse("rule", "missing; add e.g. rule = [\"bptt\", \"ef\"]");
  if (axes.rates.empty()) axes.rates = {AdamOptions{}.rate};
  require_rules(section, axes);
  require_in_use(section, axes);
  return axes;
}

// Without a list: the only value is the task's or the rule's own.
template <typename Value>
std::vector<std::optional<Value>> or_own(const std::vector<Value>& values) {
  if (values.empty()) return {std::nullopt};
  return {values.begin(), values.end()};
}

std::string id_of(const SweepCell& cell, std::uint64_t seed) {
  const std::string gain = cell.gain ? fmt::format("-c{}", *cell.gain) : "";
  return fmt::format("{}-{}{}-{}{}-rate{}-seed{}", cell.task, difficulty_name(cell.task),
                     cell.difficulty, cell.rule, gain, cell.rate, seed);
}

// The runs of a plan as they come, and where each stands.
struct Expansion {
  std::vector<SweepRun> runs;
  std::map<std::string, std::string> places;  // by id
};

void append(const Section& section, SweepRun run, Expansion& expansion) {
  run.id = id_of(run.cell, run.training.seed);
  try {
    validate(run.training);
  } catch (const InvalidInput& error) {
    throw InvalidInput(fmt::format("{}: {}", section.place(), error.what()));
  }
  const auto [earlier, is_new] = expansion.places.emplace(run.id, section.place());
  require(is_new, "{}: {} is in the plan twice, here and at {}; take it out of one",
          section.place(), run.id, earlier->second);
  require(expansion.runs.size() < most_runs, "{}: more than {} runs; make several plans",
          section.place(), most_runs);
  expansion.runs.push_back(std::move(run));
}

// All rules, gains, rates and seeds of one task at one difficulty.
void append_task(const Section& section, const Axes& axes, const SweepRun& settings,
                 Expansion& expansion) {
  const auto& task = settings.training.task;
  for (const auto& rule : axes.rules)
    for (const auto& gain : or_own(takes_gain(rule) ? axes.gains : std::vector<double>{}))
      for (const double rate : axes.rates)
        for (const std::uint64_t seed : axes.seeds) {
          SweepRun run = settings;
          run.cell = {name_of(task), difficulty_of(task), rule, gain, rate};
          run.training.rule.name = rule;
          if (gain) run.training.rule.gain = *gain;
          run.training.adam.rate = rate;
          run.training.seed = seed;
          append(section, std::move(run), expansion);
        }
}

void append_grid(const Section& section, Expansion& expansion) {
  const Axes axes = read_axes(section);
  for (const auto& name : axes.tasks)
    for (const auto& difficulty : or_own(axes.difficulties)) {
      const Task task = read_task(name, section, difficulty);
      append_task(section, axes, read_settings(section, task), expansion);
    }
}

toml::table parse(std::string_view text, const std::string& name) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    std::string what(error.description());
    std::replace(what.begin(), what.end(), '\n', ' ');
    throw InvalidInput(
        fmt::format("{}:{}: is not TOML ({})", name, error.source().begin.line, what));
  }
}

// The tables of [[grid]].
const toml::array& grids_of(const toml::table& plan, const std::string& name) {
  const toml::node* grids = plan.get("grid");
  require(grids != nullptr, "{}: has no runs; add a [[grid]] with task and rule", name);
  require(grids->is_array_of_tables(), "{}: grid: write it as [[grid]], in double brackets",
          place_of(name, *grids));
  return *grids->as_array();
}

}  // namespace

std::string difficulty_name(const std::string& task) {
  for (const char* delayed : {"xor", "evidence", "context", "match"})
    if (task == delayed) return "delay";
  return "difficulty";
}

bool takes_gain(const std::string& rule) {
  return rule == "tf" || rule == "gtf" || rule == "ef" || rule.starts_with("ef-");
}

SweepPlan read_plan(std::string_view text, const std::string& name) {
  const toml::table plan = parse(text, name);
  auto known = known_keys();
  const auto keys_of_grid = known;
  known.push_back("grid");
  require_known(plan, known, name);
  Expansion expansion;
  for (const toml::node& node : grids_of(plan, name)) {
    const toml::table& grid = *node.as_table();
    require_known(grid, keys_of_grid, name);
    append_grid(Section(plan, grid, name), expansion);
  }
  const std::string print = fingerprint(expansion.runs);
  return {std::move(expansion.runs), print};
}

std::string to_json(const SweepPlan& plan, const std::string& version) {
  std::vector<std::string> runs;
  for (const SweepRun& run : plan.runs) runs.push_back(meaning(run));
  std::sort(runs.begin(), runs.end());
  return fmt::format(
      "{{\n\"format\": {},\n\"version\": \"{}\",\n\"plan\": \"{}\",\n\"runs\": [\n{}\n]\n}}\n",
      run_result_format, version, plan.fingerprint, fmt::join(runs, ",\n"));
}

}  // namespace error_forcing
